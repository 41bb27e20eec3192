/**
 * Reads from an async generator so that a turn, which cannot wait, takes what has come by then (I10).
 */

/** Items that are read before anybody has taken them, if nobody says how many. */
const COUNT_DEFAULT = 128;

export class ReadAhead<Item> {
  readonly #source: AsyncGenerator<Item>;
  readonly #progressed: () => void;
  readonly #countMax: number;
  #items: Item[] = [];
  #isReading = false;
  #isAtEnd = false;
  #failure: { readonly cause: unknown } | undefined;

  /** `progressed` is called when items have come and a turn is due. */
  constructor(source: AsyncGenerator<Item>, progressed: () => void, countMax: number = COUNT_DEFAULT) {
    this.#source = source;
    this.#progressed = progressed;
    this.#countMax = countMax;
  }

  /** Whether items are under way. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Whether everything has been taken. */
  get isDone(): boolean {
    return this.#isAtEnd && this.#items.length === 0;
  }

  /** At most so many items of those that have come, in order; and has more read. */
  take(countMax: number): readonly Item[] {
    if (this.#failure !== undefined) throw this.#failure.cause;
    const taken = this.#items.splice(0, countMax);
    if (this.#items.length === 0 && !this.#isReading && !this.#isAtEnd) void this.#read();
    return taken;
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    const items: Item[] = [];
    try {
      while (items.length < this.#countMax && !this.#isAtEnd) {
        const { value, done } = await this.#source.next();
        if (done === true) this.#isAtEnd = true;
        else items.push(value);
      }
    } catch (cause) {
      this.#failure = { cause };
    }
    this.#items = items;
    this.#isReading = false;
    this.#progressed();
  }

  /** Lets go of what it reads from. */
  close(): void {
    this.#isAtEnd = true;
    this.#items = [];
    // It may be in the middle of a step; then it ends after that.
    void this.#source.return(undefined).catch(() => {});
  }
}
