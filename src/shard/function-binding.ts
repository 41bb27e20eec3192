/**
 * The functions of a module as one shard runs them: numbered, with the shape of their state, and found by number, by
 * token or by name. Every thread numbers the same module in the same way. Behind its functions come the types that its
 * namespaces have been addressed by so far, which all threads number alike, too (`type-registry.ts`); each is bound like
 * a function of its own, with what the function of its namespace does.
 */
import { assert } from '../base/assert.ts';
import { isNamespace, isTypeName, namespaceOf } from '../sdk/address.ts';
import type { AnyEgress } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FilledFailurePolicy } from '../sdk/failure-policy.ts';
import type { AnyFunction } from '../sdk/function.ts';
import { checkedMessage } from '../sdk/message-check.ts';
import type { Module } from '../sdk/module.ts';
import { deepFreeze } from '../sdk/immutable.ts';
import type { StateSpecs } from '../sdk/state.ts';
import { canExpire } from '../sdk/value-rules.ts';
import { allGuards, type CellGuard, cellGuards } from '../state/cell-guard.ts';
import { type RecordNames, recordNames } from '../state/record-writer.ts';
import { type StateShape, stateShape } from '../state/state-view.ts';
import { allocateTypeRegistry, TYPE_COUNT_MAX, TypeRegistry } from '../wire/type-registry.ts';
import { FUNCTION_COUNT_MAX, TYPE_ASKER, TYPE_NONE, TYPE_UNKNOWN } from '../wire/envelope-layout.ts';
import { nameOf, type NamedTarget, TargetNumbers } from './target-numbers.ts';

/** The name of the cell that holds when the entity's row of what expires is due. No state may be called so. */
const EXPIRY_CELL_NAME = '\0expiry';

/** The type name under which an asker shows as `ctx.caller`. */
export const ASKER_TYPE = 'millrace/asker';

export interface FunctionBinding {
  readonly index: number;
  readonly type: string;
  readonly fn: AnyFunction;
  readonly shape: StateShape;
  /** What the cells are called in records: the declared states, and what the engine keeps beside them. */
  readonly cellNames: readonly string[];
  /** By cell, where a state has a version, a schema or an expiration; undefined for a function without any. */
  readonly guards: readonly (CellGuard | undefined)[] | undefined;
  /** The cell with the time of the entity's row in the section of what expires; -1 if nothing does. */
  readonly expiryCell: number;
  /** All of that as records name it. */
  readonly names: RecordNames;
  /** Whether `invoke` is declared `async`; any other function may still return a promise. */
  readonly isAsync: boolean;
  readonly failure: FilledFailurePolicy;
  readonly deadlineMs: number | undefined;
}

/** Who is told of dead letters, by number. */
export interface QuarantineTargets {
  readonly functions: readonly number[];
  readonly egresses: readonly number[];
}

export class Directory {
  readonly bindings: FunctionBinding[];
  /** Whether any function checks its messages. */
  readonly checksMessages: boolean;
  /** Called when a function has got guards for all its states. */
  onGuarded: (index: number) => void = () => {};
  readonly egresses: readonly AnyEgress[];
  /** Whether any egress has a schema for its records. */
  readonly checksRecords: boolean;
  readonly quarantine: QuarantineTargets;
  readonly #functions: TargetNumbers;
  readonly #egressNumbers: TargetNumbers;
  /** Functions that serve whole namespaces. */
  readonly #namespaces: ReadonlyMap<string, FunctionBinding>;
  readonly #types: TypeRegistry;
  /** Functions of the module. */
  readonly #count: number;

