/**
 * Where the next page begins, sealed: a link says nothing to whoever reads it, cannot be made up, and is good only for
 * the caller, grant and type that it was given to, for a while. FHIR R4 http.html#paging.
 */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto';
import type { Principal } from '@affinity/core/smart/principal.ts';

/** What a link carries: the search as it was understood and the backend's own cursor. */
export interface PageState {
  readonly params: readonly (readonly [string, string])[];
  readonly cursor: string;
}

export interface PageCursors {
  /** `scope` is the path that the page is of, such as `Observation` */
  seal(state: PageState, scope: string, principal: Principal): string;
  /** Undefined for whatever was not sealed here for this caller, or too long ago. */
  open(sealed: string, scope: string, principal: Principal): PageState | undefined;
}

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

interface Sealed extends PageState {
  readonly expires: number;
}

export const createPageCursors = (options: {
  /** secret, at least 32 bytes; the same in every process of the server */
  readonly key: Uint8Array;
  readonly base: string;
  readonly seconds: number;
  /** epoch milliseconds */
  readonly now: () => number;
}): PageCursors => {
  if (options.key.length < 32) throw new RangeError('the key that seals page links has fewer than 32 bytes');
  const key = createSecretKey(createHash('sha256').update('page-cursor').update(options.key).digest());
  /** Authenticated beside the content: a link opened by another caller, or for another path, is not one. */
  const binding = (scope: string, { clientId, user, grant, foreign }: Principal): Buffer =>
    Buffer.from(JSON.stringify([options.base, scope, clientId, user ?? foreign?.subject ?? null, grant ?? null]));
  return {
    seal: ({ params, cursor }, scope, principal) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(binding(scope, principal));
      const sealed: Sealed = { params, cursor, expires: options.now() + options.seconds * 1000 };
      const content = Buffer.concat([cipher.update(JSON.stringify(sealed)), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64url');
    },
    open: (text, scope, principal) => {
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.length <= ivBytes + tagBytes) return undefined;
      try {
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
          .setAAD(binding(scope, principal))
          .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        const content = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
        const { params, cursor, expires } = JSON.parse(content.toString()) as Sealed;
        return options.now() < expires ? { params, cursor } : undefined;
      } catch {
        return undefined;
      }
    },
  };
};
