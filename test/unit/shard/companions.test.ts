/** What lives beside a shard: started once each, before any message, told about by the shard, and stopped with it. */
import { expect, test } from 'vitest';
import { defineFunction, MillraceError } from '../../../src/index.ts';
import type { Companion, CompanionPlace } from '../../../src/sdk/companion.ts';
import { results, Stage } from './stage.ts';

class Recorded implements Companion {
  readonly log: string[];
  readonly name: string;
  places: CompanionPlace[] = [];

  constructor(log: string[], name: string) {
    this.log = log;
    this.name = name;
  }

  start(place: CompanionPlace): void {
    this.places.push(place);
    this.log.push(`${this.name} starts beside ${place.shard} of ${place.shardCount}`);
  }

  async stop(): Promise<void> {
    this.log.push(`${this.name} stops`);
    if (this.name === 'bad') throw new Error('it does not end');
  }

  status(): readonly object[] {
    return [{ name: this.name }];
  }
}

function functionWith(type: string, companion: Companion | undefined, log: string[]) {
  const fn = defineFunction({ type, invoke: (ctx, message: number) => void log.push(`${ctx.self.type} ${message}`) });
  return { ...fn, companion };
}

test('one of several functions is started once in each shard, before the first message', async () => {
  const log: string[] = [];
  const [one, two] = [new Recorded(log, 'one'), new Recorded(log, 'two')];
  const functions = [functionWith('a/a', one, log), functionWith('a/b', two, log), functionWith('a/c', one, log)];
  const on = new Stage([...functions, functionWith('a/d', undefined, log)], { shardCount: 2 });
  on.send('a/a', 'Kim', 1);
  await on.play();
  const starts = ['one starts beside 0', 'two starts beside 0', 'one starts beside 1', 'two starts beside 1'];
  expect(log).toEqual([...starts.map((line) => `${line} of 2`), 'a/a 1']);
  expect(on.engine.shards[0].companions.status()).toEqual([{ name: 'one' }, { name: 'two' }]);
  await on.engine.shards[0].close();
  expect(log.slice(5)).toEqual(['one stops', 'two stops']);
});

test('all are stopped, also when one does not end', async () => {
  const log: string[] = [];
  const functions = ['bad', 'good'].map((name) => functionWith(`a/${name}`, new Recorded(log, name), log));
  const on = new Stage(functions);
  await expect(on.engine.shards[0].close()).rejects.toThrow('it does not end');
  expect(log.slice(2)).toEqual(['bad stops', 'good stops']);
});

test('what it reports reaches whoever listens for errors, even from within an invocation that fails', async () => {
  const log: string[] = [];
  const companion = new Recorded(log, 'one');
  const failing = defineFunction({
    type: 'a/failing',
    invoke: (ctx) => {
      ctx.egress(results, 'never');
      companion.places[0].report(new MillraceError('UNKNOWN_TARGET', 'from within'));
      throw new Error('no');
    },
  });
  const on = new Stage([{ ...failing, companion }]);
  on.send('a/failing', 'Kim');
  await on.play();
  companion.places[0].report(new MillraceError('UNKNOWN_TARGET', 'from outside', { details: { type: 'x' } }));
  expect(on.engine.shards[0].hasWork).toBe(true);
  await on.play();
  expect(on.errors.map(({ message }) => message.split('. ')[0])).toEqual([
    'a/failing "Kim" threw Error: no',
    'from within',
    'from outside',
  ]);
  expect([on.errors[2].code, on.errors[2].details, on.records()]).toEqual(['UNKNOWN_TARGET', { type: 'x' }, []]);
});
