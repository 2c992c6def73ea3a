/** Who may use a token: the holder of a key, where its `cnf` names one. RFC 7800 §3; RFC 9449 §6.1. */

export interface Confirmation {
  /** SHA-256 thumbprint of the key, RFC 7638 */
  readonly jkt: string;
}

export type ReadConfirmation =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly jkt: string }
  /** it says something that is not understood: such a token is refused, never taken for one that anybody may bear */
  | { readonly kind: 'malformed' };

export const isThumbprint = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);

export function readConfirmation(cnf: unknown): ReadConfirmation {
  if (cnf === undefined) return { kind: 'none' };
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return { kind: 'malformed' };
  const { jkt, ...rest } = cnf as Readonly<Record<string, unknown>>;
  return isThumbprint(jkt) && Object.keys(rest).length === 0 ? { kind: 'key', jkt } : { kind: 'malformed' };
}
