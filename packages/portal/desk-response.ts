/** How the pages answer that people sign in to: pages with their cookies, ways on, and whether a form came from us. Fetch §3.2. */
import { pageHeaders } from './page-headers.ts';

export interface DeskResponses {
  page(status: number, document: string, cookies?: readonly string[]): Response;
  leave(location: string, cookies?: readonly string[]): Response;
  wrongMethod(allow: string): Response;
  isOurs(request: Request): boolean;
}

/** @param formTargets origins beside our own to which the answer to a form may lead the browser */
export const createDeskResponses = (origin: string, formTargets: readonly string[] = []): DeskResponses => {
  const headers = pageHeaders(origin, formTargets);
  const answer = (status: number, body: string | null, given: HeadersInit, cookies: readonly string[]): Response => {
    const response = new Response(body, { status, headers: given });
    for (const cookie of cookies) response.headers.append('set-cookie', cookie);
    return response;
  };
  return {
    page: (status, document, cookies = []) => answer(status, document, headers, cookies),
    leave: (location, cookies = []) => {
      const { 'content-type': _, ...bare } = headers;
      return answer(303, null, { ...bare, location }, cookies);
    },
    wrongMethod: (allow) =>
      answer(
        405,
        'This is not possible here.\n',
        { ...headers, 'content-type': 'text/plain; charset=utf-8', allow },
        [],
      ),
    /** Our pages have no referrer, so that browsers say `Origin: null` of their forms: then Fetch Metadata judges. */
    isOurs: (request) => {
      const from = request.headers.get('origin');
      if (from !== null && from !== 'null') return from === origin;
      const site = request.headers.get('sec-fetch-site');
      return site === null || site === 'same-origin';
    },
  };
};
