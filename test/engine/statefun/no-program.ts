/** A module that makes no StateFun program. */
import { defineFunction, defineModule } from '../../../src/index.ts';

export default defineModule({ functions: [defineFunction({ type: 'no/program', invoke: () => {} })] });
