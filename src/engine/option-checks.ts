/**
 * How one option is checked: each of these takes what was given and returns what the engine goes on with, or refuses it
 * with `INVALID_OPTION`, which names the option, what was given and what is allowed.
 */
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, MillraceError } from '../sdk/errors.ts';
import { isYamlModule } from './yaml-module-url.ts';

export function refuse(name: string, given: unknown, allowed: string): never {
  throw new MillraceError('INVALID_OPTION', `The option ${name} is ${describe(given)}; allowed is ${allowed}.`, {
    details: { option: name },
  });
}

export function integer(name: string, given: number | undefined, byDefault: number, min: number, max: number): number {
  const value = given ?? byDefault;
  if (!Number.isSafeInteger(value) || value < min || value > max)
    refuse(name, given, `a whole number from ${min} to ${max}`);
  return value;
}

export function powerOfTwo(
  name: string,
  given: number | undefined,
  byDefault: number,
  min: number,
  max: number,
): number {
  const value = integer(name, given, byDefault, min, max);
  if ((value & (value - 1)) !== 0) refuse(name, given, `a power of two from ${min} to ${max}`);
  return value;
}

/** The URL of a module as the engine takes it. */
export function moduleUrl(given: unknown): string {
  if (given instanceof URL) return given.href;
  if (typeof given === 'string' && given.startsWith('file:')) return given;
  if (typeof given === 'string' && isYamlModule(given)) return pathToFileURL(given).href;
  return refuse(
    'module',
    given,
    "a file URL, such as new URL('./shop.ts', import.meta.url), or the path of a .yaml file",
  );
}

/** An absolute path; undefined if none is given. */
export function optionalPath(name: string, given: unknown): string | undefined {
  return given === undefined ? undefined : pathOf(name, given);
}

/** An absolute path. */
export function pathOf(name: string, given: unknown): string {
  if (given instanceof URL && given.protocol === 'file:') return fileURLToPath(given);
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return resolve(given);
  return refuse(name, given, 'a path or a file URL');
}

/** How long at most: milliseconds from 0, `Infinity` among them. */
export function timeLimit(name: string, given: number | undefined, byDefault: number): number {
  const value = given ?? byDefault;
  return typeof value === 'number' && value >= 0 ? value : refuse(name, given, 'milliseconds from 0 on');
}

/** One of a few words. */
export function oneOf<Word extends string>(
  name: string,
  given: Word | undefined,
  byDefault: Word,
  words: readonly Word[],
): Word {
  const value = given ?? byDefault;
  if (!words.includes(value)) refuse(name, given, words.map((word) => `'${word}'`).join(', '));
  return value;
}

/** A value of one of JavaScript's own types; undefined if none is given. */
export function typed<Value>(
  name: string,
  given: Value | undefined,
  type: 'function' | 'boolean',
  allowed: string,
): Value | undefined {
  if (given === undefined || given === null) return undefined;
  return typeof given === type ? given : refuse(name, given, allowed);
}
