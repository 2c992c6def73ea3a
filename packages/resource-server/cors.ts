/** Which pages of other origins may call: public documents by all, records by origins of registered clients. SMART App Launch 2.2, launch §CORS; Fetch Standard. */

const requestHeaders =
  'Authorization, Accept, Content-Type, If-Match, If-None-Match, If-None-Exist, Prefer, X-Request-Id';
const exposedHeaders = 'ETag, Last-Modified, Location, Content-Location, WWW-Authenticate, X-Request-Id';

/** Whether a page of this origin may read answers about records. */
export type AllowsOrigin = (origin: string) => boolean | Promise<boolean>;

export const openToAll = (response: Response): Response => {
  response.headers.set('Access-Control-Allow-Origin', '*');
  response.headers.set('Access-Control-Expose-Headers', 'ETag');
  return response;
};

/** Never with credentials: nothing here is decided by a cookie. */
export const openToOrigin = async (
  response: Response,
  origin: string | null,
  allows: AllowsOrigin,
): Promise<Response> => {
  response.headers.append('Vary', 'Origin');
  if (origin !== null && (await allows(origin))) {
    response.headers.set('Access-Control-Allow-Origin', origin);
    response.headers.set('Access-Control-Expose-Headers', exposedHeaders);
  }
  return response;
};

/** Answers a preflight; it says nothing of whether the path exists. */
export const preflight = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE',
      'Access-Control-Allow-Headers': requestHeaders,
      'Access-Control-Max-Age': '600',
    },
  });
