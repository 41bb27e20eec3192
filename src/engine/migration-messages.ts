/**
 * Runs messages through the schemas of a module's functions, wherever they wait: in flight, delayed, for a parked address
 * or among the dead letters. Those that lie in rows come in the order of their keys, key group by key group.
 */
import type { Directory } from '../shard/function-binding.ts';
import type { PortableMessage } from '../shard/durable/portable-message.ts';
import { type DeadLetterRow, isDeadLetterKey, messageOf } from '../shard/failing/dead-letters.ts';
import { isParkedMessage, type ParkedMessage } from '../shard/failing/parked-address.ts';
import { readRowValue } from '../state/record-reader.ts';
import { readAddressBytes } from '../state/row.ts';
import { SECTION_DEAD_LETTER, SECTION_PARKED, SECTION_TIMER, SECTION_TIMER_OF } from '../store/key-layout.ts';
import { Recurrences } from '../timers/recurrences.ts';
import {
  AT_EXTRA,
  AT_MESSAGE,
  AT_TARGET_ID,
  AT_TARGET_TYPE,
  isTimerKey,
  ownerKey,
  type TimerRow,
} from '../timers/timer-layout.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import { decodeTagged } from '../wire/tagged-value.ts';
import type { MessageCheck, MessageKind, MigrationFailures, Tally } from './migration-report.ts';

/** Where the address begins in the key of a row. */
const SECTION_END = 3;

interface RefusedTimer {
  readonly type: string;
  readonly id: string;
  readonly error: unknown;
}

export class MigrationMessages {
  readonly #directory: Directory;
  readonly #failures: MigrationFailures;
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
  readonly #recurrences = new Recurrences();
  readonly #tallies: Record<MessageKind, Tally> = {
    'in-flight': { count: 0, failureCount: 0 },
    delayed: { count: 0, failureCount: 0 },
    parked: { count: 0, failureCount: 0 },
    'dead-letter': { count: 0, failureCount: 0 },
  };
  /** By the keys of their owner rows, which come later and say which of them are still pending. */
  readonly #refusedTimers = new Map<string, RefusedTimer | undefined>();

  constructor(directory: Directory, failures: MigrationFailures) {
    this.#directory = directory;
    this.#failures = failures;
  }

  inFlight({ targetType, targetId, message }: PortableMessage): void {
    this.#check('in-flight', targetType, targetId, message);
  }

  /** A row of a section that holds no state. */
  row(section: number, key: string, value: Buffer): void {
    if (section === SECTION_TIMER && isTimerKey(key)) this.#timer(key, this.#valueOf(value) as TimerRow);
    else if (section === SECTION_TIMER_OF) this.#owner(key);
    else if (section === SECTION_DEAD_LETTER && isDeadLetterKey(key)) this.#deadLetter(value);
    else if (section === SECTION_PARKED) this.#parked(key, value);
  }

  /** Another key group begins: of this one all rows have come. */
  endGroup(): void {
    this.#refusedTimers.clear();
  }

  #timer(key: string, row: TimerRow): void {
    const [type, id] = [row[AT_TARGET_TYPE], row[AT_TARGET_ID]];
    const schedule = row[AT_EXTRA]?.schedule;
    try {
      if (schedule !== undefined) this.#recurrences.of(schedule);
      this.#refuse(type, row[AT_MESSAGE]);
    } catch (error) {
      // They may be very many; errors of more than are told would be kept for nothing.
      this.#refusedTimers.set(ownerKey(key, row), this.#failures.isFull ? undefined : { type, id, error });
    }
  }

  /** A timer without such a row was deleted with its address, and will not come. Tokens are rows of nobody's type. */
  #owner(key: string): void {
    if (readAddressBytes(key, SECTION_END).type === '') return;
    const tally = this.#tallies.delayed;
    tally.count++;
    if (!this.#refusedTimers.has(key)) return;
    const refused = this.#refusedTimers.get(key);
    if (refused === undefined) tally.failureCount++;
    else this.#fail('delayed', refused.type, refused.id, refused.error);
  }

  #deadLetter(value: Buffer): void {
    const letter = this.#valueOf(value) as DeadLetterRow;
    this.#checkResting('dead-letter', letter.type, letter.id, messageOf(letter));
  }

  #parked(key: string, value: Buffer): void {
    if (key.length <= SECTION_END) return;
    const { type, id, end } = readAddressBytes(key, SECTION_END);
    if (!isParkedMessage(key, end)) return;
    const { message } = this.#valueOf(value) as ParkedMessage;
    this.#checkResting('parked', type, id, decodeTagged(message));
  }

  /** What rests with a function that the module does not have goes on resting. */
  #checkResting(kind: MessageKind, type: string, id: string, message: unknown): void {
    if (this.#directory.findFunction(type) === undefined) this.#tallies[kind].count++;
    else this.#check(kind, type, id, message);
  }

  #check(kind: MessageKind, type: string, id: string, message: unknown): void {
    this.#tallies[kind].count++;
    try {
      this.#refuse(type, message);
    } catch (error) {
      this.#fail(kind, type, id, error);
    }
  }

  #refuse(type: string, message: unknown): void {
    this.#directory.checkMessage(this.#directory.functionNumber(type), message);
  }

  #fail(kind: MessageKind, type: string, id: string, error: unknown): void {
    this.#failures.add(this.#tallies[kind], { type, id, state: undefined, key: undefined, message: kind }, error);
  }

  #valueOf(value: Buffer): unknown {
    return readRowValue(this.#codec, value);
  }

  report(): Readonly<Record<MessageKind, MessageCheck>> {
    const found = ({ count, failureCount }: Tally): MessageCheck => ({ messageCount: count, failureCount });
    return {
      'in-flight': found(this.#tallies['in-flight']),
      delayed: found(this.#tallies.delayed),
      parked: found(this.#tallies.parked),
      'dead-letter': found(this.#tallies['dead-letter']),
    };
  }
}
