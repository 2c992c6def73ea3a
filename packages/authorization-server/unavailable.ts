/** What is answered where something of ours failed: a page to people, an error of OAuth to apps. RFC 9110 §15.6.4; RFC 6749 §4.1.2.1. */
import { jsonResponse } from './back-channel.ts';
import type { PageResponses } from './page-response.ts';

const forPeople = ['authorize', 'interaction', 'account', 'logout', 'device', 'federation'];

/** @param mount path of the issuer */
export const createUnavailable =
  (mount: string, responses: Pick<PageResponses, 'fault'>) =>
  (pathname: string): Response =>
    forPeople.some((part) => new RegExp(`^${mount}/${part}(/|$)`).test(pathname))
      ? responses.fault('unavailable', 503)
      : jsonResponse({ error: 'temporarily_unavailable', error_description: 'try again' }, 503);
