/** An egress that says what its records must satisfy: it is asked in the function, and its consumer gets the answer. */
import { describe, expect, test } from 'vitest';
import { defineEgress, defineFunction, defineModule, type StandardSchema } from '../../../src/index.ts';
import { testEngine } from '../../../src/testing/index.ts';

const doubled: StandardSchema<unknown, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (given) =>
      typeof given === 'number' ? { value: 2 * given } : { issues: [{ message: 'it must be a number' }] },
  },
};

const checked = defineEgress({ type: 'test/checked', records: doubled });
const plain = defineEgress<unknown>({ type: 'test/plain' });
const speaker = defineFunction({
  type: 'test/speaker',
  invoke(ctx, message: unknown) {
    ctx.egress(plain, message);
    ctx.egress('test/checked', message);
  },
});

describe('records of an egress', () => {
  test('are what its schema makes of them', async () => {
    await using engine = await testEngine(defineModule({ functions: [speaker], egresses: [plain, checked] }));
    await engine.send(speaker, 'Kim', 21);
    expect([engine.egress(plain), engine.egress(checked)]).toEqual([[21], [42]]);
  });

  test('are refused in the invocation, of which nothing stays', async () => {
    const module = defineModule({ functions: [speaker], egresses: [plain, checked] });
    await using engine = await testEngine(module, { failures: 'collect' });
    await engine.send(speaker, 'Kim', 'many');
    expect(engine.errors).toMatchObject([{ code: 'INVOCATION_FAILED', cause: { code: 'MESSAGE_INVALID' } }]);
    expect(engine.errors[0]?.message).toContain(
      'The egress test/checked does not take this record: it must be a number',
    );
    expect([engine.egress(plain), engine.egress(checked)]).toEqual([[], []]);
  });

  test('need a schema and nothing else', () => {
    const given = { type: 'test/checked', records: (record: unknown) => record } as never;
    expect(() => defineEgress(given)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION' }));
  });
});
