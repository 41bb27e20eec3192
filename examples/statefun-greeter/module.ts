/**
 * The program as a module: its functions run in the shards of the engine. What it sends to an egress needs one.
 */
import { createRequire } from 'node:module';
import { defineEgress, defineModule } from '../../src/index.ts';
import { statefunModule } from '../../src/remote/index.ts';
import type { StateFun, TypedValue } from '../../src/statefun/index.ts';

const { statefun } = createRequire(import.meta.url)('./program.cjs') as { statefun: StateFun };

export const greetings = defineEgress<TypedValue>({ type: 'example/greetings' });

export default defineModule({ modules: [statefunModule(statefun)], egresses: [greetings] });
