/**
 * The pipeline for the rivals: five stages side by side in many lanes. Each stage counts a message and hands it to the
 * next stage of its lane; the last one hands it to the first stage of the next lane, until the rounds are used up.
 */
import { namedIds } from './entity-ids.ts';
import type { PipelineSpec, Send, Tally, Topology } from './topology.ts';

export const STAGE_COUNT = 5;

export interface Stage {
  /** Times that it is still to go through the whole pipeline, this one included; negative asks for a report. */
  readonly rounds: number;
  /** Of the entity that it is for. */
  readonly lane: number;
  readonly stage: number;
}

export class PipelineTopology implements Topology<Stage> {
  readonly ids: readonly string[];
  readonly censusMessage: Stage = { rounds: -1, lane: 0, stage: 0 };
  readonly #width: number;

  constructor({ width }: PipelineSpec) {
    this.#width = width;
    this.ids = pipelineIds(width);
  }

  messagesPerChain(rounds: number): number {
    return rounds * STAGE_COUNT;
  }

  begin(chain: number, rounds: number, send: Send<Stage>): void {
    if (rounds > 0) this.#send({ rounds, lane: chain % this.#width, stage: 0 }, send);
  }

  receive(tally: Tally, message: Stage, send: Send<Stage>): void {
    tally.count++;
    const next = nextStage(message, this.#width);
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
export function nextStage({ rounds, lane, stage }: Stage, width: number): Stage | undefined {
  if (stage + 1 < STAGE_COUNT) return { rounds, lane, stage: stage + 1 };
  if (rounds <= 1) return undefined;
  return { rounds: rounds - 1, lane: (lane + 1) % width, stage: 0 };
}
