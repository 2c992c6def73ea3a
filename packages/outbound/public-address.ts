/** Which addresses are out on the Internet, and which lie within a network that has to be spared. RFC 6890; RFC 9700 §4.11; CWE-918. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `closed` is everything else that is not public: link-local with the metadata services, tunnels, multicast, reserved … */
export type AddressKind = 'public' | 'loopback' | 'private' | 'closed';

/** Of a cloud's own host, though it is written like any public address: Azure's wire server. */
const metadataAddresses = new Set(['168.63.129.16']);

/** All that has been given out of IPv6 so far. Whatever embeds an IPv4 address or tunnels one is outside, or has a range of its own. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** @param address as a resolver gives it; what is no address is closed */
export function kindOfAddress(address: string): AddressKind {
  if (isIP(address) === 0 || address.includes('%') || metadataAddresses.has(address)) return 'closed';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === 'loopback') return 'loopback';
  if (range === 'private' || range === 'uniqueLocal') return metadataRange(address) ? 'closed' : 'private';
  if (range !== 'unicast') return 'closed';
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast) ? 'public' : 'closed';
}

/** The metadata service of AWS by IPv6 lies among addresses that a hospital may use itself. */
const metadataRange = (address: string): boolean => address.toLowerCase().startsWith('fd00:ec2:');
