/**
 * What this engine can do and StateFun's protocol cannot carry. It is refused, with the reason, as early as it shows:
 * in a definition before anything is served, and otherwise at the call. What only weakens a promise is warned about.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { AnyFunction } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import type { AnyStateSpec, StateSpecs } from '../sdk/state.ts';
import type { FilledOptions } from './endpoint-options.ts';

/** Names that StateFun's runtime keeps for its own states of a remote function. */
const RESERVED_STATE_NAMES: readonly string[] = ['batch', 'request-state'];

export function notOnStatefun(what: string): MillraceError {
  return new MillraceError('NOT_ON_STATEFUN', what);
}

/** Throws `NOT_ON_STATEFUN` with all reasons there are, or `INVALID_DEFINITION`. Returns what to warn about. */
export function checkCarried(options: FilledOptions): string[] {
  const { module } = options;
  checkNames(options);
  const refused = module.functions.flatMap((fn) => refusalsOf(fn, options));
  if (refused.length > 0) throw notOnStatefun(`StateFun cannot carry all of this module: ${refused.join('; ')}.`);
  return [...module.functions.flatMap(warningsOf), ...warningsOfModule(module)];
}

function refusalsOf(fn: AnyFunction, { states }: FilledOptions): string[] {
  if (fn.takesWaiting === true || fn.companion !== undefined) {
    return [`${fn.type} runs elsewhere itself; bind it in the cluster, and serve a module without it`];
  }
  return Object.entries(fn.state as StateSpecs).flatMap(([name, spec]) => {
    const why = refusalOfState(name, spec, states[fn.type]?.[name] !== undefined);
    return why === undefined ? [] : [`state ${describe(name)} of ${fn.type} ${why}`];
  });
}

function refusalOfState(name: string, spec: AnyStateSpec, isForeign: boolean): string | undefined {
  if (spec.kind !== 'value') return `is a ${spec.kind}, and there are only values; keep it in one value, or use ids`;
  if (name === '') return 'has no name';
  if (RESERVED_STATE_NAMES.includes(name)) return 'has a name that StateFun keeps for itself';
  return isForeign && spec.version > 1 ? 'has a version, which its type cannot say' : undefined;
}

function warningsOf({ type, failure, concurrency }: AnyFunction): string[] {
  const warnings: string[] = [];
  if (failure.attempts > 1 || failure.otherwise !== 'dead-letter') {
    warnings.push(`${type}: its failure policy is not carried out; a cluster repeats what fails until it succeeds`);
  }
  if (concurrency !== undefined) warnings.push(`${type}: concurrency is for the cluster to bound`);
  return warnings;
}

function warningsOfModule({ onQuarantine }: Module): string[] {
  return onQuarantine.length === 0 ? [] : ['onQuarantine: a cluster has no dead letters, so nobody is told of any'];
}

/** Rules for what the module does not have are mistakes in writing. */
function checkNames({ module, egresses, states }: FilledOptions): void {
  for (const egress of Object.keys(egresses)) {
    if (!module.egresses.some(({ type }) => type === egress)) mistaken('egresses', egress, 'an egress of the module');
  }
  for (const [type, ofFunction] of Object.entries(states)) {
    const fn = module.functions.find((candidate) => candidate.type === type);
    if (fn === undefined) mistaken('states', type, 'a function of the module');
    for (const name of Object.keys(ofFunction)) {
      if (!Object.hasOwn(fn.state as StateSpecs, name)) mistaken(`states["${type}"]`, name, 'a state of this function');
    }
  }
}

function mistaken(where: string, name: string, what: string): never {
  const text = `createStatefunHandler: ${where} names ${describe(name)}, which is not ${what}.`;
  throw new MillraceError('INVALID_DEFINITION', text);
}
