/**
 * The entities in the memory of an engine that keeps all of them there, for tests to look at.
 */
import type { SimulatedClock } from './simulated-clock.ts';
import type { EntityCells, StateGround } from './entity-states.ts';
import type { SingleThreadEngine } from './single-thread.ts';

export function memoryGround(engine: SingleThreadEngine, clock: SimulatedClock): StateGround {
  const { directory } = engine.coordinator;
  return {
    directory,
    get now() {
      return clock.now();
    },
    cells(type) {
      const { index, shape } = directory.binding(directory.functionNumber(type));
      const found = new Map<string, EntityCells>();
      for (const entity of engine.shards.flatMap(({ entities }) => [...entities.values()])) {
        if (entity.functionIndex !== index || entity.isBlank) continue;
        const written = shape.cellNames.map((name, cell) => [name, entity.readCell(cell)] as const);
        found.set(entity.id, Object.fromEntries(written.filter(([, value]) => value !== undefined)));
      }
      return found;
    },
    rows() {
      const rows = engine.shards.flatMap((shard) => [...shard.rows.inMemory()]);
      return new Map(rows.filter(({ value }) => value !== undefined).map(({ key, value }) => [key, value]));
    },
  };
}
