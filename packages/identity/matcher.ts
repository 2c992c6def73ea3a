/**
 * What the index of persons asks of a matcher: to keep what records are compared by, and to say who may be whom. A record is
 * named by its place at the identity server. FHIR R4 patient-operation-match.html.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Place } from '@affinity/core/identity/person-index.ts';
import type pg from 'pg';

export type Queryable = pg.Pool | pg.PoolClient;

/** FHIR R4 valueset-match-grade. */
export type MatchGrade = 'certain' | 'probable' | 'possible' | 'certainly-not';

export interface Match {
  readonly place: Place;
  readonly grade: MatchGrade;
  /** 0…1 */
  readonly score: number;
  /** how each kind of evidence agrees; no value of a record */
  readonly comparison: Readonly<Record<string, unknown>>;
}

export interface Matcher {
  /** Puts records in, each in place of what was known of it. */
  index(db: Queryable, records: readonly { readonly place: Place; readonly patient: Resource }[]): Promise<void>;
  forget(db: Queryable, places: readonly Place[]): Promise<void>;
  /** Best first. `visible`: the others count as if they were not there. */
  match(
    db: Queryable,
    patient: Resource,
    question: {
      readonly limit: number;
      readonly except?: Place;
      readonly visible?: (places: readonly Place[]) => Promise<readonly boolean[]>;
    },
  ): Promise<readonly Match[]>;
  /** Two records by themselves. */
  judge(one: Resource, other: Resource): { readonly grade: MatchGrade };
}

/** In plain words: `birthDate: same`. */
export const reasonsOf = ({ comparison }: Pick<Match, 'comparison'>): readonly string[] =>
  Object.entries(comparison).flatMap(([kind, level]) => (typeof level === 'string' ? [`${kind}: ${level}`] : []));
