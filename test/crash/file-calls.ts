/**
 * Loaded with `--import` into a process and all of its threads before anything else: counts the calls to the file system
 * and lets one go wrong as the plan says. So the engine needs no code for tests, and its native parts are left alone.
 */
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import {
  type CallKind,
  type CallPlace,
  type CallPlan,
  FOLDER_VARIABLE,
  placeOf,
  PLAN_VARIABLE,
  SURVEY_VARIABLE,
} from './call-plan.ts';

type Call = (...values: never[]) => unknown;
type Calls = Record<string, Call>;
/** Carries out a call, all of it or half. */
type Perform = (isHalf?: boolean) => unknown;

const plans = JSON.parse(process.env[PLAN_VARIABLE] ?? '[]') as readonly CallPlan[];
const folder = process.env[FOLDER_VARIABLE] ?? '';
const survey = process.env[SURVEY_VARIABLE];
/** How many calls of each plan there have been in this thread. */
const counts = plans.map(() => 0);
/** Of files in the folder that are open. */
const descriptors = new Map<number, CallPlace>();
const handles = new WeakMap<object, CallPlace>();
const { closeSync, close, appendFileSync, openSync, unlinkSync, readdirSync } = fs;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function systemError(code: string, kind: CallKind): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made to fail, ${kind}`), { code });
}

/** What is to happen to this call, if anything. */
function fate(kind: CallKind, place: CallPlace): CallPlan['how'] | undefined {
  if (survey !== undefined) appendFileSync(survey, `${threadId}/${kind}/${place}\n`);
  const thread = isMainThread ? 'main' : 'worker';
  const due = plans.findIndex((plan, index) => {
    if (plan.thread !== thread || plan.kind !== kind || (plan.place ?? place) !== place) return false;
    const count = ++counts[index];
    return plan.isLasting === true ? count >= plan.nth : count === plan.nth && isFirst(index);
  });
  return plans[due]?.how;
}

/** Whether no other thread of this process has come to the nth call of a plan. */
function isFirst(plan: number): boolean {
  try {
    closeSync(openSync(join(folder, `came-${process.pid}-${plan}`), 'wx'));
    return true;
  } catch {
    return false;
  }
}

function synchronous(kind: CallKind, place: CallPlace, perform: Perform): unknown {
  const how = fate(kind, place);
  if (how === undefined) return perform();
  if (how === 'before') die();
  if (how === 'short') return perform(true);
  if (how === 'after') perform();
  else if (kind === 'write' || how === 'torn') perform(true);
  if (how === 'after' || how === 'torn') die();
  throw systemError(how, kind);
}

/** The same for a call that ends in a callback. */
function withCallback(kind: CallKind, place: CallPlace, start: (done: (error: Error | null) => void) => unknown) {
  return (done: (error: Error | null) => void): unknown => {
    const how = fate(kind, place);
    if (how === 'before') die();
    if (how === undefined) return start(done);
    if (how === 'after') return start(() => die());
    return setImmediate(() => done(systemError(how, kind)));
  };
}

async function asynchronous(kind: CallKind, place: CallPlace, perform: Perform): Promise<unknown> {
  const how = fate(kind, place);
  if (how === undefined) return await perform();
  if (how === 'before') die();
  if (how === 'short') return await perform(true);
  if (how === 'after') await perform();
  else if (kind === 'write') await perform(true);
  if (how === 'after' || how === 'torn') die();
  throw systemError(how, kind);
}

/** Replaces a function by one that gets it, and the arguments. */
function replace(
  calls: object,
  name: string,
  wrapper: (call: Call, self: unknown, values: unknown[]) => unknown,
): void {
  const call = (calls as Calls)[name];
  if (call === undefined) throw new Error(`node:fs has no ${name}`);
  (calls as Calls)[name] = function replaced(this: unknown, ...values: unknown[]): unknown {
    return wrapper(call, this, values);
  };
}

/** Of a call on a path; `half` is what half of it does. */
function onPath(name: string, kind: CallKind, half?: (path: string) => void): void {
  replace(fs, name, (call, self, values) => {
    const perform = (isHalf?: boolean): unknown =>
      isHalf === true ? half?.(String(values[0])) : Reflect.apply(call, self, values);
    const place = placeOf(String(values[0]), folder);
    return place === undefined ? perform() : synchronous(kind, place, perform);
  });
}

/** Of a call on a descriptor; where it writes, `byteLength` is the place of the argument that says how much. */
function onDescriptor(name: string, kind: CallKind, byteLength?: number): void {
  replace(fs, name, (call, self, values) => {
    const perform: Perform = (isHalf) =>
      Reflect.apply(call, self, isHalf === true ? halved(values, byteLength) : values);
    const place = descriptors.get(values[0] as number);
    return place === undefined ? perform() : synchronous(kind, place, perform);
  });
}

function halved(values: unknown[], byteLength: number | undefined): unknown[] {
  if (byteLength === undefined) return values;
  return values.with(byteLength, Math.max(1, (values[byteLength] as number) >> 1));
}

function onSync(name: string, kind: CallKind): void {
  replace(fs, name, (call, self, values) => {
    const [descriptor, done] = values as [number, (error: Error | null) => void];
    const place = descriptors.get(descriptor);
    if (place === undefined) return Reflect.apply(call, self, values);
    return withCallback(kind, place, (settle) => Reflect.apply(call, self, [descriptor, settle]))(done);
  });
}

function onHandle(prototype: object, name: string, kind: CallKind): void {
  replace(prototype, name, (call, self, values) => {
    const perform: Perform = (isHalf) => Reflect.apply(call, self, isHalf === true ? halved(values, 2) : values);
    const place = handles.get(self as object);
    return place === undefined ? perform() : asynchronous(kind, place, perform);
  });
}

function onPromise(name: string, kind: CallKind): void {
  replace(fs.promises, name, (call, self, values) => {
    const place = placeOf(String(values[0]), folder);
    const perform = async (): Promise<unknown> => {
      const result = await (Reflect.apply(call, self, values) as Promise<unknown>);
      if (kind === 'open' && place !== undefined) handles.set(result as FileHandle, place);
      return result;
    };
    return place === undefined ? perform() : asynchronous(kind, place, perform);
  });
}

/** A directory is removed file by file. */
function removeOne(path: string): void {
  const [file] = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (file !== undefined) unlinkSync(join(file.parentPath, file.name));
}

/** Which place a descriptor belongs to is known from where it was opened. */
function noteDescriptors(): void {
  const counted = fs.openSync;
  fs.openSync = (path, ...rest) => {
    const descriptor = counted(path, ...rest);
    const place = placeOf(String(path), folder);
    if (place !== undefined) descriptors.set(descriptor, place);
    return descriptor;
  };
  fs.closeSync = (descriptor) => {
    descriptors.delete(descriptor);
    closeSync(descriptor);
  };
  fs.close = Object.assign((descriptor: number, done?: fs.NoParamCallback) => {
    descriptors.delete(descriptor);
    close(descriptor, done);
  }, close);
}

if (folder !== '') {
  // The class of handles has no other name by which it could be had.
  const handle = await fs.promises.open(import.meta.filename);
  const prototype = Object.getPrototypeOf(handle) as object;
  await handle.close();
  onPath('openSync', 'open');
  onPath('renameSync', 'rename');
  onPath('unlinkSync', 'remove');
  onPath('rmSync', 'remove directory', removeOne);
  onPath('mkdirSync', 'make directory');
  onPath('readdirSync', 'list');
  onPath('statSync', 'look at');
  onDescriptor('fstatSync', 'look at');
  onDescriptor('readSync', 'read');
  onDescriptor('ftruncateSync', 'truncate');
  onDescriptor('writeSync', 'write', 3);
  onSync('fdatasync', 'sync');
  onSync('fsync', 'sync directory');
  noteDescriptors();
  onPromise('open', 'open');
  onPromise('readdir', 'list');
  onHandle(prototype, 'read', 'read');
  onHandle(prototype, 'stat', 'look at');
  onHandle(prototype, 'write', 'write');
  onHandle(prototype, 'sync', 'sync');
  onHandle(prototype, 'truncate', 'truncate');
  syncBuiltinESMExports();
}
