/** The names in the benchmarks with greeters. */
export const GREETER = 'greeter.fns/greeter';
export const GREETINGS = 'greeter.fns/greetings';
/** Greets nobody: the process then tells what the address has counted. */
export const CENSUS = 'how often?';
