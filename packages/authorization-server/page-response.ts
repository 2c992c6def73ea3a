/** Pages as responses: nothing in them may run, be framed, be kept or be sent elsewhere. RFC 9700 §4.16; CSP Level 3. */

import { randomBytes } from 'node:crypto';
import type { Log } from './log.ts';
import type { ErrorView, Pages } from './page-views.ts';
import { formActionSource } from './redirect-uri.ts';

export interface PageResponses {
  /**
   * @param returnsTo the redirect URI to which the answer to the page's form may travel
   * @param script whether our own file for passkeys may run: it sends nothing but the page's form
   */
  html(document: string, status: number, returnsTo?: string, script?: boolean): Response;
  /** @param detail a sentence of ours, safe to show */
  fault(kind: ErrorView['kind'], status: number, detail?: string): Response;
}

/** Headers of every response that is met in a browser: pages and the redirects between them. */
export function hardenHeaders(issuer: string, headers: Headers, returnsTo?: string, script = false): void {
  const formAction = ["'self'", ...(returnsTo === undefined ? [] : [formActionSource(returnsTo)])].join(' ');
  headers.set(
    'content-security-policy',
    `default-src 'none'; ${script ? "script-src 'self'; " : ''}style-src 'self'; img-src 'self' data:; font-src 'self'; form-action ${formAction}; ` +
      "frame-ancestors 'none'; base-uri 'none'",
  );
  headers.set('x-frame-options', 'DENY');
  headers.set('x-content-type-options', 'nosniff');
  headers.set('referrer-policy', 'no-referrer');
  headers.set('cache-control', 'no-store');
  headers.set('pragma', 'no-cache');
  if (issuer.startsWith('https:')) headers.set('strict-transport-security', 'max-age=31536000');
}

export function createPageResponses(issuer: string, pages: Pages, log: Log): PageResponses {
  const html = (document: string, status: number, returnsTo?: string, script?: boolean): Response => {
    const headers = new Headers({ 'content-type': 'text/html; charset=utf-8' });
    hardenHeaders(issuer, headers, returnsTo, script);
    return new Response(document, { status, headers });
  };
  return {
    html,
    fault(kind, status, detail) {
      const reference = randomBytes(6).toString('hex');
      log('error page', { reference, kind, status, detail });
      return html(pages.error({ status, kind, reference, ...(detail === undefined ? {} : { detail }) }), status);
    },
  };
}
