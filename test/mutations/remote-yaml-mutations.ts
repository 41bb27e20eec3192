/** Bugs of module.yaml and of function processes. */
import { type Mutation, tests } from './mutation.ts';

export const REMOTE_YAML_MUTATIONS: readonly Mutation[] = [
  {
    name: 'module.yaml: brackets may be as deep as they like',
    file: 'src/remote/module-yaml-guard.ts',
    find: 'if (++this.#flowDepth > FLOW_DEPTH_MAX)',
    replace: 'if (++this.#flowDepth > 1_000_000_000)',
    why: 'a megabyte of brackets takes all memory of the process',
    suites: [tests('unit/remote/module-yaml-hostile')],
  },
  {
    name: 'processes: suspects are tried all at once',
    file: 'src/remote/process-calls.ts',
    find: 'if (this.#onTrial !== undefined) await this.#suspects.wait(signal);',
    replace: '',
    why: 'a message that ends its process takes the others with it',
    suites: [tests('unit/remote/process-calls')],
  },
];
