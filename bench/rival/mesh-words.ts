/**
 * The words that the threads of a mesh share with each other and with the main thread: how many messages of a run have
 * been handled, how many there are in all, and whether the run is over.
 */
export const HANDLED = 0;
export const TOTAL = 1;
export const DONE = 2;
export const WORD_COUNT = 3;
