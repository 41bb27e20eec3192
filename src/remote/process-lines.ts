/**
 * The lines of what a process writes, as they come: text is cut at line breaks, and a line that does not end is cut where
 * it gets too long, so that no process fills our memory by never breaking its line.
 */
import { StringDecoder } from 'node:string_decoder';

export const LINE_LENGTH_MAX = 65_536;

export class ProcessLines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #take: (text: string) => void;
  #rest = '';

  constructor(take: (text: string) => void) {
    this.#take = take;
  }

  add(bytes: Buffer): void {
    this.#rest += this.#decoder.write(bytes);
    let start = 0;
    for (let end = this.#rest.indexOf('\n'); end !== -1; end = this.#rest.indexOf('\n', start)) {
      this.#give(this.#rest.slice(start, this.#rest.charAt(end - 1) === '\r' ? end - 1 : end));
      start = end + 1;
    }
    this.#rest = this.#rest.slice(start);
    while (this.#rest.length > LINE_LENGTH_MAX) {
      this.#take(this.#rest.slice(0, LINE_LENGTH_MAX));
      this.#rest = this.#rest.slice(LINE_LENGTH_MAX);
    }
  }

  /** The last line may lack its break. */
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (rest !== '') this.#give(rest);
  }

  #give(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += LINE_LENGTH_MAX)
      this.#take(line.slice(at, at + LINE_LENGTH_MAX));
  }
}
