/**
 * The numbers by which a person is known in business, such as a record number or a licence: an array of system and value,
 * told by scope or by the `claims` parameter, never as `sub`. docs/decisions/0023-identity-told-apart.md.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { Record as RecordEvent } from './audit-recorder.ts';
import type { Person } from './people.ts';

export interface BusinessIdentifier {
  readonly system: string;
  readonly value: string;
}

/** Those of the person's own resource, as it stands now. @param db in a transaction its own connection */
export type ReadIdentifiers = (db: pg.PoolClient, fhirUser: string) => Promise<readonly BusinessIdentifier[]>;

export interface IdentifierNeighbours {
  readonly pool: pg.Pool;
  readonly readIdentifiers: ReadIdentifiers;
  readonly record: RecordEvent;
}

type Facts = NonNullable<Parameters<RecordEvent>[2]>;

/** Whose they are, for the audit log. */
const subjectOf = (fhirUser: string): Facts => {
  const patient = /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(fhirUser)?.[1];
  return { target: fhirUser, ...(patient === undefined ? {} : { patient }) };
};

/** For the consent page: each look is recorded before the page can show it. */
export async function identifiersToShow(
  { pool, readIdentifiers, record }: IdentifierNeighbours,
  { fhirUser }: Person,
  facts: Facts,
): Promise<readonly BusinessIdentifier[]> {
  if (fhirUser === undefined) return [];
  const found = await transaction(pool, (db) => readIdentifiers(db, fhirUser));
  if (found.length > 0) await record('identifiers-shown', 'permitted', { ...facts, ...subjectOf(fhirUser) });
  return found;
}

/** For the app: of those that the person saw and allowed, the ones that are still theirs. Recorded before they leave. */
export async function identifiersToRelease(
  db: pg.PoolClient,
  { readIdentifiers, record }: Omit<IdentifierNeighbours, 'pool'>,
  { fhirUser }: Person,
  allowed: readonly BusinessIdentifier[],
  facts: Facts,
): Promise<readonly BusinessIdentifier[]> {
  if (fhirUser === undefined || allowed.length === 0) return [];
  const present = await readIdentifiers(db, fhirUser);
  const released = present.filter((one) =>
    allowed.some(({ system, value }) => system === one.system && value === one.value),
  );
  if (released.length > 0) await record('identifiers-released', 'permitted', { ...facts, ...subjectOf(fhirUser) });
  return released;
}
