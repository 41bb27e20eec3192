/**
 * The tie of a bank's process to who has started it. Whoever is killed in the middle of its kills leaves a process behind
 * that nobody ends, and that goes on with its bells and arrivals for ever; so it ends by itself then, as if it had been
 * killed, too.
 */

/** Call it before anything else is begun. */
export function endWithParent(): void {
  if (process.send === undefined) return;
  if (process.connected) process.once('disconnect', end);
  else end();
}

/** Nothing more is to be said, and the process ends when it has nothing more to do. */
export function leaveParent(): void {
  process.off('disconnect', end);
  if (process.connected) process.disconnect?.();
}

function end(): never {
  process.exit(1);
}
