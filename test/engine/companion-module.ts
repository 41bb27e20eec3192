/** A module with a companion that tells what happens to it: when it is started, and what its functions were sent. */
import { defineFunction, defineModule, MillraceError } from '../../src/index.ts';
import type { Companion, CompanionPlace } from '../../src/sdk/companion.ts';

class Teller implements Companion {
  #place: CompanionPlace | undefined;
  #messageCount = 0;

  start(place: CompanionPlace): void {
    this.#place = place;
    this.tell(`started beside ${place.shard} of ${place.shardCount}`);
  }

  tell(what: string): void {
    this.#place?.report(new MillraceError('UNKNOWN_TARGET', what, { details: { shard: this.#place.shard } }));
  }

  handled(): void {
    this.tell(`message ${++this.#messageCount}`);
  }

  async stop(): Promise<void> {}

  status(): readonly object[] {
    return [];
  }
}

const teller = new Teller();

export default defineModule({
  functions: ['companion/one', 'companion/two'].map((type) => ({
    ...defineFunction({ type, invoke: () => teller.handled() }),
    companion: teller,
  })),
});
