/**
 * A module: the user's bundle of functions, ingresses, routers and egresses. Functions cannot cross a thread, so every
 * thread loads the same module by URL and must find the same lists in the same order; the order of the lists is the
 * numbering that envelopes use between threads (never on disk).
 */
import type { QuarantineEvent } from './dead-letter.ts';
import type { AnyEgress, EgressType } from './egress.ts';
import { describe, MillraceError } from './errors.ts';
import type { AnyFunction, FunctionType } from './function.ts';
import type { AnyIngress, AnyRouter } from './ingress.ts';
import { checkDefinition, definitionsOf, namesOf } from './known-fields.ts';

/** A function or an egress that is told of every dead letter. */
export type QuarantineTarget = FunctionType<QuarantineEvent> | EgressType<QuarantineEvent>;

export interface Module {
  readonly kind: 'module';
  readonly functions: readonly AnyFunction[];
  readonly ingresses: readonly AnyIngress[];
  readonly routers: readonly AnyRouter[];
  readonly egresses: readonly AnyEgress[];
  readonly onQuarantine: readonly QuarantineTarget[];
}

export interface ModuleDefinition {
  readonly functions?: readonly AnyFunction[];
  readonly ingresses?: readonly AnyIngress[];
  readonly routers?: readonly AnyRouter[];
  readonly egresses?: readonly AnyEgress[];
  /**
   * Who gets a `QuarantineEvent` for every dead letter and each parked address: egresses, and functions, at the id of the
   * address that failed. It is sent exactly once, in the same turn. Failures of these functions send no event, and neither
   * do those of what comes of an event at once; what is sent later (`ctx.sendAfter`) is like any other message.
   */
  readonly onQuarantine?: QuarantineTarget | readonly QuarantineTarget[];
  /** Other modules to run side by side with this one in the same engine. */
  readonly modules?: readonly Module[];
}

const FIELDS = namesOf<ModuleDefinition>('functions', 'ingresses', 'routers', 'egresses', 'onQuarantine', 'modules');
const KINDS = { functions: 'function', ingresses: 'ingress', routers: 'router', egresses: 'egress' } as const;

function gather<Part extends keyof typeof KINDS>(definition: ModuleDefinition, part: Part): Module[Part] {
  const own = definitionsOf('INVALID_DEFINITION', "A module's", part, definition[part], KINDS[part]);
  const theirs = (definition.modules ?? []).flatMap((module): readonly unknown[] => module[part]);
  return [...own, ...theirs] as unknown as Module[Part];
}

function gatherTargets({ onQuarantine = [], modules = [] }: ModuleDefinition): readonly QuarantineTarget[] {
  const own = Array.isArray(onQuarantine) ? (onQuarantine as readonly QuarantineTarget[]) : [onQuarantine];
  for (const target of own as readonly (QuarantineTarget | undefined)[]) {
    if (typeof target?.type === 'string') continue;
    throw new MillraceError('INVALID_DEFINITION', `${describe(target)} in onQuarantine is no function and no egress.`);
  }
  const all = [...own, ...modules.flatMap((module) => module.onQuarantine)] as QuarantineTarget[];
  return all.filter(({ type }, index) => all.findIndex((other) => other.type === type) === index);
}

function refuseDuplicates(items: readonly { readonly kind: string; readonly type: string }[]): void {
  const seen = new Set<string>();
  for (const { kind, type } of items) {
    if (seen.has(type)) {
      throw new MillraceError('DUPLICATE_TYPE', `Two ${kind} definitions are named "${type}"; a name is allowed once.`);
    }
    seen.add(type);
  }
}

/**
 * Bundles definitions into a module, to be the default export of the file that `startEngine({ module })` names.
 *
 * @throws MillraceError `DUPLICATE_TYPE` or `INVALID_DEFINITION`
 */
export function defineModule(definition: ModuleDefinition): Module {
  checkDefinition('module', definition, FIELDS);
  definitionsOf<Module>('INVALID_DEFINITION', "A module's", 'modules', definition.modules, 'module');
  const module: Module = {
    kind: 'module',
    functions: gather(definition, 'functions'),
    ingresses: gather(definition, 'ingresses'),
    routers: gather(definition, 'routers'),
    egresses: gather(definition, 'egresses'),
    onQuarantine: gatherTargets(definition),
  };
  for (const items of [module.functions, module.ingresses, module.egresses]) refuseDuplicates(items);
  return Object.freeze(module);
}
