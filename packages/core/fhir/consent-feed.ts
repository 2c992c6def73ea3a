/** What tells at once that Consents have changed, so that what was remembered of them is asked for again. IHE PCF; FHIR R4 consent.html. */

/** One Consent was written or deleted, or it is not known what was: everything remembered is to be forgotten. */
export type ConsentChange =
  | { readonly kind: 'consent'; readonly id: string; readonly patient?: string }
  | { readonly kind: 'everything' };

export interface ConsentFeed {
  /** what is known is recent enough to decide by; if not, nothing may be answered that Consents bear on */
  isFresh(): boolean;
  /** Called for each change, never late by more than the feed may be stale; returns how to stop it. */
  onChange(listener: (change: ConsentChange) => void): () => void;
}

/** The `id` of a change that is none of a Consent: somebody was linked with another server's id, or the link was taken back. */
export const linkChange = '#link';
