/**
 * Names are looked up as Node does it, but all that a name resolves to is judged before anything is connected to, and what
 * was judged is what is connected to: nobody asks for the name a second time.
 */
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressGuard } from './refused-addresses.ts';

export interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

/** How a name is resolved: to all of its addresses. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  found: (error: NodeJS.ErrnoException | null, addresses: FoundAddress[]) => void,
) => void;

/** For `net.connect`. A name with one address that is refused is refused, whichever would be taken. */
export function guardedLookup(guard: AddressGuard, resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '');
      const refused = addresses.find(({ address }) => !guard.mayBeAt(hostname, address));
      if (refused !== undefined) {
        const what = `${hostname} is at ${refused.address}, which is refused unless it is listed in allow`;
        return done(Object.assign(new Error(what), { code: 'REFUSED_ADDRESS' }), '');
      }
      if (options.all === true) return done(null, addresses);
      const [first] = addresses;
      done(null, first.address, first.family);
    });
  };
}
