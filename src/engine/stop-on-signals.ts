/**
 * What a program wants on Ctrl-C. A library takes no signals by itself, so this is offered, not done.
 */
import type { Engine } from './engine.ts';

/**
 * Stops the engine on SIGINT or SIGTERM: the first finishes what is in flight, a second ends at once. Returns a function
 * that takes the handlers away again.
 */
export function stopOnSignals(engine: Engine): () => void {
  let signalCount = 0;
  const onSignal = (): void => {
    signalCount++;
    engine.stop({ force: signalCount > 1 }).catch(() => {
      // The failure has been reported to everybody who waits.
    });
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