  /** `types` are those of the engine; one of its own for who is alone. */
  constructor(module: Module, types: TypeRegistry = new TypeRegistry(allocateTypeRegistry())) {
    this.#count = module.functions.length;
    if (this.#count > FUNCTION_COUNT_MAX - TYPE_COUNT_MAX) {
      const most = FUNCTION_COUNT_MAX - TYPE_COUNT_MAX;
      throw new MillraceError('INVALID_DEFINITION', `A module may hold ${most} functions at most.`);
    }
    this.bindings = module.functions.map((fn, index) => this.#bind(fn, fn.type, index));
    this.egresses = module.egresses;
    this.checksRecords = module.egresses.some(({ records }) => records !== undefined);
    this.checksMessages = module.functions.some(({ messages }) => messages !== undefined);
    this.#types = types;
    this.#namespaces = new Map(
      this.bindings.filter(({ type }) => isNamespace(type)).map((binding) => [namespaceOf(binding.type), binding]),
    );
    this.#functions = new TargetNumbers(module.functions.map((fn) => fn.type));
    this.#egressNumbers = new TargetNumbers(module.egresses.map((egress) => egress.type));
    this.quarantine = this.#findQuarantine(module);
  }

  /** A token does not say at run time whether it is a function's or an egress's; a name that both have is the function's. */
  #findQuarantine({ onQuarantine }: Module): QuarantineTargets {
    const functions: number[] = [];
    const egresses: number[] = [];
    for (const target of onQuarantine) {
      const egress = target.kind === 'function' ? undefined : this.#egressNumbers.find(target);
      let fn = target.kind === 'egress' ? undefined : this.#functions.find(target);
      if (egress === undefined) fn ??= this.#findInNamespace(nameOf(target));
      if (fn !== undefined) functions.push(fn);
      else if (egress !== undefined) egresses.push(egress);
      else
        throw new MillraceError(
          'UNKNOWN_FUNCTION',
          `onQuarantine names ${describe(nameOf(target))}, which this module does not have.`,
        );
    }
    return { functions, egresses };
  }

  /** The number of a function, or of an asker. Throws `UNKNOWN_FUNCTION` or `TOO_MANY_TYPES`. */
  functionNumber(target: NamedTarget): number {
    const index = this.#find(target);
    if (index !== undefined) return index;
    if (target === ASKER_TYPE) return TYPE_ASKER;
    if (this.serves(nameOf(target))) throw tooManyTypes(nameOf(target));
    throw new MillraceError('UNKNOWN_FUNCTION', `No function of this module is named ${describe(nameOf(target))}.`);
  }

  /**
   * The same for what a function sends: `TYPE_UNKNOWN` for a name that might be somebody's, of another module perhaps, or
   * of a namespace and new; then `findFunction` gives it a number when it is sure that the message goes.
   */
  targetNumber(target: NamedTarget): number {
    const number = this.#functions.find(target);
    if (number !== undefined) return number;
    const name = nameOf(target);
    if (this.serves(name) && this.#types.hasRoomFor(name)) return TYPE_UNKNOWN;
    const mayBe = typeof target === 'string' && target !== ASKER_TYPE && isTypeName(target) && !isNamespace(target);
    return mayBe && !this.serves(target) ? TYPE_UNKNOWN : this.functionNumber(target);
  }

  #find(target: NamedTarget): number | undefined {
    return this.#functions.find(target) ?? this.#findInNamespace(nameOf(target));
  }

  /** Undefined also when there is no room for one more type. */
  #findInNamespace(name: unknown): number | undefined {
    const place = this.serves(name) ? this.#types.register(name) : undefined;
    return place === undefined ? undefined : this.binding(this.#count + place).index;
  }

  #wholeOf(name: unknown): FunctionBinding | undefined {
    return this.serves(name) ? this.#namespaces.get(namespaceOf(name)) : undefined;
  }

  /** Whether this is a type of a namespace that has a function. One that is not found all the same is one too many. */
  serves(name: unknown): name is string {
    if (this.#namespaces.size === 0 || !isTypeName(name) || isNamespace(name) || name === ASKER_TYPE) return false;
    return this.#namespaces.has(namespaceOf(name));
  }

  /** What a number stands for that an envelope has. */
  binding(number: number): FunctionBinding {
    while (number >= this.bindings.length) this.#bindNext();
    return this.bindings[number];
  }

  #bind(fn: AnyFunction, type: string, index: number): FunctionBinding {
    return bind(fn, type, index, () => this.guardAll(index));
  }

  #bindNext(): void {
    const index = this.bindings.length;
    const type = this.#types.get(index - this.#count);
    const whole = this.#namespaces.get(namespaceOf(type));
    assert(whole !== undefined, 'all threads have the same namespaces');
    this.bindings.push(this.#bind(whole.fn, type, index));
    this.#functions.add(type, index);
  }

  /** The number of a function that may be sent to from outside. Throws `UNKNOWN_FUNCTION`. */
  numberFromOutside(target: NamedTarget): number {
    const number = this.functionNumber(target);
    if (number !== TYPE_ASKER) return number;
    throw new MillraceError('UNKNOWN_FUNCTION', `${ASKER_TYPE} is answered by functions, not from outside.`);
  }

  /**
   * Refuses a message that this function would refuse: `MESSAGE_INVALID` at the sender, where the mistake is. The message
   * goes as it is; what the schema makes of it, it makes when it is delivered.
   */
  checkMessage(number: number, message: unknown, target?: NamedTarget): void {
    const name = target === undefined ? undefined : nameOf(target);
    const binding = number < FUNCTION_COUNT_MAX ? this.binding(number) : this.#wholeOf(name);
    if (binding?.fn.messages === undefined || binding.fn.accepts?.(message) === true) return;
    checkedMessage(number < FUNCTION_COUNT_MAX ? binding.type : (name as string), binding.fn.messages, message);
  }

  /** Values were met that only guards can read: from now on all states of this function have one. */
  guardAll(number: number): void {
    const binding: { guards: FunctionBinding['guards']; readonly fn: AnyFunction; readonly type: string } =
      this.binding(number);
    binding.guards = allGuards(binding.type, binding.fn.state);
    this.onGuarded(number);
  }

  /** The number of a function, if this module has it and has room for its type. Stored names come here: it never throws. */
  findFunction(type: string): number | undefined {
    return this.#find(type);
  }

  /** A sender by name as it is numbered; one that is unknown counts as nobody, since it cannot be answered. */
  sourceNumber(source: readonly [type: string, id: string] | null): readonly [number: number, id: string] {
    if (source === null) return [TYPE_NONE, ''];
    const number = source[0] === ASKER_TYPE ? TYPE_ASKER : this.#find(source[0]);
    return number === undefined ? [TYPE_NONE, ''] : [number, source[1]];
  }

  /** Throws `UNKNOWN_EGRESS`. */
  egressNumber(target: NamedTarget): number {
    const index = this.#egressNumbers.find(target);
    if (index !== undefined) return index;
    throw new MillraceError('UNKNOWN_EGRESS', `No egress of this module is named ${describe(nameOf(target))}.`);
  }

  typeName(number: number): string | undefined {
    if (number < FUNCTION_COUNT_MAX) return this.binding(number).type;
    return number === TYPE_ASKER ? ASKER_TYPE : undefined;
  }
}

