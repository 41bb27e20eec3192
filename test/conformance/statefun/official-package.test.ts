/**
 * The cases that the official JavaScript package can express, with that package as the client of our engine: the same
 * numbers as in the files beside this one, where a script plays its part and can do what no SDK does.
 */
import { expect, test } from 'vitest';
import type { Context, Message } from 'apache-flink-statefun';
import type { BatchRequest } from '../../../src/statefun/protocol.ts';
import { answeredBy, official } from './official-program.ts';
import { RemoteStage, RESULTS, TYPE } from './remote-stage.ts';
import { textOf, typed } from './scripted-endpoint.ts';

const { StateFun, messageBuilder, egressMessageBuilder } = official;
const OTHER = 'other/one';
const NATIVE = 'test/native';

const bytes = StateFun.customType<string>(
  'test/bytes',
  (text) => Buffer.from(text),
  (given) => Buffer.from(given).toString(),
);

type Storage = Record<string, string | null>;
type Work = (context: Context, text: string, storage: Storage) => void | Promise<void>;
interface Spec {
  readonly name: string;
  readonly expireAfterWrite?: number;
  readonly expireAfterCall?: number;
}

const COUNT: Spec = { name: 'count' };
const NAME: Spec = { name: 'name' };

const message = (typename: string, id: string, text: string): Message =>
  messageBuilder({ typename, id, value: text, valueType: bytes });
const record = (text: string) => egressMessageBuilder({ typename: RESULTS, value: text, valueType: bytes });

function programOf(
  specs: readonly Spec[],
  work: Work,
): (request: BatchRequest) => ReturnType<ReturnType<typeof answeredBy>> {
  const statefun = new StateFun();
  for (const typename of [TYPE, OTHER]) {
    statefun.bind({
      typename,
      specs: specs.map((spec) => ({ ...spec, type: bytes })),
      fn: async (context: Context, given: Message) =>
        await work(context, given.as(bytes) ?? '', context.storage as Storage),
    });
  }
  const handler = statefun.handler();
  return answeredBy((request, response) => void handler(request, response));
}

/** Waits for the package as well, which takes its requests in by events. */
class OfficialStage extends RemoteStage {
  #underWayCount = 0;

  constructor(specs: readonly Spec[], work: Work, options: ConstructorParameters<typeof RemoteStage>[1] = {}) {
    super(async (request) => await this.#watched(request), options);
    this.run(specs, work);
  }

  /** Another version of the program. */
  run(specs: readonly Spec[], work: Work): void {
    this.#answer = programOf(specs, work);
  }

  #answer: ReturnType<typeof programOf> = programOf([], () => {});

  async #watched(request: BatchRequest): ReturnType<ReturnType<typeof programOf>> {
    this.#underWayCount++;
    try {
      return await this.#answer(request);
    } finally {
      this.#underWayCount--;
    }
  }

  override async play(): Promise<void> {
    do await super.play();
    while (this.#underWayCount > 0);
  }
}

const names = (request: BatchRequest): string[] => request.states.map(({ name }) => name);
const values = (request: BatchRequest | undefined): unknown[] =>
  request?.states.map(({ value }) => textOf(value)) ?? [];
const texts = (request: BatchRequest): unknown[] => request.invocations.map(({ argument }) => textOf(argument));

test('#5 #7 first contact: one round of negotiation, and the code runs once; what is unset has a name and no value', async () => {
  let runs = 0;
  const on = new OfficialStage([COUNT, NAME], () => void runs++);
  const requests = await on.tell(typed('hello'));
  expect(requests.map(names)).toEqual([[], ['count', 'name']]);
  expect(requests.map(texts)).toEqual([['hello'], ['hello']]);
  expect(requests[1].states).toEqual([
    { name: 'count', value: undefined },
    { name: 'name', value: undefined },
  ]);
  expect([runs, on.errors]).toEqual([1, []]);
  expect((await on.tell(typed('again'), 'Lou')).map(names)).toEqual([['count', 'name']]);
});

test('#6 #13 a new version asks for what is new, and gets what it no longer declares', async () => {
  const on = new OfficialStage([COUNT], (_, text, storage) => void (storage['count'] = text));
  await on.tell(typed('first'));
  on.run([COUNT, NAME], () => {});
  const requests = await on.tell(typed('second'));
  expect(requests.map(names)).toEqual([['count'], ['count', 'name']]);
  on.run([NAME], () => {});
  expect(values((await on.tell(typed('third')))[0])).toEqual(['first', undefined]);
});

test('#8 a value of no bytes is a value', async () => {
  const seen: unknown[] = [];
  const on = new OfficialStage([COUNT], (_, __, storage) => {
    seen.push(storage['count']);
    storage['count'] = '';
  });
  await on.tell(typed('first'));
  await on.tell(typed('second'));
  expect(seen).toEqual([null, '']);
});

test('#9 after a DELETE the state is there without a value, and an address that keeps nothing is forgotten', async () => {
  const on = new OfficialStage([COUNT], (_, text, storage) => void (storage['count'] = text === 'set' ? 'x' : null));
  await on.tell(typed('set'));
  expect(on.entityCount).toBe(1);
  await on.tell(typed('delete'));
  expect(on.entityCount).toBe(0);
  const [request] = await on.tell(typed('set'));
  expect(request.states).toEqual([{ name: 'count', value: undefined }]);
});

test('#15 #18 messages that come during a slow call go with the next request, in order and with their callers', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const seen: unknown[] = [];
  const on = new OfficialStage([], async ({ caller, self }, text) => {
    if (self.typename === TYPE) seen.push([text, caller?.id]);
    if (text === 'first') await promise;
  });
  on.send(TYPE, 'Kim', typed('first'));
  for (const text of ['a', 'b', 'c']) on.send(TYPE, 'Kim', typed(text));
  setImmediate(resolve);
  await on.play();
  await on.play();
  expect(on.endpoint.requests.map(texts)).toEqual([['first'], ['a', 'b', 'c']]);
  expect(seen).toEqual(['first', 'a', 'b', 'c'].map((text) => [text, undefined]));
});

