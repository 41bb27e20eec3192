/**
 * Addresses that no endpoint has: those of the machine's own link, where clouds keep the credentials of their machines.
 * A URL that leads there is a mistake or an attack, so it is refused, however it is spelt, and also if a name leads there.
 * Loopback and private networks are where endpoints live, and are no business of this file.
 */
import { BlockList, isIP } from 'node:net';

/** Names under which clouds serve their metadata. */
const REFUSED_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

const REFUSED = new BlockList();
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addAddress('fd00:ec2::254', 'ipv6');
REFUSED.addAddress('fd20:ce::254', 'ipv6');
REFUSED.addAddress('100.100.100.200', 'ipv4');
REFUSED.addAddress('192.0.0.192', 'ipv4');

/** How IPv6 carries IPv4: as groups in front, and which group the address begins at. */
const CARRIERS: readonly { readonly groups: readonly number[]; readonly at: number }[] = [
  { groups: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { groups: [0, 0, 0, 0, 0xffff, 0], at: 6 },
  { groups: [0, 0, 0, 0, 0, 0], at: 6 },
  // NAT64 and 6to4.
  { groups: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { groups: [0x2002], at: 1 },
];

export class AddressGuard {
  readonly #allowed: ReadonlySet<string>;

  /** `allow` lists names and addresses that are not refused. */
  constructor(allow: readonly string[]) {
    this.#allowed = new Set(allow.map(plainHost));
  }

  /** Whether a host may be asked for its addresses, or is an address that may be connected to. */
  mayReach(hostname: string): boolean {
    const host = plainHost(hostname);
    return this.#allowed.has(host) || (isIP(host) === 0 ? !REFUSED_NAMES.has(host) : !isRefusedAddress(host));
  }

  /** Whether a host may have this address. */
  mayBeAt(hostname: string, address: string): boolean {
    return this.#allowed.has(plainHost(hostname)) || this.mayReach(address);
  }
}

/** One spelling of each host: lower case, addresses as URLs write them, no brackets, zones or final dots. */
function plainHost(host: string): string {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .toLowerCase();
  if (isIP(bare) === 6) return new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  return bare.replace(/\.+$/, '');
}

function isRefusedAddress(address: string): boolean {
  if (isIP(address) === 4) return REFUSED.check(address, 'ipv4');
  const carried = carriedAddress(address);
  return REFUSED.check(address, 'ipv6') || (carried !== undefined && REFUSED.check(carried, 'ipv4'));
}

/** The IPv4 address within an IPv6 address, if there is one. */
function carriedAddress(address: string): string | undefined {
  const groups = groupsOf(address);
  const carrier = CARRIERS.find((each) => each.groups.every((group, at) => groups[at] === group));
  if (carrier === undefined) return undefined;
  const bytes = groups.slice(carrier.at, carrier.at + 2).flatMap((group) => [group >> 8, group & 0xff]);
  return bytes.join('.');
}

/** The eight groups of an address as URLs write it. */
function groupsOf(address: string): number[] {
  const [front = '', back = ''] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  const before = groups(front);
  const after = groups(back);
  return [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}
