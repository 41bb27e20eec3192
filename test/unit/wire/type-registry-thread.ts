/**
 * A thread that registers types while another does, and then tells the numbers.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { TypeRegistry } from '../../../src/wire/type-registry.ts';

export interface RegisterTask {
  readonly shared: SharedArrayBuffer;
  readonly names: readonly string[];
}

export function registerAll({ shared, names }: RegisterTask): (number | undefined)[] {
  const registry = new TypeRegistry(shared);
  return names.map((name) => registry.register(name));
}

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', () => {
    port.postMessage(registerAll(workerData as RegisterTask));
    port.close();
  });
  port.postMessage('ready');
}
