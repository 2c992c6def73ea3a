/** Where the access token is in a request: in the Authorization header, and nowhere else. RFC 6750 §2; RFC 9449 §7.1; RFC 9700 §4.3.2. */

export type Carried =
  | { readonly kind: 'none' }
  /** `DPoP`: with a proof that is still to be looked at */
  | { readonly kind: 'token'; readonly token: string; readonly scheme: 'Bearer' | 'DPoP' }
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): Carried => ({ kind: 'refused', reason });

/** A form that carries a token is refused where the form is read. Another scheme than these two is no token. */
export const carriedToken = (headers: Headers, query: URLSearchParams): Carried => {
  const header = headers.get('authorization');
  if (query.has('access_token')) {
    return refused(header === null ? 'a token in the query is refused' : 'the token is sent in two ways');
  }
  const scheme = header === null ? undefined : /^(bearer|dpop)(?: |$)/i.exec(header)?.[1];
  if (header === null || scheme === undefined) return { kind: 'none' };
  // Two headers arrive joined by a comma, which no token holds.
  const token = /^[a-z]+ +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header)?.[1];
  if (token === undefined) return refused('the Authorization header is malformed');
  return { kind: 'token', token, scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer' };
};

/** The token alone, of a request that was let in by it. */
export const tokenIn = (headers: Headers, query: URLSearchParams): string => {
  const carried = carriedToken(headers, query);
  return carried.kind === 'token' ? carried.token : '';
};
