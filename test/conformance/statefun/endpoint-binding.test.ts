/** Which endpoint serves a function, if several could. */
import { expect, test } from 'vitest';
import { defineModule } from '../../../src/index.ts';
import { remoteFunction } from '../../../src/remote/index.ts';
import { RemoteStage } from './remote-stage.ts';
import { effects, ScriptedEndpoint } from './scripted-endpoint.ts';

test('#42 an endpoint for exactly this function beats one for its namespace', async () => {
  const exact = new ScriptedEndpoint(() => effects());
  const stage = new RemoteStage(() => effects(), {
    others: [remoteFunction({ type: 'other/exact', endpoint: exact })],
  });
  await stage.tell('one', 'Kim', 'other/exact');
  await stage.tell('two', 'Kim', 'other/any');
  await stage.tell('three', 'Kim', 'other/exactly');
  expect(exact.requests.map(({ target }) => target.type)).toEqual(['other/exact']);
  expect(stage.endpoint.requests.map(({ target }) => target.type)).toEqual(['other/any', 'other/exactly']);
});

test.each(['case/one', 'case/*'])('#42 two endpoints for %s are refused', (type) => {
  const endpoint = new ScriptedEndpoint(() => effects());
  const [first, second] = [remoteFunction({ type, endpoint }), remoteFunction({ type, endpoint })];
  expect(() => defineModule({ functions: [first, second] })).toThrow(
    expect.objectContaining({ code: 'DUPLICATE_TYPE' }),
  );
});
