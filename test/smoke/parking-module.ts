/** The same functions, whose addresses are parked where others leave dead letters. */
import { threadModule } from './tree-module.ts';
import { WHOLE_OPTIONS } from './tree-options.ts';

export default threadModule({ ...WHOLE_OPTIONS, parks: true });
