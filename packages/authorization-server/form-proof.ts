/** Proof that a form was sent by a page of ours, in the browser that was shown it. RFC 9700 §4.7; Fetch Metadata Request Headers. */
import { timingSafeEqual } from 'node:crypto';
import { hashOf } from './adapter.ts';

export const sameText = (one: string, other: string): boolean => timingSafeEqual(hashOf(one), hashOf(other));

/** The page posts to where it came from. A browser that says `null` or nothing is judged by Fetch Metadata, then by the seal. */
export function sentByOurPage(request: Request, issuer: string): boolean {
  const origin = request.headers.get('origin');
  if (origin !== null && origin !== 'null') return origin === new URL(issuer).origin;
  const site = request.headers.get('sec-fetch-site');
  return site === null || site === 'same-origin';
}

/** @param expected the seal that the page was given */
export const isOurForm = (request: Request, issuer: string, form: URLSearchParams, expected: string): boolean =>
  sentByOurPage(request, issuer) && sameText(form.get('csrf') ?? '', expected);
