/** Whose request it is, when declared proxies stand in front. RFC 7239 §8.1: only a proxy that we trust is believed. */

/**
 * Walks X-Forwarded-For from its end, where the nearest proxy wrote, for as long as the speaker is a trusted proxy.
 * @returns the first address that is not one of them
 */
export const originalAddress = (
  peer: string | undefined,
  forwardedFor: string | null,
  trustedProxies: readonly string[],
): string | undefined => {
  let address = peer?.replace(/^::ffff:/, '');
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim());
  while (address !== undefined && trustedProxies.includes(address)) {
    const hop = hops.pop();
    if (hop === undefined || hop === '') break;
    address = hop;
  }
  return address;
};
