/** The simulation with a disk, every second workload: see `durable.test.ts`. */
import { testWorkloads } from './durable-seeds.ts';

testWorkloads(2);
