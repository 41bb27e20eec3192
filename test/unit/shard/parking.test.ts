/** Parked addresses that go on, turn by turn. What they are for is tested with whole engines. */
import { expect, test } from 'vitest';
import { Parked } from '../../../src/engine/parked.ts';
import { ShardDoor } from '../../../src/engine/shard-door.ts';
import { WaitingRoom } from '../../../src/engine/waiting-room.ts';
import { defineFunction } from '../../../src/index.ts';
import { Stage } from './stage.ts';

test.each([
  ['all that waits is handled', 'bad'],
  ['it is parked again', 'worse'],
])('while an address goes on all is not quiet, until %s', async (_until, first) => {
  const done: string[] = [];
  let isBroken = true;
  const fn = defineFunction({
    type: 'test/parking',
    failure: { otherwise: 'park' },
    invoke(_ctx, message: string) {
      if (isBroken && message === first) throw new Error('not now');
      done.push(message);
      if (message === 'worse') throw new Error('never');
    },
  });
  const stage = new Stage([fn]);
  const { coordinator } = stage.engine;
  const hooks = { checkRunning: () => {}, flush: () => void coordinator.flush(), now: () => 1e9 };
  const parked = new Parked(new ShardDoor(coordinator.requests, new WaitingRoom(), hooks));
  for (const message of [first, 'second', 'third']) stage.send('test/parking', 'Kim', message);
  await stage.play();
  expect(coordinator.isQuiescent).toBe(true);
  isBroken = false;
  let isUnparked = false;
  const unparked = parked.unpark({ type: 'test/parking', id: 'Kim' }).then(() => (isUnparked = true));
  while (!isUnparked || !coordinator.isQuiescent) {
    for (let thread = 0; thread < stage.engine.threadCount; thread++) stage.engine.turn(thread);
    await stage.engine.settle();
  }
  await unparked;
  expect(done).toEqual(first === 'worse' ? ['worse'] : ['bad', 'second', 'third']);
});
