/** The later version. */
import { defineModule } from '../../src/index.ts';
import { events, relay } from './losing-module.ts';

export default defineModule({ functions: [relay], egresses: [events], onQuarantine: [events] });
