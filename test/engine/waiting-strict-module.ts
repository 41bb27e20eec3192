/** The module of `waiting-functions.ts` that takes numbers only, for engines to load. */
import type { Module } from '../../src/index.ts';
import { waitingModule } from './waiting-functions.ts';

const module: Module = waitingModule(true);
export default module;
