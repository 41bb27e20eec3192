/**
 * The inner end of `Child`: takes requests one after the other and answers them with numbers. It ends the process when
 * the other end is gone, or when a request fails, with the error on the standard error.
 */
import type { Numbers } from './child.ts';

/** What the process was started with. */
export function childOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? '{}') as Options;
}

export function answerRequests<Request>(answer: (request: Request) => Promise<Numbers>): void {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C goes to the whole group; whoever has started this process ends it.
  process.on('SIGINT', () => {});
  process.on('message', (request) => {
    answer(request as Request).then(
      (numbers) => process.send?.(numbers),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
