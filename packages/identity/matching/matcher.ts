/**
 * The index of persons: who may be whom. Records are put in and taken out within whatever transaction the caller has;
 * a question is answered with the records that may be of the same person, each with its grade. IHE PDQm ITI-119, FHIR R4
 * patient-operation-match.html. docs/decisions/0031-matching.md.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Place } from '@affinity/core/identity/person-index.ts';
import { numberArray } from '@affinity/store/copy-text.ts';

import { blockingKeys, recordKey } from './blocking-keys.ts';
import { type Candidate, findCandidates, type Queryable, type Visible } from './candidates.ts';
import { type Comparison, compare } from './comparison.ts';
import { type Demographics, readDemographics } from './demographics.ts';
import { type Grade, gradeComparison, probabilityOf, weigh } from './grade.ts';
import type { MatchingSettings } from './settings.ts';

/** A Patient as a source knows it. */
export interface MatchRecord {
  readonly place: Place;
  readonly patient: Resource;
}

/** How much two records speak for one person. */
export interface Judgement {
  readonly grade: Grade;
  /** probability, 0 to 1, four digits */
  readonly score: number;
  /** log2 of the odds, by which `grade` and the order go */
  readonly weight: number;
  /** on which level each kind of evidence agrees: no values, so it may be kept and shown */
  readonly comparison: Comparison;
}

export interface Match extends Judgement {
  readonly place: Place;
}

export interface Question {
  /** how many at most, the best first */
  readonly limit: number;
  /** the record that is asked about, where it is in the index itself */
  readonly except?: Place;
  /** of these places, which the caller may know of: the others count as if they were not there. Absent: all. */
  readonly visible?: Visible;
}

export interface Matcher {
  /** Puts records in, each in place of what was known of it. */
  index(db: Queryable, records: readonly MatchRecord[]): Promise<void>;
  /** Takes records out. */
  forget(db: Queryable, places: readonly Place[]): Promise<void>;
  /** Who may be this person. `certainly-not`: alike, but two identifiers say that it is somebody else. */
  match(db: Queryable, patient: Resource, question: Question): Promise<readonly Match[]>;
  /** Two records against each other. */
  judge(one: Resource, other: Resource): Judgement;
}

const round = (score: number): number => Math.round(score * 10_000) / 10_000;

const order = (one: Match, other: Match): number =>
  other.weight - one.weight ||
  (one.place.base < other.place.base ? -1 : one.place.base > other.place.base ? 1 : 0) ||
  (one.place.patient < other.place.patient ? -1 : 1);

export const createMatcher = (settings: MatchingSettings): Matcher => {
  const judgePersons = (one: Demographics, other: Demographics): Judgement => {
    const comparison = compare(one, other, settings);
    const weight = weigh(comparison, one, other, settings);
    return {
      grade: gradeComparison(comparison, weight, settings),
      score: round(probabilityOf(weight)),
      weight,
      comparison,
    };
  };
  return {
    index: async (db, records) => {
      if (records.length === 0) return;
      const rows = new Map<string, readonly unknown[]>();
      for (const { place, patient } of records) {
        const person = readDemographics(patient);
        const keys = blockingKeys(person);
        const record = recordKey(place.base, place.patient);
        const [key, near] = [keys.map((one) => one.key), keys.map((one) => one.near)];
        rows.set(record, [
          record,
          place.base,
          place.patient,
          JSON.stringify(person),
          `{${key.join()}}`,
          numberArray(near),
        ]);
      }
      // In one order, so that two who put in the same records never wait for each other in a circle.
      const sorted = [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
      await db.query({
        name: 'match-index',
        text: `insert into match_record (record, base, patient, demographics, keys, nears)
               select record, base, patient, demographics, keys::bigint[], nears::integer[]
               from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
                 as one (record, base, patient, demographics, keys, nears)
               on conflict (record) do update
                 set demographics = excluded.demographics, keys = excluded.keys, nears = excluded.nears
                 where match_record.demographics <> excluded.demographics or match_record.keys <> excluded.keys`,
        values: [0, 1, 2, 3, 4, 5].map((at) => sorted.map((row) => row[at])),
      });
    },
    forget: async (db, places) => {
      const records = places.map(({ base, patient }) => recordKey(base, patient));
      await db.query('delete from match_record where record = any($1::bigint[])', [records]);
    },
    match: async (db, patient, { limit, except, visible }) => {
      const person = readDemographics(patient);
      const candidates = await findCandidates(db, blockingKeys(person), settings.neighbours, visible);
      const others = candidates.filter(
        ({ place }) => except === undefined || place.base !== except.base || place.patient !== except.patient,
      );
      const judged = others.map((candidate: Candidate): Match => {
        return { place: candidate.place, ...judgePersons(person, candidate.person) };
      });
      const { possible } = settings.thresholds;
      return judged
        .filter(({ weight }) => weight >= possible)
        .sort(order)
        .slice(0, limit);
    },
    judge: (one, other) => judgePersons(readDemographics(one), readDemographics(other)),
  };
};
