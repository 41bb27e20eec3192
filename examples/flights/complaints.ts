/**
 * What goes wrong during a run: said on standard error at once, a few lines at most, and remembered for the exit code.
 */
import type { ErrorCode, MillraceError } from '../../src/index.ts';

const SHOWN_COUNT = 10;
/** What `--on-malformed skip` lets pass: a line that is no JSON, and a record that the router refuses. */
const SKIPPABLE: readonly ErrorCode[] = ['MALFORMED_RECORD', 'ROUTER_FAILED'];

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

export class Complaints {
  /** Whether anything happened that may not pass. */
  failed = false;
  readonly #onMalformed: 'stop' | 'skip';
  #count = 0;

  constructor(onMalformed: 'stop' | 'skip') {
    this.#onMalformed = onMalformed;
  }

  add(error: MillraceError): void {
    this.#count++;
    if (this.#count <= SHOWN_COUNT) complain(`${error.code}: ${error.message}`);
    if (this.#onMalformed === 'stop' || !SKIPPABLE.includes(error.code)) this.failed = true;
  }

  /** Says how many were too many to show. */
  end(): void {
    if (this.#count > SHOWN_COUNT) complain(`… and ${this.#count - SHOWN_COUNT} more of the kind.`);
  }
}
