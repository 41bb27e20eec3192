/**
 * What comes from shards to the coordinator and is no message: markers, reports, answers, floods. They are not counted as being
 * in flight.
 */
import type { Epoch } from '../base/brand.ts';
import type { FloodWord } from '../shard/delivery/floods.ts';
import type { RequestAnswer } from '../shard/requests/requests.ts';
import type { SavepointPart } from '../shard/durable/shard-savepoint.ts';
import type { SnapshotReport } from '../shard/durable/shard-snapshot.ts';
import { KIND_ANSWER, KIND_FLOOD, KIND_MARKER, KIND_REPORT, KIND_SAVEPOINT_PART } from '../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../wire/envelope-reader.ts';
import type { CheckpointRunner } from './checkpoint-runner.ts';
import type { FloodedTargets } from './flooded-targets.ts';
import type { ShardRequests } from './shard-requests.ts';

/** Takes the envelope that the reader shows to whom it concerns; false if it is none of these. */
export function takeControl(
  reader: EnvelopeReader,
  from: number,
  checkpoints: CheckpointRunner | undefined,
  requests: ShardRequests,
  flooded: FloodedTargets,
): boolean {
  switch (reader.kind) {
    case KIND_MARKER:
      checkpoints?.machine.onMarker(from, reader.payload() as Epoch);
      return true;
    case KIND_REPORT:
      checkpoints?.onReport(from, reader.payload() as SnapshotReport);
      return true;
    case KIND_SAVEPOINT_PART:
      checkpoints?.savepoints.onPart(from, reader.payload() as SavepointPart);
      return true;
    case KIND_ANSWER:
      requests.onAnswer(reader.payload() as RequestAnswer, checkpoints?.machine.isAhead(from) ?? false);
      return true;
    case KIND_FLOOD:
      flooded.hear(from, reader.payload() as FloodWord);
      return true;
    default:
      return false;
  }
}
