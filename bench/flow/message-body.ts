/**
 * Bodies of messages, where `--bytes` gives them one: what is in them is known, so a body that lost a part, or came back
 * altered, is noticed, and its message is not counted.
 */

/** Bytes of bodies that are under way at the same time. */
const INFLIGHT_BYTES = 32 << 20;

/** One of its own for each message, since many messages of one post that share a body are copied as one. */
export function makeBody(byteLength: number): Uint8Array {
  return templateOf(byteLength).slice();
}

export function isWhole(body: Pick<Uint8Array, 'length' | 'at'>, byteLength: number): boolean {
  return body.length === byteLength && body.at(-1) === templateOf(byteLength).at(-1);
}

/** How many messages of so many bytes are under way, where there would be so many without bodies. */
export function inflightWith(byteLength: number | undefined, count: number): number {
  if (byteLength === undefined) return count;
  return Math.max(1, Math.min(count, Math.floor(INFLIGHT_BYTES / byteLength)));
}

let template: Uint8Array = new Uint8Array(0);

function templateOf(byteLength: number): Uint8Array {
  if (template.length !== byteLength) {
    template = Uint8Array.from({ length: byteLength }, (_, index) => (index * 37) & 0xff);
  }
  return template;
}
