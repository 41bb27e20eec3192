/** The module of `waiting-functions.ts` that takes any message, for engines to load. */
import type { Module } from '../../src/index.ts';
import { waitingModule } from './waiting-functions.ts';

const module: Module = waitingModule(false);
export default module;
