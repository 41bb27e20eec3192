/** Being called off: told once, also as what a real signal is. */
import { expect, test } from 'vitest';
import { CallOff, type CallOffSignal } from '../../../src/base/call-off.ts';

function listener(): { readonly heard: string[]; handleEvent(): void } {
  const heard: string[] = [];
  return { heard, handleEvent: () => void heard.push('called off') };
}

test('a listener hears of it once, and finds the first reason', () => {
  const callOff = new CallOff();
  const ear = listener();
  callOff.addEventListener('abort', ear);
  callOff.abort('first');
  callOff.abort('second');
  expect(ear.heard).toEqual(['called off']);
  expect(callOff).toMatchObject({ aborted: true, reason: 'first' });
});

test('who listens no more hears nothing, and leaves the place to the next', () => {
  const callOff = new CallOff();
  const [gone, next] = [listener(), listener()];
  callOff.addEventListener('abort', gone);
  callOff.removeEventListener('abort', gone);
  callOff.addEventListener('abort', next);
  callOff.removeEventListener('abort', gone);
  callOff.abort('now');
  expect([gone.heard.length, next.heard.length]).toEqual([0, 1]);
});

test('two at a time are a mistake', () => {
  const callOff = new CallOff();
  callOff.addEventListener('abort', listener());
  expect(() => callOff.addEventListener('abort', listener())).toThrow('one at a time');
});

test('a real signal is one, too', () => {
  const controller = new AbortController();
  const signal: CallOffSignal = controller.signal;
  const ear = listener();
  signal.addEventListener('abort', ear);
  controller.abort('now');
  expect(ear.heard).toEqual(['called off']);
});
