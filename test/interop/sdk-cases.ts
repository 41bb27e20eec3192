/**
 * What every one of the programs must answer to requests that a script sends it: the protocol as section 3 of its
 * description has it, seen from the engine. The cases are the same for each SDK; where SDKs may differ, in the order of
 * missing states and of mutations, answers are compared without that order.
 */
import { Prng } from '../../src/base/prng.ts';
import {
  COMMAND_OPTIONS,
  type Command,
  encodeCommands,
  encodeSourceCommand,
  sourceCommand,
} from '../smoke/statefun/commands.ts';
import { type Answer, bool, type Call, int, long, text, type Value } from './scripted-client.ts';
import type { SdkProgram } from './sdk-programs.ts';
import { integer } from './wire.ts';

export interface SdkCase {
  readonly name: string;
  readonly call: Call;
  /** `'error'`: status 500 and nothing else. */
  readonly expected: Answer | 'error';
}

const GREETER = 'greeter.fns/greeter';
const CART = 'shop.fns/cart';
const STOCK = 'shop.fns/stock';
const INTERPRETER = 'statefun.smoke.e2e/command-interpreter-fn';
const DAY_MS = 86_400_000;
const TEN_MINUTES_MS = 600_000;
const RANDOM_CASES = 200;

export function sdkCases(program: SdkProgram): readonly SdkCase[] {
  return [...greeterCases(), ...shopCases(), ...interpreterCases(program)];
}

function greeterCases(): readonly SdkCase[] {
  const hello = { value: text('Hello') };
  const greet = (states: Call['states'], count: number): Call => ({
    type: GREETER,
    id: 'Zoë',
    ...(states !== undefined && { states }),
    messages: Array.from({ length: count }, () => hello),
  });
  return [
    {
      name: 'a request without states is answered by what is missing',
      call: greet(undefined, 1),
      expected: { missing: [`seen int after-invoke ${DAY_MS}`] },
    },
    {
      name: 'a state that is known and unset',
      call: greet({ seen: null }, 1),
      expected: { mutations: { seen: 1 }, egresses: ['greeter.fns/greetings Hello Zoë, 1'] },
    },
    {
      name: 'a batch of three over one view of the state',
      call: greet({ seen: int(41) }, 3),
      expected: {
        mutations: { seen: 44 },
        egresses: [42, 43, 44].map((count) => `greeter.fns/greetings Hello Zoë, ${count}`),
      },
    },
    {
      name: 'states that the function does not declare are passed over; zero is a value of no bytes',
      call: greet({ seen: int(0), never_heard_of: text('x'), unset_too: null }, 1),
      expected: { mutations: { seen: 1 }, egresses: ['greeter.fns/greetings Hello Zoë, 1'] },
    },
    {
      name: 'a function that nobody has',
      call: { type: 'greeter.fns/nobody', id: 'x', messages: [hello] },
      expected: 'error',
    },
  ];
}

function shopCases(): readonly SdkCase[] {
  const cart = (states: Call['states'], ...messages: readonly string[]): Call => ({
    type: CART,
    id: 'ann',
    ...(states !== undefined && { states }),
    messages: messages.map((message) => ({ value: text(message) })),
  });
  const later = `after ${TEN_MINUTES_MS} as forget ${CART} ann forget`;
  return [
    {
      name: 'three missing states',
      call: cart(undefined, 'checkout'),
      expected: { missing: [`basket string after-write ${DAY_MS}`, 'leaving bool', 'waiting int'] },
    },
    {
      name: 'only the states that are missing',
      call: cart({ basket: null, waiting: int(1) }, 'checkout'),
      expected: { missing: ['leaving bool'] },
    },
    {
      name: 'the caller of each message of a batch gets the answer',
      call: {
        type: STOCK,
        id: 'socks',
        states: { inventory: int(5) },
        messages: [
          { caller: [CART, 'ann'], value: text('request 3') },
          { caller: [CART, 'bob'], value: text('request 3') },
          { value: text('restock 10') },
        ],
      },
      expected: {
        mutations: { inventory: 12 },
        messages: [`${CART} ann available socks 3`, `${CART} bob missing socks 3`],
      },
    },
    {
      name: 'a delayed message with a token',
      call: cart({ basket: null, waiting: int(2), leaving: null }, 'available socks 2', 'available shoes 1'),
      expected: { mutations: { basket: 'socks:2,shoes:1', waiting: 0 }, delayed: [later] },
    },
    {
      name: 'sent and cancelled within one batch, in order; a state that is deleted; a Kafka record',
      call: cart({ basket: null, waiting: int(1), leaving: null }, 'available socks 2', 'checkout'),
      expected: {
        mutations: { basket: null, waiting: 0, leaving: null },
        delayed: [later, 'cancel forget'],
        egresses: ['shop.fns/receipts receipts[ann]=ann buys socks:2'],
      },
    },
    {
      name: 'a boolean and text are read; what is missing lets the user leave',
      call: cart({ basket: text('socks:2'), waiting: int(1), leaving: bool(true) }, 'missing shoes 1'),
      expected: {
        mutations: { basket: null, waiting: 0, leaving: null },
        delayed: ['cancel forget'],
        egresses: [
          'shop.fns/receipts receipts[ann]=ann misses shoes:1',
          'shop.fns/receipts receipts[ann]=ann buys socks:2',
        ],
      },
    },
    {
      name: 'an error in the second message leaves no effect of the first',
      call: cart({ basket: null, waiting: null, leaving: null }, 'add socks 1', 'nonsense'),
      expected: 'error',
    },
    {
      name: 'nothing follows',
      call: cart({ basket: null, waiting: null, leaving: null }, 'clear'),
      expected: {},
    },
  ];
}

