/** The names in the benchmarks with greeters. */
export const GREETER = 'greeter.fns/greeter';
export const GREETINGS = 'greeter.fns/greetings';
