/**
 * A start after very many delayed messages: what has come and gone since the last round of folding costs it nothing, and
 * what the store may have seen of it is removed there.
 */
import { expect, test } from 'vitest';
import { groupPrefix, keyBytes } from '../../../src/state/row.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../../../src/store/key-layout.ts';
import { hintKey, isUsedOnce, ownerPrefix, stampOf, timerKey, tokenKey } from '../../../src/timers/timer-layout.ts';
import { keyGroupOfHash } from '../../../src/keys/key-group.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import { RowStage } from './row-stage.ts';

const HASH = hashId('Kim');
const GROUP = keyGroupOfHash(HASH);
const STAMP = stampOf(1_000, 1, 0);
const TIMER = timerKey(GROUP, STAMP);
const OWNER = ownerPrefix('test/setter', HASH, 'Kim') + STAMP;
const TOKEN = tokenKey(HASH, 'Kim', 'token');

function setTimer(stage: RowStage): void {
  stage.rows.set(TIMER, 'ring', true);
  stage.rows.set(OWNER, true, true);
}

function removeTimer(stage: RowStage): void {
  stage.rows.set(TIMER, undefined);
  stage.rows.set(OWNER, undefined);
}

/** Keys that the store has of timers. */
function stored({ store }: RowStage): string[] {
  const sections = [SECTION_TIMER, SECTION_TIMER_OF].map((section) => groupPrefix(section, GROUP));
  return [...store.contents.keys()].filter((key) => sections.some((prefix) => key.startsWith(prefix)));
}

test('which keys are used once', () => {
  expect([TIMER, OWNER].map(isUsedOnce)).toEqual([true, true]);
  expect([hintKey(GROUP), TOKEN, groupPrefix(2, GROUP) + STAMP].map(isUsedOnce)).toEqual([false, false, false]);
});

test('of a timer that has come and gone a start keeps nothing, and the store is told nothing', async () => {
  const stage = new RowStage();
  setTimer(stage);
  stage.checkpoint();
  removeTimer(stage);
  stage.set('a', 1);
  stage.checkpoint();
  stage.crash();
  expect([stage.rows.size, stage.recovered.count]).toEqual([1, 1]);
  expect([stage.rows.get(TIMER), stage.rows.get(OWNER), stage.get('a')]).toEqual([undefined, undefined, 1]);
  const { deleted } = watchDeletes(stage);
  await stage.foldAll();
  expect([stored(stage), deleted.length, stage.storedCount]).toEqual([[], 0, 1]);
});

test('one that is pending is kept, also over several starts', async () => {
  const stage = new RowStage();
  setTimer(stage);
  stage.checkpoint();
  stage.crash();
  stage.crash();
  expect(stage.rows.get(TIMER)).toBe('ring');
  removeTimer(stage);
  stage.checkpoint();
  stage.crash();
  expect([stage.rows.size, stage.rows.get(TIMER)]).toEqual([0, undefined]);
  await stage.foldAll();
  expect(stored(stage)).toEqual([]);
});

test('a timer that a broken round has put into the store is removed there', async () => {
  const stage = new RowStage();
  setTimer(stage);
  stage.checkpoint();
  await stage.foldAll();
  // A round whose last batch never came: what it has put is there, and what it has applied is not said.
  const contents = new Map(stage.store.contents);
  stage.crash();
  stage.store.contents.clear();
  for (const [key, value] of contents) if (!key.endsWith('applied')) stage.store.contents.set(key, value);
  expect([stored(stage).length, stage.applied]).toEqual([2, 0]);
  stage.crash();
  removeTimer(stage);
  stage.checkpoint();
  stage.crash();
  expect([stage.rows.get(TIMER), stage.rows.get(OWNER)]).toEqual([undefined, undefined]);
  await stage.foldAll();
  expect(stored(stage)).toEqual([]);
});

test('one whose setting has been folded is removed from the store', async () => {
  const stage = new RowStage();
  setTimer(stage);
  stage.checkpoint();
  await stage.foldAll();
  removeTimer(stage);
  stage.checkpoint();
  stage.crash();
  expect([stored(stage).length, stage.rows.get(TIMER)]).toEqual([2, undefined]);
  await stage.foldAll();
  expect(stored(stage)).toEqual([]);
});

test('a token that is used again is no such thing', async () => {
  const stage = new RowStage();
  stage.rows.set(TOKEN, STAMP);
  stage.checkpoint();
  stage.rows.set(TOKEN, undefined);
  stage.checkpoint();
  stage.rows.set(TOKEN, 'another');
  stage.checkpoint();
  stage.crash();
  expect(stage.rows.get(TOKEN)).toBe('another');
  await stage.foldAll();
  expect(stage.store.contents.has(keyBytes(TOKEN).toString('latin1'))).toBe(true);
});

/** Notes what the store is told to delete. */
function watchDeletes({ store }: RowStage): { readonly deleted: string[] } {
  const deleted: string[] = [];
  const open = store.batch.bind(store);
  store.batch = () => {
    const batch = open();
    const remove = batch.delete.bind(batch);
    batch.delete = (key) => {
      deleted.push(Buffer.from(key).toString('latin1'));
      remove(key);
    };
    return batch;
  };
  return { deleted };
}
