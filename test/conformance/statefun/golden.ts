/**
 * Messages of the protocol with their bytes, as the official SDKs write them. Whoever changes a byte here breaks
 * programs that run elsewhere.
 */
import type { BatchRequest, BatchResponse } from '../../../src/statefun/protocol.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const string = (hex: string): TypedValue => ({ typename: 'io.statefun.types/string', value: fromHex(hex) });
const int = (hex: string): TypedValue => ({ typename: 'io.statefun.types/int', value: fromHex(hex) });

const none = { kind: 'effects', mutations: [], messages: [], delayed: [], egresses: [] } as const;

export interface Golden<Message> {
  readonly name: string;
  readonly hex: string;
  readonly message: Message;
}

export const GOLDEN_REQUESTS: readonly Golden<BatchRequest>[] = [
  {
    name: 'one string from outside, a state that is known and unset',
    hex: 'a206390a090a01611201621a016912060a047365656e1a2412220a18696f2e737461746566756e2e74797065732f737472696e6710011a040a026869',
    message: {
      target: { type: 'a/b', id: 'i' },
      states: [{ name: 'seen', value: undefined }],
      invocations: [{ caller: undefined, argument: string('0a026869') }],
    },
  },
];

export const GOLDEN_RESPONSES: readonly Golden<BatchResponse>[] = [
  { name: 'no effects', hex: 'a20600', message: none },
  {
    name: 'two missing states that expire',
    hex: 'aa064f0a240a047365656e1205080210e8071a15696f2e737461746566756e2e74797065732f696e740a270a05735f74776f1204080110051a18696f2e737461746566756e2e74797065732f737472696e67',
    message: {
      kind: 'missing',
      states: [
        { name: 'seen', typename: 'io.statefun.types/int', mode: 'after-invoke', afterMs: 1000 },
        { name: 's_two', typename: 'io.statefun.types/string', mode: 'after-write', afterMs: 5 },
      ],
    },
  },
  {
    name: 'two states deleted',
    hex: 'a206110a0612047365656e0a071205735f74776f',
    message: {
      ...none,
      mutations: [
        { name: 'seen', value: undefined },
        { name: 's_two', value: undefined },
      ],
    },
  },
  {
    name: 'a state set to 41',
    hex: 'a2062c0a2a080112047365656e1a200a15696f2e737461746566756e2e74797065732f696e7410011a050d29000000',
    message: { ...none, mutations: [{ name: 'seen', value: int('0d29000000') }] },
  },
  {
    name: 'a message',
    hex: 'a20630122e0a090a01781201791a013112210a18696f2e737461746566756e2e74797065732f737472696e6710011a030a0176',
    message: { ...none, messages: [{ target: { type: 'x/y', id: '1' }, argument: string('0a0176') }] },
  },
  {
    name: 'a message delayed by -5 ms, which is for the engine to refuse',
    hex: 'a2063a1a3808fbffffffffffffffff0112090a01781201791a01311a200a15696f2e737461746566756e2e74797065732f696e7410011a050d07000000',
    message: {
      ...none,
      delayed: [
        { kind: 'send', target: { type: 'x/y', id: '1' }, argument: int('0d07000000'), delayMs: -5, token: '' },
      ],
    },
  },
  {
    name: 'a cancellation',
    hex: 'a206091a0750015a03746f6b',
    message: { ...none, delayed: [{ kind: 'cancel', token: 'tok' }] },
  },
];
