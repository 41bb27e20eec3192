/**
 * A CPU profile as V8 writes it, and what is read out of it: where one thread has spent its time, by what the code is
 * for and by function. Pure; files are the business of others.
 */

/** As far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Which node each sample was taken in, and how many microseconds after the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export interface FunctionShare {
  readonly name: string;
  /** File and line. */
  readonly place: string;
  readonly share: number;
}

/** Where one thread has spent its time. Shares are of all its time. */
export interface ThreadProfile {
  readonly isShard: boolean;
  readonly seconds: number;
  /** Largest first. */
  readonly kinds: readonly (readonly [kind: string, share: number])[];
  readonly functions: readonly FunctionShare[];
}

/** What code is for, by its path; the first that fits counts. */
const KINDS: readonly (readonly [path: RegExp, kind: string])[] = [
  [/^node:/, 'Node'],
  [/\/src\/(?:ring|channel)\//, 'rings'],
  [/\/src\/wire\//, 'codec'],
  [/\/src\/(?:keys\/|state\/entity-table)/, 'look-up'],
  [/\/src\/shard\/durable\/(?:fold|recovered|record-page)/, 'folding and recovery'],
  [
    /\/src\/(?:snapshot\/|state\/record|store\/changelog|shard\/durable\/(?:shard-snapshot|first-delta|unfinished))/,
    'checkpoint',
  ],
  [/\/src\/(?:level|store|io)\//, 'store and files'],
  [/\/src\/(?:state|shard\/(?:rows\/|invocation\/(?:state|table|list)-handle|durable\/dirty))/, 'state'],
  [/\/src\/(?:timers|shard\/time)\//, 'timers'],
  [/\/src\/(?:shard|sdk|base|metrics)\//, 'delivery and invocation'],
  [/\/src\/(?:engine|index|worker)/, 'coordinator'],
  [/\/node_modules\//, 'packages'],
  [/./, 'user code'],
];

/** V8's own entries. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  ['(idle)', 'idle'],
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'outside of JavaScript'],
  ['(root)', 'outside of JavaScript'],
]);
/** A thread that waits is inside a call of one of these: of its doorbell, or of the pacer of open loops. */
const WAITING: ReadonlySet<string> = new Set(['park', 'parkAsync', 'sleep']);
/** From sources, or compiled. */
const WAITING_FILES = /\/(?:src\/ring\/doorbell|bench\/open-loop\/pacer-thread)\.[jt]s$/;
const SHARD = /\/src\/worker\.[jt]s$/;

function kindOf({ functionName, url }: CallFrame): string {
  const own = OWN_NAMES.get(functionName);
  if (own !== undefined) return own;
  if (WAITING.has(functionName) && WAITING_FILES.test(url)) return 'idle';
  return KINDS.find(([path]) => path.test(url))?.[1] ?? 'outside of JavaScript';
}

/** The functions named are the `functionCount` that take most; those without any time are left out. */
export function readProfile(profile: CpuProfile, functionCount: number): ThreadProfile {
  const selfUs = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, profile.timeDeltas[index] ?? 0));
  });
  let totalUs = 0;
  const kinds = new Map<string, number>();
  const functions = new Map<string, FunctionShare>();
  for (const { id, callFrame } of profile.nodes) {
    const us = selfUs.get(id) ?? 0;
    if (us === 0) continue;
    totalUs += us;
    kinds.set(kindOf(callFrame), (kinds.get(kindOf(callFrame)) ?? 0) + us);
    const place = placeOf(callFrame);
    const name = callFrame.functionName || '(anonymous)';
    const known = functions.get(`${name} ${place}`);
    functions.set(`${name} ${place}`, { name, place, share: (known?.share ?? 0) + us });
  }
  return {
    isShard: profile.nodes.some(({ callFrame }) => SHARD.test(callFrame.url)),
    seconds: totalUs / 1e6,
    kinds: [...kinds].map(([kind, us]) => [kind, us / totalUs] as const).toSorted(([, a], [, b]) => b - a),
    functions: [...functions.values()]
      .map((one) => ({ ...one, share: one.share / totalUs }))
      .toSorted((a, b) => b.share - a.share)
      .slice(0, functionCount),
  };
}

function placeOf({ url, lineNumber }: CallFrame): string {
  if (url === '') return '';
  const path = url.replace(/^.*\/((?:src|bench|native-free|examples|node_modules)\/)/, '$1').replace(/^file:\/\//, '');
  return `${path}:${lineNumber + 1}`;
}

/** As a table for people. */
export function describeThread(name: string, { seconds, kinds, functions }: ThreadProfile): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1).padStart(5)} %`;
  return [
    `${name}, ${seconds.toFixed(1)} s`,
    ...kinds.map(([kind, share]) => `  ${percent(share)}  ${kind}`),
    '  of which, by function:',
    ...functions.map(({ name: fn, place, share }) => `  ${percent(share)}  ${fn}  ${place}`),
  ].join('\n');
}
