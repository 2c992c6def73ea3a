/** A grant that lives, as its Consent stands now: what tokens are worth when somebody asks. RFC 7662 §2.2; FHIR R4 consent.html. */
import type { CrossReference } from './cross-reference.ts';
import type { GivingNeighbours } from './grant-consents.ts';
import { presentGrant } from './grant-terms.ts';
import { findGrantOfPerson, type Grant } from './grants.ts';
import { purposesFrom } from './purposes.ts';

export interface PresentNeighbours extends GivingNeighbours {
  readonly crossReference: CrossReference;
}

/**
 * Asked for every token that is shown here, so the two questions go out together and without a transaction: of a grant that
 * ends meanwhile, either answer is as good as one of a moment before or after.
 */
export async function findPresentGrant(
  { pool, consents, crossReference }: PresentNeighbours,
  id: string,
  at: Date,
): Promise<Grant | undefined> {
  const [found, consent] = await Promise.all([findGrantOfPerson(pool, id, at), consents.look(id)]);
  if (found === undefined) return undefined;
  const { grant, person, acts } = found;
  const there = person === undefined ? undefined : await crossReference.personAt(pool, person, grant.audience);
  const purposes = there === undefined ? [] : purposesFrom(grant, there, acts);
  return presentGrant(grant, consent, { purposes, ownBases: [crossReference.home] }, at)?.grant;
}
