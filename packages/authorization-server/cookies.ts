/** The cookies of the issuer: read, and made strict before they leave. RFC 6265bis; RFC 9700 §4.7. */

export interface CookieNames {
  readonly session: string;
  readonly interaction: string;
  readonly resume: string;
  readonly browser: string;
  /** of a sign-in that is under way at an external provider */
  readonly federation: string;
  readonly accountSignIn: string;
  readonly logout: string;
  /** binds the page on which a device's code is typed to this browser */
  readonly device: string;
}

/** `__Host-` and `__Secure-` are promises that a browser checks; on plain http to loopback it would refuse them. */
export function cookieNames(issuer: string): CookieNames {
  const secure = issuer.startsWith('https:');
  const [host, scoped] = secure ? ['__Host-', '__Secure-'] : ['', ''];
  return {
    session: `${host}affinity-session`,
    browser: `${host}affinity-browser`,
    // these have a path of their own, which `__Host-` forbids
    federation: `${scoped}affinity-federation`,
    interaction: `${scoped}affinity-interaction`,
    resume: `${scoped}affinity-resume`,
    accountSignIn: `${scoped}affinity-account`,
    logout: `${scoped}affinity-logout`,
    device: `${scoped}affinity-device`,
  };
}

/** The first cookie of that name. */
export function readCookie(request: Request, name: string): string | undefined {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

export function printCookie(issuer: string, name: string, value: string, path: string, seconds: number): string {
  const secure = issuer.startsWith('https:') ? '; Secure' : '';
  return `${name}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

/**
 * Every cookie of a response as `HttpOnly; SameSite=Lax`, `Secure` under https, without a domain. Those of a step under way
 * go with the browser: how long a step waits, the server knows.
 */
export function tightenCookies(issuer: string, headers: Headers): void {
  const { interaction, resume } = cookieNames(issuer);
  const cookies = headers.getSetCookie();
  headers.delete('set-cookie');
  for (const cookie of cookies) {
    const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
    const ofStep = pair.startsWith(`${interaction}=`) || pair.startsWith(`${resume}=`);
    const isEmpty = pair.endsWith('=');
    const wanted = ofStep && !isEmpty ? /^path=/i : /^(path|expires|max-age)=/i;
    const kept = attributes.filter((attribute) => wanted.test(attribute));
    const secure = issuer.startsWith('https:') ? ['Secure'] : [];
    headers.append('set-cookie', [pair, ...kept, 'HttpOnly', 'SameSite=Lax', ...secure].join('; '));
  }
}
