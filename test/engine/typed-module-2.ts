/** The module of `typed-functions.ts` in version 2, for engines to load. */
import type { Module } from '../../src/index.ts';
import { typedModule } from './typed-functions.ts';

const module: Module = typedModule(2);
export default module;
