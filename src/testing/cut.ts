/**
 * A committed cut as users' invariants see it: the state of all entities, the messages in flight and the records of the
 * egresses, all of one moment. Whatever crashes after it, the engine goes on from exactly this.
 */
import type { Address } from '../sdk/address.ts';
import type { EgressType } from '../sdk/egress.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import { Directory } from '../shard/function-binding.ts';
import type { CommittedCut, CutMessage } from './committed-cut.ts';
import type { EntityCells, StateGround } from './entity-states.ts';
import { ObservedStates } from './observed-states.ts';

/** A message that was sent and whose invocation is not committed. */
export interface MessageInFlight<Message> {
  readonly id: string;
  readonly message: Message;
  readonly caller: Address | undefined;
}

export class Cut extends ObservedStates {
  /** Which checkpoint it is; 0 before the first. */
  readonly epoch: number;
  /** All messages in flight, to whatever function. */
  readonly messages: readonly CutMessage[];
  readonly #cut: CommittedCut;
  readonly #taken: (egressType: string) => readonly unknown[];

  /** It is looked at `now`, in virtual time; `taken` are the records that a consumer has got. */
  constructor(cut: CommittedCut, module: Module, now: number, taken: (egressType: string) => readonly unknown[]) {
    const ground = cutGround(cut, new Directory(module), now);
    super(() => ground);
    this.epoch = cut.entry?.epoch ?? 0;
    this.messages = cut.messages;
    this.#cut = cut;
    this.#taken = taken;
  }

  /** The messages in flight to one function. */
  messagesTo<Message>(target: FunctionType<Message>): readonly MessageInFlight<Message>[];
  messagesTo(target: string): readonly MessageInFlight<unknown>[];
  messagesTo(target: string | FunctionType<never>): readonly MessageInFlight<unknown>[] {
    const wanted = typeof target === 'string' ? target : target.type;
    return this.messages.filter(({ type }) => type === wanted);
  }

  /** All records that this egress has ever got, in their order. */
  egress<Record>(egress: EgressType<Record>): readonly Record[];
  egress(egress: string): readonly unknown[];
  egress(egress: string | EgressType<never>): readonly unknown[] {
    const type = typeof egress === 'string' ? egress : egress.type;
    const acknowledged = this.#cut.entry?.egresses[type]?.acknowledged ?? 0;
    return [...this.#taken(type).slice(0, acknowledged), ...this.#cut.pendingRecords(type)];
  }
}

function cutGround(cut: CommittedCut, directory: Directory, now: number): StateGround {
  return {
    directory,
    now,
    cells(type) {
      const ofType = [...cut.cells].filter(([name]) => name.startsWith(`${type} `));
      return new Map(ofType.map(([name, cells]): [string, EntityCells] => [name.slice(type.length + 1), cells]));
    },
    rows: () => cut.rows,
  };
}
