/** The identifiers of the person who signs in, from their own resource in the clinic. FHIR R4 datatypes.html#Identifier. */
import type { ReadIdentifiers } from '@affinity/authorization-server/identifiers.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';

/** Those whom a person who signs in can be. */
const own = ['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson', 'Person'];
/** More than these, and longer ones, are not told: nobody could look through them. */
const most = 20;
const longest = 256;

interface Identifier {
  readonly use?: string;
  readonly system?: string;
  readonly value?: string;
}

/**
 * Not through the guard, because nobody holds a token yet: the authorization server asks only for the resource of the
 * person who has signed in, records each look, and tells an app nothing that this person did not see and allow. Within its
 * transaction, so that nobody who holds a connection waits for another.
 */
export const createIdentifierReader =
  (backend: Pick<StoreBackend, 'within'>, base: string): ReadIdentifiers =>
  async (db, fhirUser) => {
    const target = parseReference(fhirUser, [base]);
    if (target.kind !== 'local' || !own.includes(target.type)) return [];
    const found = await backend.within(db).read({ type: target.type, id: target.id });
    if (found.kind !== 'found') return [];
    const { identifier = [] } = JSON.parse(found.version.body) as { identifier?: readonly Identifier[] };
    const told = new Map<string, { system: string; value: string }>();
    for (const { use, system, value } of identifier) {
      if (use === 'old' || system === undefined || value === undefined) continue;
      if (system.length > longest || value.length > longest) continue;
      told.set(JSON.stringify([system, value]), { system, value });
    }
    return [...told.values()].slice(0, most);
  };
