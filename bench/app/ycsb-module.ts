/**
 * The records of YCSB: ten fields of text, read whole and updated one field at a time.
 */
import { defineFunction, defineModule, functionType, value } from '../../src/index.ts';
import { census, reportTo } from '../flow/census.ts';

export const FIELD_COUNT = 10;

export type YcsbMessage =
  | { readonly kind: 'insert'; readonly fields: readonly string[] }
  | { readonly kind: 'read' }
  | { readonly kind: 'update'; readonly field: number; readonly text: string }
  | { readonly kind: 'report' };

const record = functionType<YcsbMessage, readonly string[]>('bench/entity');

const recordFunction = defineFunction({
  type: record,
  state: { fields: value<readonly string[]>({ initial: [] }), updates: value({ initial: 0 }) },
  invoke(ctx, message) {
    const { state } = ctx;
    switch (message.kind) {
      case 'insert':
        state.fields = message.fields;
        return;
      case 'read':
        ctx.reply(state.fields);
        return;
      case 'update':
        state.fields = state.fields.with(message.field, message.text);
        state.updates += 1;
        return;
      case 'report':
        reportTo(ctx, state.updates);
    }
  },
});

export default defineModule({ functions: [recordFunction, census] });
