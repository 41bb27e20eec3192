/**
 * All that a shard can be asked for, by topic. A new topic is added here.
 */
import type { ShardIndex } from '../../base/brand.ts';
import type { Mesh } from '../../channel/mesh.ts';
import { keyGroupRange } from '../../keys/key-group.ts';
import type { StateStore } from '../../store/state-store.ts';
import { KIND_ANSWER } from '../../wire/envelope-layout.ts';
import type { Companions } from '../companions.ts';
import { deadLetterTopics } from './dead-letter-requests.ts';
import type { Mailbox } from '../delivery/mailbox.ts';
import { metricsTopics } from './metrics-requests.ts';
import type { OutboundChannels } from '../outbound-channels.ts';
import { parkedTopics } from './parked-requests.ts';
import { doneAtOnce, Requests } from './requests.ts';
import { scrubTopics } from './scrub-requests.ts';
import type { Workplace } from '../workplace.ts';

/** What requests need of their shard. */
export interface RequestsPlace {
  readonly workplace: Workplace;
  readonly mailbox: Mailbox;
  readonly outbound: OutboundChannels;
  /** None without a data directory. */
  readonly store: StateStore | undefined;
  /** For how many more messages from outside there is room. */
  room(): number;
  /** Somebody goes on when the store holds all that was written so far. */
  storeSoon(): void;
  /** Asked when requests come, which is after the companions have been started. */
  readonly companions: () => Companions;
}

/** `progressed` says that a turn is due. */
export function newRequests(
  mesh: Mesh,
  { store, companions, room, storeSoon, ...place }: RequestsPlace,
  progressed: () => void,
): Requests {
  const { workplace, mailbox, outbound } = place;
  const { first, end } = keyGroupRange(mesh.thread as ShardIndex, mesh.shardCount);
  const deadLetters = {
    workplace,
    letters: workplace.failures.deadLetters,
    firstGroup: first,
    endGroup: end,
    mailboxCount: () => mailbox.count,
    room,
    storeSoon,
    progressed,
  };
  const topics = {
    ...deadLetterTopics(deadLetters),
    ...parkedTopics(workplace.parking),
    ...scrubTopics(store, progressed),
    ...metricsTopics(place),
    'companions.status': () => doneAtOnce(() => ({ count: 0, isDone: true, value: companions().status() })),
  };
  return new Requests(topics, (answer) => {
    outbound.sendControl(KIND_ANSWER, mesh.coordinator, answer);
  });
}
