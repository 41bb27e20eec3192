/** The counters as who asks them sees them, in a test or in a process that a test has started. */
import type { Engine } from '../../../src/index.ts';
import { readTyped } from '../../../src/statefun/type.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';
import { StringType } from '../../../src/statefun/types.ts';

export const COUNTERS: URL = new URL('./counter-module.ts', import.meta.url);

/** What a counter answers. */
export async function answerOf(engine: Engine, type: string, id: string, message: string): Promise<string> {
  const reply: unknown = await engine.ask(type, id, message, { timeoutMs: 600_000 });
  return typeof reply === 'string' ? reply : (readTyped(StringType, reply as TypedValue) ?? '');
}
