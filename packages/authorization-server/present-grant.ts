/** A grant that lives, as its Consent stands now: what tokens are worth when somebody asks. RFC 7662 §2.2; FHIR R4 consent.html. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Look } from '@affinity/store/postgres/look.ts';
import type pg from 'pg';
import type { CrossReference } from './cross-reference.ts';
import type { GrantConsents, PresentGrant } from './grant-consents.ts';
import { findGrantFacts, type GrantFacts } from './grant-facts.ts';
import { presentGrant } from './grant-terms.ts';
import { purposesFrom } from './purposes.ts';

export interface PresentNeighbours {
  readonly pool: pg.Pool;
  readonly look: Look;
  readonly consents: GrantConsents;
  readonly crossReference: CrossReference;
}

/** @param db in a transaction its own connection */
export async function presentOf(
  db: pg.Pool | pg.PoolClient,
  crossReference: CrossReference,
  { grant, person, acts }: GrantFacts,
  consent: Resource | undefined,
  at: Date,
): Promise<PresentGrant | undefined> {
  const there = person === undefined ? undefined : await crossReference.personAt(db, person, grant.audience);
  const purposes = there === undefined ? [] : purposesFrom(grant, there, acts);
  return presentGrant(grant, consent, { purposes, ownBases: [crossReference.home] }, at);
}

/**
 * Asked for every token that is shown here, so the two questions go out together and without a transaction: of a grant that
 * ends meanwhile, either answer is as good as one of a moment before or after.
 * @returns what is known of the grant, which is as its Consent stands
 */
export async function findPresentGrant(
  { pool, look, consents, crossReference }: PresentNeighbours,
  id: string,
  at: Date,
): Promise<GrantFacts | undefined> {
  const [facts, consent] = await Promise.all([findGrantFacts(look, id, at), consents.look(id)]);
  const present = facts === undefined ? undefined : await presentOf(pool, crossReference, facts, consent, at);
  return facts === undefined || present === undefined ? undefined : { ...facts, grant: present.grant };
}
