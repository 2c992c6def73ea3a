/** What the index of persons asks of a matcher: by what a record is found, and how much two records are of one human being. */
import type { Resource } from '@affinity/core/fhir/resource.ts';

/** What a record is compared by: made once of its Patient, kept as JSON, and opaque to whoever keeps it. */
export type Features = Readonly<Record<string, unknown>>;

/** FHIR R4 valueset-match-grade. */
export type MatchGrade = 'certain' | 'probable' | 'possible' | 'certainly-not';

export interface Comparison {
  readonly grade: MatchGrade;
  /** 0…1 */
  readonly score: number;
  /** what agrees and what does not, in plain words without any value of a record */
  readonly reasons: readonly string[];
}

export interface Matcher {
  /** `keys`: records that share none of them are never compared */
  describe(patient: Resource): { readonly features: Features; readonly keys: readonly string[] };
  /** The same whichever comes first. */
  compare(one: Features, other: Features): Comparison;
}
