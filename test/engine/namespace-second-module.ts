/** The second version of the module that serves a namespace: one of its types has got a function of its own. */
import { defineModule } from '../../src/index.ts';
import { tellingFunction } from './namespace-module.ts';

export default defineModule({
  functions: [tellingFunction('told/special', 'exact'), tellingFunction('told/*', 'whole')],
});
