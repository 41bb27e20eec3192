/**
 * Messages that an invocation under way has taken out of its line besides the one that it was given (`takeWaiting`). They
 * are handled when it returns. When it fails they go back to where they were, in order, and are handled one by one from
 * then on, so that one bad message takes no other with it; only then attempts are counted. A checkpoint finds them behind
 * the invocation's own input (I6).
 *
 * After a recovery, functions that take batches begin when all that was in flight has been delivered again: so a batch
 * that was under way at the cut is in line as a whole, and is taken again as it was, or with what waited behind it.
 */
import type { BatchedMessage } from '../../sdk/batch.ts';
import type { Entity, HeldMessage, WaitingLine } from '../../state/entity.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { Directory } from '../function-binding.ts';
import type { Undelivered } from '../delivery/undelivered.ts';
import type { WaitingLines } from '../delivery/waiting-lines.ts';

/** Entities that may begin in one turn after a recovery (I10). */
const READY_COUNT_MAX = 256;
const NO_MESSAGES: readonly HeldMessage[] = [];
const NOBODY: readonly Entity[] = [];

/** Whether a message may be handled together with others: not if it has failed, and not if it depends on the state. */
function mayJoin(meta: MessageMeta | undefined): boolean {
  return meta === undefined || (meta.alone !== true && meta.attempts === undefined && meta.ifExists !== true);
}

function isAlone(meta: MessageMeta | undefined): boolean {
  return meta !== undefined && (meta.alone === true || meta.attempts !== undefined);
}

export class Batches {
  /** Messages in batches under way. */
  count = 0;
  /** Those of them that waited where it was flooded: they count against nobody's credit. */
  floodedCount = 0;
  /** Whether functions that take batches do not begin yet. */
  isDeferring = false;
  readonly #lines: WaitingLines;
  /** Entities that would have begun, oldest first. */
  #deferred: Entity[] = [];

  constructor(lines: WaitingLines) {
    this.#lines = lines;
  }

  /** For the invocation under way of an entity, which was given a message with this meta. */
  take(entity: Entity, meta: MessageMeta | undefined, countMax: number): readonly HeldMessage[] {
    const line = entity.waiting;
    if (line === undefined || isAlone(meta)) return NO_MESSAGES;
    const isFlooded = line.floodCount > 0;
    const taken = this.#lines.takeWhile(entity, countMax, mayJoin);
    if (taken.length === 0) return NO_MESSAGES;
    line.batch ??= { messages: [], floodedCount: 0 };
    for (const held of taken) line.batch.messages.push(held);
    this.count += taken.length;
    if (isFlooded) {
      line.batch.floodedCount += taken.length;
      this.floodedCount += taken.length;
    }
    return taken;
  }

  /** The invocation has returned. Returns how many messages are handled, besides its own. */
  end({ waiting }: Entity): number {
    return waiting?.batch === undefined ? 0 : this.#end(waiting).length;
  }

  /** It has failed. False if it had taken nothing; otherwise its messages are back in line, `input` first. */
  putBack(entity: Entity, input: Undelivered): boolean {
    const line = entity.waiting;
    if (line?.batch === undefined) return false;
    for (const held of this.#end(line).toReversed()) this.#putBackOne(entity, held);
    this.#putBackOne(entity, input);
    return true;
  }

  #putBackOne(entity: Entity, { message, sourceType, sourceId, form, meta }: Undelivered): void {
    this.#lines.putBack(entity, message, sourceType, sourceId, form, { ...meta, alone: true });
  }

  #end(line: WaitingLine): readonly HeldMessage[] {
    const { messages, floodedCount } = line.batch ?? { messages: NO_MESSAGES, floodedCount: 0 };
    line.batch = undefined;
    this.count -= messages.length;
    this.floodedCount -= floodedCount;
    return messages;
  }

  /** An entity that is busy from now on would have begun. */
  defer(entity: Entity): void {
    this.#deferred.push(entity);
  }

  get hasReady(): boolean {
    return !this.isDeferring && this.#deferred.length > 0;
  }

  /** Entities that may begin now, a turn's share of them. */
  takeReady(): readonly Entity[] {
    return this.hasReady ? this.#deferred.splice(0, READY_COUNT_MAX) : NOBODY;
  }
}

/** A message as the function sees it. */
export function batchedMessage(directory: Directory, { message, sourceType, sourceId }: HeldMessage): BatchedMessage {
  const type = directory.typeName(sourceType);
  return { message, caller: type === undefined ? undefined : { type, id: sourceId } };
}
