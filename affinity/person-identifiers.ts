/** The identifiers of the person who signs in: of their own resource in the clinic, and of the index of persons. FHIR R4 datatypes.html#Identifier. */
import type { ReadIdentifiers } from '@affinity/authorization-server/identifiers.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { PersonIndex } from '@affinity/core/identity/person-index.ts';
import { createPersons } from '@affinity/identity/persons.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type pg from 'pg';
import { identityBase } from './guarded-server.ts';

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

/** The index of persons of the domain, on a connection. */
export const personsAt = (origin: string) => (db: pg.PoolClient) => createPersons({ db, base: identityBase(origin) });

/**
 * Not through the guard, because nobody holds a token yet: the authorization server asks only for the resource of the
 * person who has signed in, records each look, and tells an app nothing that this person did not see and allow. Within its
 * transaction, so that nobody who holds a connection waits for another. What other servers say of a patient counts by certain
 * links alone, and what the own resource calls old is not told by another name.
 * @param personsOn the index, on a connection
 */
export const createIdentifierReader =
  (
    backend: Pick<StoreBackend, 'within'>,
    base: string,
    personsOn?: (db: pg.PoolClient) => Pick<PersonIndex, 'personAt' | 'identifiersOf'>,
  ): ReadIdentifiers =>
  async (db, fhirUser) => {
    const target = parseReference(fhirUser, [base]);
    if (target.kind !== 'local' || !own.includes(target.type)) return [];
    const found = await backend.within(db).read({ type: target.type, id: target.id });
    if (found.kind !== 'found') return [];
    const { identifier = [] } = JSON.parse(found.version.body) as { identifier?: readonly Identifier[] };
    const persons = target.type === 'Patient' ? personsOn?.(db) : undefined;
    const person = await persons?.personAt({ base, patient: target.id });
    const elsewhere = person === undefined ? [] : ((await persons?.identifiersOf(person)) ?? []);
    const told = new Map<string, { system: string; value: string }>();
    const old = new Set<string>();
    for (const { use, system, value } of [...identifier, ...elsewhere] as readonly Identifier[]) {
      if (system === undefined || value === undefined || system.length > longest || value.length > longest) continue;
      const key = JSON.stringify([system, value]);
      if (use === 'old') old.add(key);
      else if (!old.has(key)) told.set(key, { system, value });
    }
    return [...told.values()].slice(0, most);
  };
