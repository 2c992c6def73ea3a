/** A matcher for tests: of one name and day of birth is certain, of one family name and day of birth possible. */
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Match, Matcher } from '../matcher.ts';

const nameOf = (patient: Resource): readonly [family: string, given: string] => {
  const [name] = list(patient.name);
  return isObject(name) ? [text(name.family) ?? '', text(list(name.given)[0]) ?? ''] : ['', ''];
};

/** It keeps what it knows beside the records, so that a transaction that is undone takes it back too. */
export const createPlainMatcher = (): Matcher => ({
  index: async (db, records) => {
    await db.query(
      'create table if not exists plain_match (base text, patient text, body text, primary key (base, patient))',
    );
    for (const { place, patient } of records)
      await db.query(
        `insert into plain_match values ($1, $2, $3)
         on conflict (base, patient) do update set body = excluded.body`,
        [place.base, place.patient, JSON.stringify(patient)],
      );
  },
  forget: async (db, places) => {
    for (const { base, patient } of places)
      await db.query('delete from plain_match where base = $1 and patient = $2', [base, patient]);
  },
  match: async (db, patient, { limit, except, visible }) => {
    const { rows } = await db.query<{ base: string; patient: string; body: string }>(
      'select base, patient, body from plain_match order by patient',
    );
    const [family, given] = nameOf(patient);
    const found = rows.flatMap(({ base, patient: id, body }): Match[] => {
      if (except?.patient === id && except.base === base) return [];
      const other = JSON.parse(body) as Resource;
      const [itsFamily, itsGiven] = nameOf(other);
      if (family === '' || family !== itsFamily || patient.birthDate !== other.birthDate) return [];
      const same = given === itsGiven;
      return [
        {
          place: { base, patient: id },
          grade: same ? 'certain' : 'possible',
          score: same ? 0.99 : 0.6,
          comparison: { family: 'same', given: same ? 'same' : 'different' },
        },
      ];
    });
    const seen = await visible?.(found.map(({ place }) => place));
    return found
      .filter((_, at) => seen === undefined || seen[at] === true)
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  },
});
