/**
 * Calls to a process that may end under them. Such a call is repeated on the next process, since nothing of it counts
 * until it is answered. But one that ends its process each time must not do so for ever: when a process ends, the calls
 * that were under way are suspects, and are repeated one at a time; if the process ends again, it is the suspect on trial
 * that is blamed, and after a few times it fails. So its failure policy gets it, and the others go on.
 */
import type { CallOffSignal } from '../base/call-off.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { BatchRequest, BatchResponse } from '../statefun/protocol.ts';
import { AbortableWaiters } from './abortable-waiters.ts';
import type { ProcessSupervisor } from './process-supervisor.ts';

/** After so many processes have ended under it a call is not repeated any more. */
const DEATH_COUNT_MAX = 3;

interface UnderWay {
  deathCount: number;
}

export class ProcessCalls {
  readonly #name: string;
  readonly #supervisor: ProcessSupervisor;
  readonly #underWay = new Set<UnderWay>();
  /** The suspect whose turn it is. */
  #onTrial: UnderWay | undefined;
  readonly #suspects = new AbortableWaiters<void>();

  constructor(name: string, supervisor: ProcessSupervisor) {
    this.#name = name;
    this.#supervisor = supervisor;
    supervisor.onEnded = () => this.#blame();
  }

  get underWayCount(): number {
    return this.#underWay.size;
  }

  async call(request: BatchRequest, signal: CallOffSignal): Promise<BatchResponse> {
    const call: UnderWay = { deathCount: 0 };
    while (true) {
      const response =
        call.deathCount === 0 ? await this.#try(call, request, signal) : await this.#retry(call, request, signal);
      if (response !== undefined) return response;
      if (call.deathCount < DEATH_COUNT_MAX) continue;
      const { type, id } = request.target;
      const what = `${this.#name} has ended ${call.deathCount} times while it handled a message for ${type} ${JSON.stringify(id)}`;
      throw new MillraceError('REMOTE_CALL_FAILED', what, {
        details: { endpoint: this.#name, attempts: call.deathCount },
      });
    }
  }

  /** One suspect at a time. */
  async #retry(call: UnderWay, request: BatchRequest, signal: CallOffSignal): Promise<BatchResponse | undefined> {
    if (this.#onTrial !== undefined) await this.#suspects.wait(signal);
    this.#onTrial = call;
    try {
      return await this.#try(call, request, signal);
    } finally {
      this.#onTrial = undefined;
      // Whoever comes in between would have to wait: so the place is kept for the one that is called up.
      if (this.#suspects.giveOne()) this.#onTrial = call;
    }
  }

  /** Undefined if the process has ended under it. */
  async #try(call: UnderWay, request: BatchRequest, signal: CallOffSignal): Promise<BatchResponse | undefined> {
    const life = await this.#supervisor.nextLife(signal);
    if (life.isOver) return undefined;
    this.#underWay.add(call);
    try {
      // An endpoint of our own, which takes both.
      return await life.endpoint.call(request, signal as AbortSignal);
    } catch (error) {
      if (signal.aborted || !life.isOver || this.#supervisor.isStopping) throw error;
      return undefined;
    } finally {
      this.#underWay.delete(call);
    }
  }

  /** A process has ended: the suspect on trial has done it, or it may have been anybody. */
  #blame(): void {
    const onTrial = this.#onTrial;
    const blamed = onTrial !== undefined && this.#underWay.has(onTrial) ? [onTrial] : this.#underWay;
    for (const call of blamed) call.deathCount++;
  }
}
