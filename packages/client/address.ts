/** Where a client may speak to: https (or loopback where that danger is allowed), and tokens only below their FHIR base. RFC 9700 §2.6, §4.9. */

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

export const isAllowedAddress = (url: URL, allowInsecureLoopback: boolean): boolean =>
  (url.protocol === 'https:' || (allowInsecureLoopback && url.protocol === 'http:' && isLoopback(url.hostname))) &&
  url.username === '' &&
  url.password === '';

/** FHIR base without the slash at its end, so that it compares equal however it was written. */
export const trimBase = (base: string): string => base.replace(/\/+$/, '');

/**
 * The URL of a path below the FHIR base, such as `Patient/12` or `Observation?code=…`, or of an absolute link to the
 * same place. Undefined for anything else: another origin, another path, `..` out of the base.
 */
export function resolveBelow(base: string, path: string): URL | undefined {
  const root = new URL(`${trimBase(base)}/`);
  if (!URL.canParse(path, root)) return undefined;
  const url = new URL(path, root);
  const below = url.origin === root.origin && url.pathname.startsWith(root.pathname);
  if (!below || url.username !== '' || url.password !== '') return undefined;
  url.hash = '';
  return url;
}

/** The link that a server gave may name the base itself (`base?_getpages=…`) or a path below it. */
export function resolveLink(base: string, link: string): URL | undefined {
  const root = new URL(trimBase(base));
  if (URL.canParse(link)) {
    const url = new URL(link);
    if (url.origin === root.origin && url.pathname === root.pathname && url.username === '') return url;
  }
  return resolveBelow(base, link);
}
