/**
 * The pipeline for the rivals: five stages side by side in many lanes. Each stage counts a message and hands it to the
 * next stage of its lane; the last one hands it to the first stage of the next lane, until the rounds are used up.
 */
import { namedIds } from './entity-ids.ts';
import { isWhole, makeBody } from './message-body.ts';
import type { PipelineSpec, Send, Tally, Topology } from './topology.ts';

export const STAGE_COUNT = 5;

export interface Stage {
  /** Times that it is still to go through the whole pipeline, this one included; negative asks for a report. */
  readonly rounds: number;
  /** Of the entity that it is for. */
  readonly lane: number;
  readonly stage: number;
  /** Only where `--bytes` asks for it. */
  readonly body?: Uint8Array;
}

export class PipelineTopology implements Topology<Stage> {
  readonly ids: readonly string[];
  readonly censusMessage: Stage = { rounds: -1, lane: 0, stage: 0 };
  readonly #spec: PipelineSpec;

  constructor(spec: PipelineSpec) {
    this.#spec = spec;
    this.ids = pipelineIds(spec.width);
  }

  messagesPerChain(rounds: number): number {
    return rounds * STAGE_COUNT;
  }

  begin(chain: number, rounds: number, send: Send<Stage>): void {
    const { width, bytes } = this.#spec;
    const first: Stage = { rounds, lane: chain % width, stage: 0 };
    if (rounds > 0) this.#send(bytes === undefined ? first : { ...first, body: makeBody(bytes) }, send);
  }

  receive(tally: Tally, message: Stage, send: Send<Stage>): void {
    if (isStageWhole(this.#spec, message)) tally.count++;
    const next = nextStage(message, this.#spec.width);
    if (next !== undefined) this.#send(next, send);
  }

  #send(message: Stage, send: Send<Stage>): void {
    send(this.ids[message.lane * STAGE_COUNT + message.stage], message);
  }
}

/** Lane by lane, the stages in order. */
export function pipelineIds(width: number): string[] {
  return namedIds('stage', width * STAGE_COUNT);
}

/** Where a message goes next; undefined at its end. */
export function nextStage({ rounds, lane, stage, body }: Stage, width: number): Stage | undefined {
  const isWithin = stage + 1 < STAGE_COUNT;
  if (!isWithin && rounds <= 1) return undefined;
  const next = isWithin
    ? { rounds, lane, stage: stage + 1 }
    : { rounds: rounds - 1, lane: (lane + 1) % width, stage: 0 };
  return body === undefined ? next : { ...next, body };
}

export function isStageWhole({ bytes }: PipelineSpec, { body }: Stage): boolean {
  return bytes === undefined || (body !== undefined && isWhole(body, bytes));
}
