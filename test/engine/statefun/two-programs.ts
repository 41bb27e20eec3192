/** Two StateFun programs in one file, neither of them exported. */
import { StateFun } from '../../../src/statefun/index.ts';

for (const typename of ['two/first', 'two/second']) {
  new StateFun().bind({ typename, fn: () => {} });
}
