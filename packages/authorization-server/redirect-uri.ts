/** Where an app may have people sent back to: what may be registered, and what matches. RFC 6749 §3.1.2; RFC 9700 §2.1, §4.1.3; RFC 8252 §7. */

const loopbackLiteral = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?([/?].*)?$/;
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Why `uri` may not be registered, or undefined where it may. */
export function redirectUriFault(uri: string, native: boolean): string | undefined {
  if (!/^[\x21-\x7e]{1,2000}$/.test(uri)) return 'must be 1 to 2,000 printable ASCII characters without spaces';
  if (/["<>\\^`{|}*]/.test(uri)) return 'must not contain any of " < > \\ ^ ` { | } *';
  if (uri.includes('#')) return 'must have no fragment';
  const parsed = URL.parse(uri);
  if (parsed === null) return 'must be an absolute URI';
  if (parsed.username !== '' || parsed.password !== '') return 'must have no user information';
  if (parsed.protocol === 'https:') return /^https:\/\/[^/]/.test(uri) ? undefined : 'must be written https://host/…';
  if (parsed.protocol === 'http:') {
    if (!/^http:\/\/[^/]/.test(uri)) return 'must be written http://host/…';
    return loopbackHosts.has(parsed.hostname) ? undefined : 'must be https, or http to the loopback interface';
  }
  if (!native) return 'must be https, or http to the loopback interface, unless application_type is native';
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(parsed.protocol)
    ? undefined
    : 'must have a private-use scheme that is a domain name in reverse, such as com.example.app:/callback';
}

/** Equal character by character, but for the port of a native app's loopback address, which its system chooses. */
export function matchesRedirectUri(registered: readonly string[], asked: string, native: boolean): boolean {
  if (registered.includes(asked)) return true;
  const one = native ? loopbackLiteral.exec(asked) : null;
  if (one === null || URL.parse(asked) === null) return false;
  return registered.some((uri) => {
    const other = loopbackLiteral.exec(uri);
    return other !== null && other[1] === one[1] && (other[2] ?? '') === (one[2] ?? '');
  });
}

/** The source expression by which a page's `form-action` lets the answer travel there. CSP Level 3 §2.3.1. */
export function formActionSource(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri);
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol;
}
