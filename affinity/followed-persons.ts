/**
 * What of the domain follows the index of persons, in the transaction that changes it: under which id each server knows a patient
 * of the home. A place is where a record is from; at the identity server it is the record itself, at the locator the person.
 * IHE PIXm (ITI-83).
 */
import { followPersons, type IndexedPlace } from '@affinity/authorization-server/followed-links.ts';
import type pg from 'pg';

export interface FollowedBases {
  /** of the server whose ids are the domain's own */
  readonly home: string;
  /** where the id of a patient is that of the record which the home fed */
  readonly identity?: string;
  /** where the id of a patient is that of the person */
  readonly locator?: string;
}

/** @param shared the services that run */
export const followedBases = (
  home: string,
  shared: readonly { readonly name: string; readonly base: string }[],
): FollowedBases => {
  const baseOf = (name: string) => shared.find((one) => one.name === name)?.base;
  const [identity, locator] = [baseOf('identity'), baseOf('locator')];
  return {
    home,
    ...(identity === undefined ? {} : { identity }),
    ...(locator === undefined ? {} : { locator }),
  };
};

/** @param persons whose records have changed, be it that they have none any more */
export const createPersonsFollower =
  ({ home, identity, locator }: FollowedBases) =>
  async (db: pg.PoolClient, persons: readonly string[]): Promise<void> => {
    const { rows } = await db.query<IndexedPlace & { readonly record: string }>(
      `select person, base, patient, record, replaced_by is not null as replaced
       from person_record join person_place using (record) where person = any($1)`,
      [persons],
    );
    const known = rows.flatMap(({ record, ...place }): IndexedPlace[] => {
      if (place.base !== home) return [place];
      const { person, patient, replaced } = place;
      return [
        place,
        ...(identity === undefined ? [] : [{ person, base: identity, patient: record, replaced, of: patient }]),
      ];
    });
    // Whoever was merged into another has no records: what still leads to the old id goes.
    const atLocator = [...persons].map((person) => ({ person, base: locator ?? '', patient: person, replaced: false }));
    await followPersons(db, home, locator === undefined ? known : [...known, ...atLocator]);
  };
