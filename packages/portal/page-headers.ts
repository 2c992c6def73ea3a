/** What every page of ours is sent with: no script, no frame, no other origin, no copy kept. RFC 9700 §4.16; CSP Level 3. */

const policy = (formTargets: readonly string[]): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    ["form-action 'self'", ...formTargets].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/**
 * @param origin with https, browsers are told to use nothing else from now on
 * @param formTargets origins beside our own to which the answer to a form may lead the browser
 */
export const pageHeaders = (origin: string, formTargets: readonly string[] = []): Readonly<Record<string, string>> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': policy(formTargets),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
  ...(origin.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }),
});
