/** The id by which a request is found again in log and audit. FHIR R4 http.html#custom (X-Request-Id). */
import { randomUUID } from 'node:crypto';

/** Kept when it is short and plain, else made: what a caller sends must not write into a log. */
export const requestIdOf = (headers: Headers): string => {
  const given = headers.get('x-request-id');
  return given !== null && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
};
