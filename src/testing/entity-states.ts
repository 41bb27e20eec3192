/**
 * The state of entities as tests look at it: values as the function would read them, tables as maps, lists as arrays.
 * It only reads. What lies under it, the memory of shards or a committed cut, is given.
 */
import type { Address } from '../sdk/address.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Immutable } from '../sdk/immutable.ts';
import type { ListSpec } from '../sdk/list.ts';
import type { StateSpecs, ValueSpec } from '../sdk/state.ts';
import type { TableSpec } from '../sdk/table.ts';
import { hashId } from '../keys/id-hash.ts';
import type { Directory, FunctionBinding } from '../shard/function-binding.ts';
import { elementDeadline, elementKey, listBounds } from '../shard/rows/list-rows.ts';
import { entryGuard } from '../state/cell-guard.ts';
import { KeptValue, keptOf } from '../state/kept-value.ts';
import { counted, readUtf8, rowPrefix, utf8 } from '../state/row.ts';
import type { StateSlot } from '../state/state-view.ts';
import { SECTION_LIST, SECTION_TABLE } from '../store/key-layout.ts';

/** The state of an entity whose function is not known more closely, by the names of its states. */
export type EntityState = Readonly<Record<string, unknown>>;

/** The state of one entity at one moment. What was never written reads as its initial value. */
export type StateAt<Specs extends StateSpecs> = string extends keyof Specs
  ? EntityState
  : { readonly [Name in keyof Specs]: ReadAt<Specs[Name]> };

type ReadAt<Spec> =
  Spec extends TableSpec<infer Value, infer _Read>
    ? ReadonlyMap<string, Immutable<Value>>
    : Spec extends ListSpec<infer Element>
      ? readonly Immutable<Element>[]
      : Spec extends ValueSpec<infer _Value, infer Read>
        ? Immutable<Read>
        : never;

/** A function, as far as its state is concerned; a token has none, and its state is not typed. */
export interface WithState<Specs extends StateSpecs> {
  readonly type: string;
  readonly state: Specs;
}

/** How a test looks at state. */
export interface States {
  /** The state of one entity, which always exists. */
  state<Specs extends StateSpecs>(fn: WithState<Specs>, id: string): StateAt<Specs>;
  state(target: string | FunctionType<never>, id: string): EntityState;
  state(address: Address): EntityState;
  /** All entities of a function that hold state, by id. */
  states<Specs extends StateSpecs>(fn: WithState<Specs>): ReadonlyMap<string, StateAt<Specs>>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState>;
}

/** What is known of one entity: its cells by their names in records. What was never written is not there. */
export type EntityCells = Readonly<Record<string, unknown>>;

/** What is looked at. */
export interface StateGround {
  readonly directory: Directory;
  /** When it is, for what expires. */
  readonly now: number;
  /** All entities of a function that have cells. */
  cells(type: string): ReadonlyMap<string, EntityCells>;
  /** All rows, by their keys. */
  rows(): ReadonlyMap<string, unknown>;
}

export function addressOf(target: Address | string | FunctionType<never>, id?: string): Address {
  const type = typeof target === 'string' ? target : target.type;
  return { type, id: id ?? (target as Address).id };
}

export function stateOfEntity(ground: StateGround, { type, id }: Address): EntityState {
  const binding = bindingOf(ground, type);
  return readState(ground, binding, id, ground.cells(type).get(id) ?? {});
}

export function statesOfFunction(ground: StateGround, target: string | FunctionType<never>): Map<string, EntityState> {
  const binding = bindingOf(ground, typeof target === 'string' ? target : target.type);
  const found = [...ground.cells(binding.type)];
  return new Map(found.map(([id, cells]) => [id, readState(ground, binding, id, cells)]));
}

function bindingOf({ directory }: StateGround, type: string): FunctionBinding {
  return directory.binding(directory.functionNumber(type));
}

function readState(ground: StateGround, binding: FunctionBinding, id: string, cells: EntityCells): EntityState {
  const read = (slot: StateSlot): unknown => {
    const cell = cells[binding.shape.cellNames[slot.cell]];
    if (slot.kind === 'value') return readValue(ground, binding, slot, id, cell);
    const section = slot.kind === 'table' ? SECTION_TABLE : SECTION_LIST;
    const prefix = rowPrefix(section, binding.type, hashId(id), id) + counted(utf8(slot.name));
    const rows = rowsOf(ground, prefix);
    const rules = entryGuard(binding.type, slot.name, slot.rules);
    const open = (value: unknown): unknown => rules.open(copyOf(keptOf(value)), id, () => {});
    if (slot.kind === 'table')
      return new Map(
        rows
          .filter(([, value]) => !isGone(ground, value))
          .map(([key, value]) => [readUtf8(key.slice(prefix.length)), open(value)]),
      );
    // Rows beyond the length are left over from earlier.
    const bounds = listBounds(cell);
    const expires = slot.rules?.expiration !== undefined;
    return rows
      .filter(([key]) => key >= elementKey(prefix, bounds.left) && key < elementKey(prefix, bounds.end))
      .filter(([, value]) => elementDeadline(value, bounds, expires) > ground.now)
      .map(([, value]) => open(value));
  };
  return Object.fromEntries(binding.shape.slots.map((slot) => [slot.name, read(slot)]));
}

function rowsOf(ground: StateGround, prefix: string): (readonly [key: string, value: unknown])[] {
  const rows = [...ground.rows()].filter(([key]) => key.startsWith(prefix));
  return rows.sort(([one], [other]) => (one < other ? -1 : 1));
}

function readValue(
  { now }: StateGround,
  { guards }: FunctionBinding,
  { cell: index, initial }: StateSlot,
  id: string,
  cell: unknown,
): unknown {
  if (!(cell instanceof KeptValue)) return cell === undefined ? initial : cell;
  const guard = guards?.[index];
  const kept = cell.deadline > now ? cell : guard?.left(cell, now);
  if (kept === undefined) return initial;
  return guard === undefined ? initial : guard.open(copyOf(kept), id, () => {});
}

function isGone({ now }: StateGround, stored: unknown): boolean {
  return stored instanceof KeptValue && stored.deadline <= now;
}

/** Looking at a value does not bring it up to date. */
function copyOf({ value, version, deadline, isOpen }: KeptValue): KeptValue {
  return new KeptValue(value, version, deadline, isOpen);
}
