/**
 * How many bytes of unfinished responses one origin may keep a shard's memory busy with. Past that only the oldest of
 * the large responses goes on being read; the others rest on the network until there is room. One always goes on, so all
 * of them get to their end.
 */

export interface RestingBody {
  rest(): void;
  goOn(): void;
}

export class BodyAllowance {
  readonly #bytesMax: number;
  readonly #bodies = new Map<RestingBody, number>();
  readonly #resting = new Set<RestingBody>();
  #byteLength = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** A body keeps so many bytes by now. */
  keeps(body: RestingBody, byteLength: number): void {
    this.#byteLength += byteLength - (this.#bodies.get(body) ?? 0);
    this.#bodies.set(body, byteLength);
    const [oldest] = this.#bodies.keys();
    if (this.#byteLength <= this.#bytesMax || body === oldest || this.#resting.has(body)) return;
    this.#resting.add(body);
    body.rest();
  }

  /** It keeps nothing any more. */
  gone(body: RestingBody): void {
    const byteLength = this.#bodies.get(body);
    if (byteLength === undefined) return;
    this.#bodies.delete(body);
    this.#resting.delete(body);
    this.#byteLength -= byteLength;
    if (this.#resting.size === 0) return;
    const [oldest] = this.#bodies.keys();
    for (const each of this.#resting) {
      if (each !== oldest && this.#byteLength > this.#bytesMax) continue;
      this.#resting.delete(each);
      each.goOn();
    }
  }
}
