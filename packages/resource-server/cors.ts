/** Which pages of other origins may call: public documents by all, records by origins of registered clients. SMART App Launch 2.2, launch §CORS; Fetch Standard. */

const requestHeaders = [
  'Authorization',
  'DPoP',
  'Accept',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'If-None-Exist',
  'If-Modified-Since',
  'Prefer',
  'X-Request-Id',
  'X-Provenance',
].join(', ');
const exposedHeaders = 'ETag, Last-Modified, Location, Content-Location, WWW-Authenticate, DPoP-Nonce, X-Request-Id';

/** Whether a page of this origin may read answers about records. */
export type AllowsOrigin = (origin: string) => boolean | Promise<boolean>;

export const openToAll = (response: Response): Response => {
  response.headers.set('Access-Control-Allow-Origin', '*');
  response.headers.set('Access-Control-Expose-Headers', 'ETag');
  return response;
};

/** The headers of an answer about records. Never with credentials: nothing here is decided by a cookie. */
export const originHeaders = async (
  origin: string | null,
  allows: AllowsOrigin,
): Promise<Readonly<Record<string, string>>> =>
  origin !== null && (await allows(origin))
    ? { Vary: 'Origin', 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': exposedHeaders }
    : { Vary: 'Origin' };

/** Answers a preflight; it says nothing of whether the path exists. */
export const preflight = (headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'Access-Control-Allow-Headers': requestHeaders,
      'Access-Control-Max-Age': '600',
      ...headers,
    },
  });
