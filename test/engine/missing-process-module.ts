/** A module with a function process whose program does not exist. */
import { defineModule } from '../../src/index.ts';
import { processEndpoint, remoteFunction } from '../../src/remote/index.ts';

const endpoint = processEndpoint({ command: ['/no/such/program'], log: () => {} });
export default defineModule({ functions: [remoteFunction({ type: 'test/missing', endpoint })] });
