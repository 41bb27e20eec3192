/**
 * Which small rings are explored. In the smallest ring all lists of frames, all places to start, and all ways to batch,
 * take back and drain are combined; in larger ones the ways take turns over the lists. The places to start let frames
 * meet the end of the ring at every distance, and positions pass from positive to negative and through zero.
 */
import type { RingScenario } from './ring-model.ts';

export type ModelSize = 'small' | 'large';

type Ways = Pick<RingScenario, 'batch' | 'whenFull' | 'drainMax' | 'looksAhead'> & { readonly isDoomed: boolean };

const POSITIVE_END = 0x8000_0000;

export function ringScenarios(size: ModelSize): RingScenario[] {
  if (size === 'large') return [...all16(4, [0, 1, 4]), ...all32(4), ...some64(4)];
  return [...all16(3, [0, 4]), ...some16(4), ...some32(3, [0, 4, 12]), ...some32(4, [4, 12]), ...some64(1)];
}

function all16(frameCount: number, lengths: readonly number[]): RingScenario[] {
  const places = [0, 4, POSITIVE_END - 8, -4];
  return lists(frameCount, lengths).flatMap((bodies) =>
    places.flatMap((start) => WAYS.map((ways) => scenario({ capacityBytes: 16, start, bodies }, ways, [4]))),
  );
}

function some16(frameCount: number): RingScenario[] {
  return inTurn(lists(frameCount, [0, 4]), [0, 4, POSITIVE_END - 8, -4], 16, [4]);
}

function some32(frameCount: number, lengths: readonly number[]): RingScenario[] {
  return inTurn(lists(frameCount, lengths), [4, 20, POSITIVE_END - 4, -12], 32, [4, 7]);
}

function all32(frameCount: number): RingScenario[] {
  const places = [20, POSITIVE_END - 4];
  return lists(frameCount, [0, 7, 12]).flatMap((bodies, list) =>
    places.flatMap((start, place) => {
      const looksAhead = (list + place) % 2 === 0;
      return WAYS.map((ways) => scenario({ capacityBytes: 32, start, bodies }, { ...ways, looksAhead }, [4, 7]));
    }),
  );
}

function some64(times: number): RingScenario[] {
  const bodies = [
    [12, 28, 0, 4, 20],
    [28, 28, 28],
    [5, 0, 26, 0, 9],
  ];
  return Array.from({ length: times }, (_, turn) =>
    inTurn(bodies, [POSITIVE_END - 8 - 12 * turn, -20 - 4 * turn], 64, [12]),
  ).flat();
}

/** Every list at every place, each with one of the ways; over a dozen lists each place meets every way. */
function inTurn(
  lists: readonly (readonly number[])[],
  places: readonly number[],
  capacityBytes: number,
  doomed: readonly number[],
): RingScenario[] {
  return lists.flatMap((bodies, list) =>
    places.map((start, place) => {
      const looksAhead = (Math.floor(list / WAYS.length) + place) % 2 === 0;
      const ways = { ...WAYS[(5 * list + 3 * place) % WAYS.length], looksAhead } as Ways;
      return scenario({ capacityBytes, start, bodies }, ways, doomed);
    }),
  );
}

const WAYS: readonly Ways[] = [false, true].flatMap((isDoomed) =>
  [99, 1].flatMap((drainMax) => [
    { isDoomed, drainMax, batch: 1, whenFull: 'publish' as const, looksAhead: false },
    { isDoomed, drainMax, batch: 2, whenFull: 'publish' as const, looksAhead: false },
    { isDoomed, drainMax, batch: 2, whenFull: 'rollback' as const, looksAhead: false },
  ]),
);

function scenario(
  ring: Pick<RingScenario, 'capacityBytes' | 'start' | 'bodies'>,
  { isDoomed, ...ways }: Ways,
  doomed: readonly number[],
): RingScenario {
  const start = ring.start | 0;
  const whenFull = canGrowTogether(ring) ? ways.whenFull : 'publish';
  return { ...ring, ...ways, start, whenFull, doomed: isDoomed ? doomed : [], access: start < 0 ? 'bytes' : 'words' };
}

/** Whether any two neighbours fit into an empty ring together, wherever they meet its end. */
function canGrowTogether({ capacityBytes, bodies }: Pick<RingScenario, 'capacityBytes' | 'bodies'>): boolean {
  const longest = Math.max(...bodies.map(frameBytes));
  return bodies.every((body, index) => {
    const both = frameBytes(body) + frameBytes(bodies[index + 1] ?? 0);
    return both + longest - 4 <= capacityBytes;
  });
}

function frameBytes(bodyBytes: number): number {
  return 4 + ((bodyBytes + 3) & ~3);
}

/** All lists of `count` of the items. */
function lists(count: number, items: readonly number[]): number[][] {
  if (count === 0) return [[]];
  return lists(count - 1, items).flatMap((list) => items.map((item) => [...list, item]));
}
