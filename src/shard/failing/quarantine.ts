/**
 * Tells those who asked for it of every dead letter, as an effect of the same turn: so the event is sent exactly once.
 * It belongs to the trace of the message that failed. What the functions that are told do wrong themselves tells nobody,
 * and neither does what comes of an event at once, such as a message to somebody who writes mails and cannot: or it would
 * not end.
 */
import type { QuarantineEvent } from '../../sdk/dead-letter.ts';
import { KIND_EGRESS, TYPE_NONE } from '../../wire/envelope-layout.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { Effects } from '../invocation/effects.ts';
import type { Directory } from '../function-binding.ts';

export class Quarantine {
  readonly #directory: Directory;
  readonly #effects: Effects;

  constructor(directory: Directory, effects: Effects) {
    this.#directory = directory;
    this.#effects = effects;
  }

  /** `failed` is what travelled with the message. */
  tell(event: QuarantineEvent, failed: MessageMeta | undefined): void {
    if (failed?.ofEvent === true) return;
    const { functions, egresses } = this.#directory.quarantine;
    const { type, id } = event.address;
    const source = this.#directory.findFunction(type) ?? TYPE_NONE;
    if (functions.includes(source)) return;
    const sourceId = source === TYPE_NONE ? '' : id;
    const meta = failed?.trace && { trace: failed.trace };
    const told: MessageMeta = { ...meta, ofEvent: true };
    for (const fn of functions) this.#effects.addMessage(fn, id, event, source, sourceId, told);
    for (const egress of egresses) {
      this.#effects.addForCoordinator(KIND_EGRESS, egress, '', event, source, sourceId, meta);
    }
  }
}
