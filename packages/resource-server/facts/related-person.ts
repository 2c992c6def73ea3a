/** Whose record a RelatedPerson may act for at a moment. FHIR R4 relatedperson.html. */
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { FactsBackend } from './all-matches.ts';
import { holdsAt } from './period.ts';
import { referredPatient } from './references.ts';

export type Relation =
  /** id of the patient */
  | { readonly kind: 'holds'; readonly patient: string }
  /** it was, or is not yet: for this patient it says no, whatever else says yes */
  | { readonly kind: 'does-not-hold'; readonly patient?: string }
  /** there is no such resource here, and nothing is said */
  | { readonly kind: 'unknown' };

/** @param id of the RelatedPerson; @param at epoch milliseconds */
export const relationOf = async (
  id: string,
  at: number,
  backend: FactsBackend,
  ownBases: readonly string[],
): Promise<Relation> => {
  const result = await backend.read({ type: 'RelatedPerson', id }, everything);
  if (result.kind === 'absent') return { kind: 'unknown' };
  if (result.kind === 'deleted') return { kind: 'does-not-hold' };
  const { active, period, patient: reference } = JSON.parse(result.version.body) as Resource;
  const patient = referredPatient(reference, ownBases);
  if (patient === undefined) return { kind: 'does-not-hold' };
  return active !== false && holdsAt(period, at) ? { kind: 'holds', patient } : { kind: 'does-not-hold', patient };
};
