/** A module with a remote function whose endpoint changes a state that it has not declared. */
import { defineModule } from '../../src/index.ts';
import { type BatchResponse, type Endpoint, remoteFunction } from '../../src/remote/index.ts';

const endpoint: Endpoint = {
  name: 'refused',
  concurrency: 10,
  companion: undefined,
  call: async (): Promise<BatchResponse> => ({
    kind: 'effects',
    mutations: [{ name: 'never_declared', value: undefined }],
    messages: [],
    delayed: [],
    egresses: [],
  }),
};

export default defineModule({ functions: [remoteFunction({ type: 'remote/refused', endpoint })] });
