/**
 * A thread that registers shapes while another does: each list of keys until it has a number, then tells the numbers.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { ShapeRegistry } from '../../../src/wire/shape-registry.ts';

export interface RegisterTask {
  readonly shared: SharedArrayBuffer;
  readonly keys: readonly (readonly string[])[];
}

export function registerAll({ shared, keys }: RegisterTask): number[] {
  const registry = new ShapeRegistry(shared);
  return keys.map((each) => {
    // "Not now" is an answer; the lock is held for a moment only.
    for (;;) {
      const shape = registry.register(each);
      if (shape !== undefined) return shape.number;
    }
  });
}

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', () => {
    port.postMessage(registerAll(workerData as RegisterTask));
    port.close();
  });
  port.postMessage('ready');
}
