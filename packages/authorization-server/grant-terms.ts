/** A grant as its Consent says it, and back: whoever keeps the Consents needs both. FHIR R4 consent.html. */
import { type ParsedConsent, parseConsent } from '@affinity/core/fhir/consent-parse.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type Granted, remainderOf } from '@affinity/core/smart/grant-remainder.ts';
import type { GrantTerms } from '@affinity/core/smart/grant-terms.ts';
import type { PresentGrant } from './grant-consents.ts';
import type { Grant } from './grants.ts';

/** @param person reference to whoever allowed it */
export const termsOf = (grant: Grant, { app, person }: Pick<GrantTerms, 'app' | 'person'>): GrantTerms => ({
  id: grant.id,
  clientId: grant.clientId,
  app,
  scope: grant.scope.split(' '),
  ...(grant.patient === undefined ? {} : { patient: grant.patient }),
  ...(person === undefined ? {} : { person }),
  ...(grant.clearance === undefined ? {} : { clearance: grant.clearance }),
  ...(grant.purpose === undefined ? {} : { purposes: grant.purpose.split(' ') }),
  given: grant.createdAt.getTime(),
  ...(grant.renews === true ? {} : { ends: grant.expiresAt.getTime() }),
});

export interface ConsentReading {
  /** why the tokens of the grant ask for records */
  readonly purposes: readonly string[];
  /** of the server that keeps the Consents, whichever the grant is for */
  readonly ownBases: readonly string[];
}

const read = new WeakMap<Resource, { readonly bases: string; readonly parsed: ParsedConsent }>();

/** A resource is never changed, so what it says is read once, for as long as somebody keeps it. */
const parsedOf = (consent: Resource, ownBases: readonly string[]): ParsedConsent => {
  const bases = ownBases.join(' ');
  const known = read.get(consent);
  if (known?.bases === bases) return known.parsed;
  const parsed = parseConsent(consent, ownBases);
  read.set(consent, { bases, parsed });
  return parsed;
};

/**
 * The grant as this Consent says it now, or undefined where nothing of it is left: it is inactive, over, gone, of another
 * patient, or not to be understood.
 */
export const presentGrant = (
  grant: Grant,
  consent: Resource | undefined,
  { purposes, ownBases }: ConsentReading,
  at: Date,
): PresentGrant | undefined => {
  const parsed = consent === undefined ? undefined : parsedOf(consent, ownBases);
  if (parsed?.kind !== 'consent') return undefined;
  const { patient } = parsed.consent;
  if (patient !== undefined && grant.patient !== undefined && patient !== grant.patient) return undefined;
  const { scope, clearance, ends, exact } = remainderOf(grantedOf(grant, purposes), parsed.consent, at.getTime()) ?? {};
  if (scope === undefined || ends === undefined) return undefined;
  const { clearance: _, ...rest } = grant;
  const present = { ...rest, scope: scope.join(' '), expiresAt: new Date(ends) };
  return { grant: clearance === undefined ? present : { ...present, clearance }, exact: exact === true };
};

const grantedOf = (grant: Grant, purposes: readonly string[]): Granted => ({
  clientId: grant.clientId,
  scope: grant.scope.split(' '),
  ...(grant.clearance === undefined ? {} : { clearance: grant.clearance }),
  ...(purposes.length === 0 ? {} : { purposes }),
  ends: grant.expiresAt.getTime(),
});
