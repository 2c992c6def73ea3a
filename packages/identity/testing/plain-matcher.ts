/** A matcher for tests: of one name and day of birth is certain, of one family name and day of birth possible. */
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Match, Matcher } from '../matcher.ts';

const nameOf = (patient: Resource): readonly [family: string, given: string] => {
  const [name] = list(patient.name);
  return isObject(name) ? [text(name.family) ?? '', text(list(name.given)[0]) ?? ''] : ['', ''];
};

const gradeOf = (one: Resource, other: Resource): 'certain' | 'possible' | undefined => {
  const [[family, given], [itsFamily, itsGiven]] = [nameOf(one), nameOf(other)];
  if (family === '' || family !== itsFamily || one.birthDate !== other.birthDate) return undefined;
  return given === itsGiven ? 'certain' : 'possible';
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
  judge: (one, other) => ({ grade: gradeOf(one, other) ?? 'certainly-not' }),
  match: async (db, patient, { limit, except, visible }) => {
    const { rows } = await db.query<{ base: string; patient: string; body: string }>(
      'select base, patient, body from plain_match order by patient',
    );
    const found = rows.flatMap(({ base, patient: id, body }): Match[] => {
      if (except?.patient === id && except.base === base) return [];
      const grade = gradeOf(patient, JSON.parse(body) as Resource);
      if (grade === undefined) return [];
      const same = grade === 'certain';
      return [
        {
          place: { base, patient: id },
          grade,
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
