/** Which URLs that others gave us may be asked for at all, before anything is looked up. RFC 3986; WHATWG URL; CWE-918. */
import { isIP } from 'node:net';
import { kindOfAddress } from './public-address.ts';

export interface Permissions {
  /** http and https to the loopback interface, for the demonstration and tests. Never for a URL that a stranger gave */
  readonly dangerouslyAllowLoopback?: boolean;
  /** names whose addresses may lie in private networks, for a URL that an operator wrote. Never the metadata services */
  readonly dangerouslyAllowHosts?: readonly string[];
}

export type OutboundUrl =
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'fault'; readonly fault: string };

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);
const mostCharacters = 2000;

/** Whether this URL names the loopback interface by one of its plain names, and may. */
export const isAllowedLoopback = ({ hostname }: URL, { dangerouslyAllowLoopback }: Permissions): boolean =>
  dangerouslyAllowLoopback === true && loopbackHosts.has(hostname);

export const isAllowedPrivate = ({ hostname }: URL, { dangerouslyAllowHosts }: Permissions): boolean =>
  dangerouslyAllowHosts?.includes(hostname) === true;

/** The address itself, where the host is one. */
export const literalOf = ({ hostname }: URL): string | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? undefined : bare;
};

/** Faults are told to whoever gave the URL: they say nothing that the URL does not say itself. */
export function readOutboundUrl(text: string, permissions: Permissions = {}): OutboundUrl {
  const fault = (why: string): OutboundUrl => ({ kind: 'fault', fault: why });
  if (text.length > mostCharacters || !/^[\x21-\x7e]+$/.test(text))
    return fault('must be 1 to 2,000 printable ASCII characters without spaces');
  if (/["<>\\^`{|}*]/.test(text)) return fault('must not contain any of " < > \\ ^ ` { | } *');
  const url = URL.parse(text);
  const [, scheme, host, port = ''] =
    /^(https?):\/\/([^/?#@:[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?:[/?]|$)/i.exec(text) ?? [];
  if (url === null || scheme === undefined || host === undefined) return fault('must be written https://host/…');
  if (url.username !== '' || url.password !== '') return fault('must have no user information');
  if (text.includes('#')) return fault('must have no fragment');
  // 0x7f.1, 2130706433, 017700000001, %31… and fullwidth digits all become an address only by being read.
  if (host.toLowerCase() !== url.hostname) return fault('must write its host plainly');
  const loopback = isAllowedLoopback(url, permissions);
  if (url.protocol !== 'https:' && !loopback) return fault('must be https');
  if (!loopback && !/^$|^443$/.test(port) && !(Number(port) >= 1024 && Number(port) <= 65_535))
    return fault('must have port 443 or one from 1024');
  const literal = literalOf(url);
  if (literal === undefined && !url.hostname.includes('.') && !loopback && !isAllowedPrivate(url, permissions))
    return fault('must name a host with its domain');
  if (literal !== undefined && !mayReach(url, literal, permissions)) return fault('must name a public host');
  return { kind: 'url', url };
}

/** Whether this address, to which the host of a URL has led, may be connected to. */
export function mayReach(url: URL, address: string, permissions: Permissions): boolean {
  const kind = kindOfAddress(address);
  if (isAllowedLoopback(url, permissions)) return kind === 'loopback';
  return kind === 'public' || (kind === 'private' && isAllowedPrivate(url, permissions));
}
