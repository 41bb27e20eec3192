/** Bugs of the endpoint role: our functions behind a StateFun cluster. */
import { type Mutation, tests } from './mutation.ts';

export const ENDPOINT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'endpoint: user code runs although some states are missing',
    file: 'src/endpoint/batch-state.ts',
    find: 'if (brought === undefined) return false;\n      cell.begin(guards[index], brought.value);',
    replace:
      'if (brought === undefined && known.length === 0) return false;\n      cell.begin(guards[index], brought?.value);',
    why: 'it reads initial values where the cluster keeps others, and overwrites them',
    suites: [tests('conformance/statefun/endpoint')],
  },
  {
    name: 'endpoint: what a batch has written is read again from the request',
    file: 'src/endpoint/batch-state.ts',
    find: '    this.isLoaded = true;\n    this.isWritten = true;',
    replace: '    this.isWritten = true;',
    why: 'what one message has cleared is there again for the next',
    suites: [tests('unit/endpoint/endpoint-state')],
  },
  {
    name: 'endpoint: reading is writing',
    file: 'src/endpoint/batch-state.ts',
    find: '      cell.isLoaded = true;\n    }',
    replace: '      cell.isLoaded = true;\n      cell.isWritten = true;\n    }',
    why: 'a state that was only read is written, which keeps it from expiring',
    suites: [tests('conformance/statefun/endpoint')],
  },
  {
    name: 'endpoint: a context lives on after its invocation',
    file: 'src/endpoint/batch-run.ts',
    find: 'if (isOver) ctx.end();',
    replace: '',
    why: 'what is left over of one message acts in the name of another',
    suites: [tests('unit/endpoint/endpoint-context')],
  },
  {
    name: 'endpoint: -0 becomes an int',
    file: 'src/endpoint/message-mapping.ts',
    find: 'if (Object.is(message, -0)) return structured(message);',
    replace: '',
    why: 'a message arrives as another than was sent',
    suites: [tests('unit/endpoint/message-mapping')],
  },
  {
    name: 'endpoint: a cancelled token stays taken',
    file: 'src/endpoint/batch-effects.ts',
    find: 'this.#tokens.set(token, false);',
    replace: '',
    why: 'a batch cannot set an alarm anew that it has set before',
    suites: [tests('unit/endpoint/same-results')],
  },
  {
    name: 'outside values: any extension is taken',
    file: 'src/wire/outside-value.ts',
    find: 'this.#why ??= `it holds an extension',
    replace: 'void `it holds an extension',
    why: 'strangers choose what is made of their bytes: errors, references, regular expressions',
    suites: [tests('unit/wire/outside-value')],
  },
  {
    name: 'endpoint: what a batch has sent is sent by the next one again',
    file: 'src/endpoint/batch-run.ts',
    find: 'this.caller = caller;\n    this.effects = new CollectedEffects();',
    replace: 'this.caller = caller;',
    why: 'messages and records of one batch happen twice',
    suites: [tests('unit/endpoint/http-exchange')],
  },
  {
    name: 'endpoint: a body is read although others have it flow',
    file: 'src/endpoint/http-exchange.ts',
    find: 'if (request.readableFlowing !== null) new BodyReader',
    replace: 'if (request.readableEnded) new BodyReader',
    why: 'behind a program that looks at its requests, too, no batch arrives',
    suites: [tests('unit/endpoint/http-exchange')],
  },
];
