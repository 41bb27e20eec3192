/**
 * Loaded with `--import` into a process and all of its threads before anything else: counts the calls to the file system
 * and lets one go wrong as the plan says. So the engine needs no code for tests, and its native parts are left alone.
 */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import {
  type CallKind,
  type CallPlan,
  FOLDER_VARIABLE,
  PLAN_VARIABLE,
  SURVEY_VARIABLE,
  type ThreadKind,
} from './call-plan.ts';

type Call = (...values: never[]) => unknown;
type Calls = Record<string, Call>;
/** Carries out a call, all of it or the first half of its bytes. */
type Perform = (isHalf?: boolean) => unknown;

const plan = JSON.parse(process.env[PLAN_VARIABLE] ?? 'null') as CallPlan | null;
const folder = process.env[FOLDER_VARIABLE] ?? '';
const survey = process.env[SURVEY_VARIABLE];
const thread: ThreadKind = isMainThread ? 'main' : 'worker';
const counts = new Map<CallKind, number>();
/** Descriptors of files in the folder. */
const descriptors = new Set<number>();
const { closeSync, appendFileSync } = fs;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function systemError(code: string, kind: CallKind): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made to fail, ${kind}`), { code });
}

/** What is to happen to this call, if anything. */
function fate(kind: CallKind): CallPlan['how'] | undefined {
  const count = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, count);
  if (survey !== undefined) appendFileSync(survey, `${thread}/${kind}\n`);
  if (plan === null || plan.kind !== kind || plan.thread !== thread) return undefined;
  if (count === plan.nth || (plan.isLasting === true && count > plan.nth)) return plan.how;
  return undefined;
}

function synchronous(kind: CallKind, perform: Perform): unknown {
  const how = fate(kind);
  if (how === undefined) return perform();
  if (how === 'before') die();
  if (how === 'short') return perform(true);
  if (how === 'after') perform();
  else if (kind === 'write') perform(true);
  if (how === 'after' || how === 'torn') die();
  throw systemError(how, kind);
}

/** The same for a call that ends in a callback. */
function withCallback(kind: CallKind, call: Call, descriptor: number, done: (error: Error | null) => void): unknown {
  const how = fate(kind);
  if (how === 'before') die();
  const settle = how === 'after' ? () => die() : done;
  if (how === undefined || how === 'after') return Reflect.apply(call, fs, [descriptor, settle]);
  return setImmediate(() => done(systemError(how, kind)));
}

async function asynchronous(kind: CallKind, perform: Perform): Promise<unknown> {
  const how = fate(kind);
  if (how === undefined) return await perform();
  if (how === 'before') die();
  if (how === 'short') return await perform(true);
  if (how === 'after') await perform();
  else if (kind === 'sink write') await perform(true);
  if (how === 'after' || how === 'torn') die();
  throw systemError(how, kind);
}

/** Replaces a function by one that gets it, and the arguments. */
function replace(calls: Calls, name: string, wrapper: (call: Call, self: unknown, values: unknown[]) => unknown): void {
  const call = calls[name];
  if (call === undefined) throw new Error(`node:fs has no ${name}`);
  calls[name] = function replaced(this: unknown, ...values: unknown[]): unknown {
    return wrapper(call, this, values);
  };
}

/** Of a call on a path. */
function onPath(name: string, kind: CallKind): void {
  replace(fs as unknown as Calls, name, (call, self, values) => {
    const perform = (): unknown => Reflect.apply(call, self, values);
    return String(values[0]).startsWith(folder) ? synchronous(kind, perform) : perform();
  });
}

/** Of a call on a descriptor; where it writes, `byteLength` is the place of the argument that says how much. */
function onDescriptor(name: string, kind: CallKind, byteLength?: number): void {
  replace(fs as unknown as Calls, name, (call, self, values) => {
    const perform: Perform = (isHalf) => {
      const given = [...values];
      if (isHalf === true && byteLength !== undefined) given[byteLength] = halfOf(values[byteLength]);
      return Reflect.apply(call, self, given);
    };
    return descriptors.has(values[0] as number) ? synchronous(kind, perform) : perform();
  });
}

function halfOf(byteLength: unknown): number {
  return Math.max(1, (byteLength as number) >> 1);
}

function onSync(name: string, kind: CallKind): void {
  replace(fs as unknown as Calls, name, (call, self, values) => {
    const [descriptor, done] = values as [number, (error: Error | null) => void];
    if (!descriptors.has(descriptor)) return Reflect.apply(call, self, values);
    return withCallback(kind, call, descriptor, done);
  });
}

function onHandle(prototype: Calls, name: string, kind: CallKind): void {
  replace(prototype, name, (call, self, values) =>
    asynchronous(kind, (isHalf) => {
      const given = [...values];
      if (isHalf === true) given[2] = halfOf(values[2]);
      return Reflect.apply(call, self, given);
    }),
  );
}

if (folder !== '') {
  onPath('openSync', 'open');
  onPath('renameSync', 'rename');
  onPath('unlinkSync', 'remove');
  onPath('mkdirSync', 'make directory');
  onDescriptor('readSync', 'read');
  onDescriptor('ftruncateSync', 'truncate');
  onDescriptor('writeSync', 'write', 3);
  onSync('fdatasync', 'sync');
  onSync('fsync', 'sync directory');
  const counted = fs.openSync;
  fs.openSync = (path, ...rest) => {
    const descriptor = counted(path, ...rest);
    if (String(path).startsWith(folder)) descriptors.add(descriptor);
    return descriptor;
  };
  fs.closeSync = (descriptor) => {
    descriptors.delete(descriptor);
    closeSync(descriptor);
  };
  // Its class has no other name by which it could be had.
  const handle = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(handle) as Calls;
  await handle.close();
  onHandle(prototype, 'write', 'sink write');
  onHandle(prototype, 'sync', 'sink sync');
  onHandle(prototype, 'truncate', 'sink truncate');
}