test('#17 a request takes so many along, and none is lost', async () => {
  const on = new OfficialStage([COUNT], (_, __, storage) => void (storage['count'] = `${storage['count'] ?? ''}x`), {
    batchCountMax: 10,
  });
  for (let number = 0; number < 95; number++) on.send(TYPE, 'Kim', typed(String(number)));
  await on.play();
  expect(Math.max(...on.endpoint.requests.map(({ invocations }) => invocations.length))).toBe(10);
  const [look] = await on.tell(typed('look'));
  expect(values(look)).toEqual(['x'.repeat(95)]);
});

test('#18 the caller is who sent a message, at once or with a delay, and nobody from outside', async () => {
  const callers: unknown[] = [];
  const on = new OfficialStage([], (context, text) => {
    callers.push(context.caller === null ? null : [context.caller.typename, context.caller.id]);
    if (text !== 'begin') return;
    context.send(message(OTHER, 'Lou', 'at once'));
    context.sendAfter(5, message(OTHER, 'Lou', 'later'));
  });
  await on.tell(typed('begin'));
  await on.pass(5);
  expect(callers).toEqual([null, [TYPE, 'Kim'], [TYPE, 'Kim']]);
});

test('#19 #20 all of a response comes together; one without effects is a success', async () => {
  const on = new OfficialStage([COUNT], (context, text, storage) => {
    if (text !== 'go') return;
    storage['count'] = '1';
    context.send(record('record'));
    context.sendAfter(5, message(NATIVE, 'Ann', 'late'));
    context.send(message(NATIVE, 'Ann', 'hello'));
  });
  await on.tell(typed('nothing'));
  expect([on.errors, on.told(), on.entityCount]).toEqual([[], [], 0]);
  await on.tell(typed('go'));
  expect(new Set(on.told())).toEqual(new Set([`Ann: hello from ${TYPE} Kim`, 'record']));
  await on.pass(5);
  expect(on.told()).toEqual([`Ann: late from ${TYPE} Kim`]);
  expect(values((await on.tell(typed('look')))[0])).toEqual(['1']);
});

test('#25 a request that was run twice has its effects once', async () => {
  const counting: Work = (context, _, storage) => {
    storage['count'] = String(Number(storage['count'] ?? 0) + 1);
    context.send(record(`count ${storage['count']}`));
  };
  const on = new OfficialStage([COUNT], counting);
  const once = on.endpoint.answer;
  on.endpoint.answer = async (request, signal) => {
    await once(request, signal);
    return await once(request, signal);
  };
  for (let time = 0; time < 3; time++) await on.tell(typed('go'));
  expect(on.told()).toEqual(['count 1', 'count 2', 'count 3']);
});

type Order = (context: Context) => void;
const later =
  (delayMs: number, token?: string, text = 'late'): Order =>
  (context) =>
    context.sendAfter(delayMs, message(NATIVE, 'Ann', text), token);
const cancel =
  (token: string): Order =>
  (context) =>
    context.cancelDelayedMessage(token);

/** Does for each message what the test has put there. */
function orders(...lists: readonly (readonly Order[])[]): OfficialStage {
  let next = 0;
  return new OfficialStage([], (context) => {
    for (const order of lists[next++] ?? []) order(context);
  });
}

