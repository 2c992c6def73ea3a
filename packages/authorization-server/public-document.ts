/** What everybody may read, from every origin, and keep for a while: metadata and keys. RFC 8414 §3; RFC 9111 §5.2; Fetch, CORS. */
import { jsonResponse } from './back-channel.ts';
import type { Settings } from './settings.ts';

export const createPublicDocument =
  ({ documentSeconds }: Pick<Settings, 'documentSeconds'>) =>
  (body: () => object) =>
  async (request: Request): Promise<Response> => {
    const headers = { 'cache-control': `public, max-age=${documentSeconds}`, 'access-control-allow-origin': '*' };
    if (request.method === 'OPTIONS')
      return new Response(null, { status: 204, headers: { ...headers, 'access-control-allow-methods': 'GET' } });
    return request.method === 'GET' || request.method === 'HEAD'
      ? jsonResponse(body(), 200, headers)
      : jsonResponse({ error: 'invalid_request' }, 405, { allow: 'GET' });
  };
