/** The same functions without schemas, versions or further attempts, for whoever measures how fast they are. */
import { threadModule } from './tree-module.ts';
import { SMOKE_OPTIONS } from './tree-options.ts';

export default threadModule(SMOKE_OPTIONS);
