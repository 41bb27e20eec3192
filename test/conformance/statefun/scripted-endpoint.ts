/**
 * An endpoint that a test has in its hand: it keeps all requests, and answers as it is told. Its program does what an SDK
 * does: it asks for states that it declares and was not given, runs each invocation over one view of the states, and
 * answers with what has changed.
 */
import type { Endpoint } from '../../../src/remote/transport.ts';
import type {
  BatchEffects,
  BatchRequest,
  BatchResponse,
  DelayedCommand,
  EgressRecord,
  MissingState,
  RemoteInvocation,
  SentMessage,
  StateMutation,
} from '../../../src/statefun/protocol.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../../src/statefun/protocol-codec.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';

export type Answer = (request: BatchRequest, signal: AbortSignal) => BatchResponse | Promise<BatchResponse>;

export class ScriptedEndpoint implements Endpoint {
  readonly name = 'scripted';
  readonly concurrency: number;
  readonly companion = undefined;
  /** As over HTTP: whatever it answers nobody else has. */
  readonly readsResponses = true;
  readonly requests: BatchRequest[] = [];
  answer: Answer;
  stateBytesMax = Infinity;
  effectCountMax = Infinity;

  readonly #asObjects: boolean;

  /** `asObjects`: for responses that no bytes can say, or that are refused as bytes already. */
  constructor(answer: Answer, concurrency = 1_000, asObjects = false) {
    this.answer = answer;
    this.concurrency = concurrency;
    this.#asObjects = asObjects;
  }

  async call(request: BatchRequest, signal: AbortSignal): Promise<BatchResponse> {
    // What travels are bytes, so both sides have only what can be said in them.
    const asked = decodeRequest(encodeRequest(request));
    this.requests.push(structuredClone(asked));
    const response = await this.answer(asked, signal);
    return this.#asObjects ? response : decodeResponse(encodeResponse(response));
  }
}

export function effects(some: Partial<Omit<BatchEffects, 'kind'>> = {}): BatchEffects {
  return { kind: 'effects', mutations: [], messages: [], delayed: [], egresses: [], ...some };
}

export function missing(...states: readonly MissingState[]): BatchResponse {
  return { kind: 'missing', states };
}

export function declared(name: string, some: Partial<MissingState> = {}): MissingState {
  return { name, typename: 'test/bytes', mode: 'none', afterMs: 0, ...some };
}

export function typed(text: string, typename = 'test/bytes'): TypedValue {
  return { typename, value: new Uint8Array(Buffer.from(text)) };
}

export function textOf(value: TypedValue | undefined): string | undefined {
  return value?.value === undefined ? undefined : Buffer.from(value.value).toString();
}

/** What a program sees and does. */
export class View {
  readonly self: BatchRequest['target'];
  readonly messages: SentMessage[] = [];
  readonly delayed: DelayedCommand[] = [];
  readonly egresses: EgressRecord[] = [];
  readonly #values: Map<string, TypedValue | undefined>;
  readonly #changed = new Map<string, StateMutation>();

  constructor({ target, states }: BatchRequest) {
    this.self = target;
    this.#values = new Map(states.map(({ name, value }) => [name, value]));
  }

  get(name: string): string | undefined {
    return textOf(this.#values.get(name));
  }

  set(name: string, text: string | undefined): void {
    const value = text === undefined ? undefined : typed(text);
    this.#values.set(name, value);
    this.#changed.set(name, { name, value });
  }

  send(type: string, id: string, text: string): void {
    this.messages.push({ target: { type, id }, argument: typed(text) });
  }

  sendAfter(delayMs: number, type: string, id: string, text: string, token = ''): void {
    this.delayed.push({ kind: 'send', delayMs, token, target: { type, id }, argument: typed(text) });
  }

  cancel(token: string): void {
    this.delayed.push({ kind: 'cancel', token });
  }

  egress(egress: string, text: string): void {
    this.egresses.push({ egress, argument: typed(text) });
  }

  effects(): BatchEffects {
    const { messages, delayed, egresses } = this;
    return effects({ messages, delayed, egresses, mutations: [...this.#changed.values()] });
  }
}

/** Answers as a program with these states does. */
export function program(
  states: readonly MissingState[],
  run: (view: View, invocation: RemoteInvocation) => void,
): (request: BatchRequest) => BatchResponse {
  return (request) => {
    const given = new Set(request.states.map(({ name }) => name));
    const absent = states.filter(({ name }) => !given.has(name));
    if (absent.length > 0) return missing(...absent);
    const view = new View(request);
    for (const invocation of request.invocations) run(view, invocation);
    return view.effects();
  };
}