/** Random batches of the smoke test, with what a model says that must follow. */
function interpreterCases({ counterType }: SdkProgram): readonly SdkCase[] {
  const number = counterType === 'int' ? int : long;
  const missing: SdkCase = {
    name: 'what the interpreter keeps',
    call: interpreterCall(undefined, [{ kind: 'increment' }]),
    expected: { missing: [`state ${counterType}`] },
  };
  const random = Array.from({ length: RANDOM_CASES }, (_, seed): SdkCase => {
    const prng = new Prng(seed);
    const before = prng.chance(0.3) ? undefined : prng.below(1_000);
    const commands = sourceCommand(COMMAND_OPTIONS, seed, 0).commands;
    const all: readonly Command[] = prng.chance(0.3) ? [...commands, { kind: 'verify', expected: 300 }] : commands;
    const state = before === undefined ? null : number(before);
    return { name: `commands ${seed}`, call: interpreterCall(state, all), expected: model(before, all) };
  });
  return [missing, ...random];
}

function interpreterCall(state: Value | null | undefined, commands: readonly Command[]): Call {
  const bytes = encodeSourceCommand({ target: 7, commands });
  return {
    type: INTERPRETER,
    id: '7',
    ...(state !== undefined && { states: { state } }),
    messages: [{ value: { typename: 'statefun.smoke.e2e/source-command', bytes } }],
  };
}

function model(before: number | undefined, commands: readonly Command[]): Answer {
  const done = { count: before ?? 0, messages: [] as string[], delayed: [] as string[], egresses: [] as string[] };
  const touched = carryOut(commands, done);
  return {
    ...(touched && { mutations: { state: done.count } }),
    ...(done.messages.length > 0 && { messages: done.messages }),
    ...(done.delayed.length > 0 && { delayed: done.delayed }),
    ...(done.egresses.length > 0 && { egresses: done.egresses }),
  };
}

interface Done {
  count: number;
  readonly messages: string[];
  readonly delayed: string[];
  readonly egresses: string[];
}

/** Whether the state was written. */
function carryOut(commands: readonly Command[], done: Done): boolean {
  let touched = false;
  for (const command of commands) {
    if (command.kind === 'increment') {
      done.count++;
      touched = true;
    } else if (command.kind === 'send') done.messages.push(onward(command));
    else if (command.kind === 'send-after') {
      const after = command.token === '' ? 'after 1' : `after ${TEN_MINUTES_MS} as ${command.token}`;
      done.delayed.push(`${after} ${onward(command)}`);
    } else if (command.kind === 'cancel') done.delayed.push(`cancel ${command.token}`);
    else if (command.kind === 'egress') done.egresses.push('statefun.smoke.e2e/discard-sink discarded-message');
    else if (command.kind === 'async') touched = carryOut(command.commands, done) || touched;
    else done.egresses.push(verification(command.expected, done.count));
  }
  return touched;
}

function verification(expected: number, actual: number): string {
  const bytes = Buffer.from([...integer(1, 7), ...integer(2, expected), ...integer(3, actual)]);
  return `statefun.smoke.e2e/verification-sink statefun.smoke.e2e/verification-result:${bytes.toString('hex')}`;
}

function onward({ target, commands }: { readonly target: number; readonly commands: readonly Command[] }): string {
  const bytes = Buffer.from(encodeCommands(commands));
  return `${INTERPRETER} ${target} statefun.smoke.e2e/commands:${bytes.toString('hex')}`;
}