const line = (text: string): string => `Ann: ${text} from ${TYPE} Kim`;

test('#28 delayed messages come not early, and in the order in which they were sent', async () => {
  const on = orders([later(50, undefined, 'fifty'), later(1, undefined, 'one'), later(1, undefined, 'one more')]);
  await on.tell(typed('go'));
  expect(on.told()).toEqual([]);
  await on.pass(1);
  expect(on.told()).toEqual([line('one'), line('one more')]);
  await on.pass(48);
  expect(on.told()).toEqual([]);
  await on.pass(1);
  expect(on.told()).toEqual([line('fifty')]);
});

test('#30 what is sent and cancelled in one response is never delivered', async () => {
  const on = orders([later(5, 't'), cancel('t')]);
  await on.tell(typed('go'));
  await on.pass(10);
  expect([on.told(), on.errors]).toEqual([[], []]);
});

test('#31 what is cancelled and sent in one response is delivered', async () => {
  const on = orders([later(5, 't', 'first')], [cancel('t'), later(7, 't', 'second')]);
  await on.tell(typed('go'));
  await on.tell(typed('go'));
  await on.pass(10);
  expect([on.told(), on.errors]).toEqual([[line('second')], []]);
});

test('#32 cancelling after delivery, or what nobody knows, does nothing', async () => {
  const on = orders([later(5, 't')], [cancel('t'), cancel('unknown')]);
  await on.tell(typed('go'));
  await on.pass(5);
  await on.tell(typed('go'));
  await on.pass(5);
  expect([on.told(), on.errors]).toEqual([[line('late')], []]);
});

test('#33 a token that is pending cannot be given again', async () => {
  const on = orders([later(5, 't')], [later(6, 't')]);
  await on.tell(typed('go'));
  await on.tell(typed('go'));
  expect(on.refusal).toMatchObject({ code: 'REMOTE_RESPONSE_REFUSED', details: { reason: 'DUPLICATE_TOKEN' } });
  await on.pass(10);
  expect(on.told().length).toBe(1);
});

test('#34 #35 a token belongs to the id, whichever of its functions has given it', async () => {
  const on = orders([later(5, 't')], [later(5, 't')], [later(5, 't')], [cancel('t')]);
  await on.tell(typed('go'), 'Kim');
  await on.tell(typed('go'), 'Lou');
  await on.tell(typed('go'), 'Kim', OTHER);
  expect(on.refusal).toMatchObject({ details: { reason: 'DUPLICATE_TOKEN' } });
  await on.tell(typed('go'), 'Kim', OTHER);
  await on.pass(10);
  expect(on.told()).toEqual([`Ann: late from ${TYPE} Lou`]);
});

test('#36 #37 an egress that the module does not have is refused, and nothing of the response happens', async () => {
  const on = new OfficialStage([COUNT], (context, text, storage) => {
    if (text !== 'go') return;
    storage['count'] = '1';
    context.send(message(NATIVE, 'Ann', 'first'));
    context.send(egressMessageBuilder({ typename: 'no/egress', value: 'x', valueType: bytes }));
  });
  await on.tell(typed('go'));
  expect([on.errors.length, on.refusal.code, on.told()]).toEqual([1, 'REMOTE_RESPONSE_REFUSED', []]);
  expect(values((await on.tell(typed('look'))).at(-1))).toEqual([undefined]);
});

test('#37 a message to a function that the module does not have is a dead letter; the rest happens', async () => {
  const on = new OfficialStage([], (context) => {
    context.send(message('nobody/there', 'Ann', 'hello'));
    context.send(message(NATIVE, 'Ann', 'hello'));
  });
  await on.tell(typed('go'));
  expect(on.told()).toEqual([line('hello')]);
  expect(on.errors.map(({ code }) => code)).toEqual(['UNKNOWN_TARGET']);
});

test('#40 each state expires by its own rule, and is then unset', async () => {
  const specs = [{ name: 'written', expireAfterWrite: 100 }, { name: 'called', expireAfterCall: 100 }, NAME];
  const on = new OfficialStage(specs, (_, text, storage) => {
    if (text === 'set') for (const { name } of specs) storage[name] = name;
  });
  const look = async (): Promise<unknown[]> => values((await on.tell(typed('look'))).at(-1));
  await on.tell(typed('set'));
  await on.pass(60);
  expect(await look()).toEqual(['written', 'called', 'name']);
  await on.pass(40);
  expect(await look()).toEqual([undefined, 'called', 'name']);
  await on.pass(210);
  expect(await look()).toEqual([undefined, undefined, 'name']);
});