/** What a type of a namespace is refused with for which there is no room. */
export function tooManyTypes(name: unknown): MillraceError {
  const what = `${describe(name)} is one type too many: functions of namespaces may have ${TYPE_COUNT_MAX} types.`;
  return new MillraceError('TOO_MANY_TYPES', what);
}

const AsyncFunction = (async () => {}).constructor;

/** `guardAll` is called when records are met that only guards can read. */
function bind(fn: AnyFunction, type: string, index: number, guardAll: () => void): FunctionBinding {
  const shape = stateShape(fn.state);
  // Initial values are shared by all entities, so they are protected in every mode.
  for (const { initial } of shape.slots) deepFreeze(initial);
  const guards = cellGuards(type, fn.state);
  const expires = Object.values(fn.state as StateSpecs).some(canExpire);
  const cellNames = expires ? [...shape.cellNames, EXPIRY_CELL_NAME] : shape.cellNames;
  return {
    index,
    type,
    fn,
    shape,
    cellNames,
    guards,
    expiryCell: expires ? shape.cellNames.length : -1,
    names: recordNames(type, cellNames, guards, guardAll),
    isAsync: fn.takesWaiting === true || fn.invoke instanceof AsyncFunction,
    failure: fn.failure,
    deadlineMs: fn.deadlineMs,
  };
}
