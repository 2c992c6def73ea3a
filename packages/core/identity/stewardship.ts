/**
 * What a steward does with the index of persons: decides whether two records are of one human being, takes a record out of
 * a person, merges persons and takes a merge back. Every step is kept with who, when and why, and what somebody has decided
 * stands: no matcher links what a steward keeps apart. IHE PIXm (ITI-83, ITI-104); FHIR R4 patient.html#links.
 */
import type { Resource } from '../fhir/resource.ts';
import type { Place } from './person-index.ts';

/** One Patient of the identity server: what one source says of one human being. */
export interface IndexedRecord {
  /** id of the Patient at the identity server */
  readonly record: string;
  readonly person: string;
  /** where it is from; absent: its source sends it itself (PIXm ITI-104) */
  readonly place?: Place;
  readonly resource: Resource;
}

/** `withdrawn`: settled by something else, such as a deletion. */
export type ReviewState = 'waiting' | 'same' | 'different' | 'withdrawn';

/** Two records that may be of one human being. */
export interface ReviewCase {
  readonly id: string;
  readonly one: IndexedRecord;
  readonly other: IndexedRecord;
  /** 0…1 */
  readonly score: number;
  /** what agrees and what does not, in plain words without any value of a record */
  readonly reasons: readonly string[];
  readonly state: ReviewState;
  /** instants */
  readonly raisedAt: string;
  readonly decidedAt?: string;
  readonly decidedBy?: string;
}

/** Who decides, as the audit log knows them, and why in their words. */
export interface Deciding {
  readonly by: string;
  readonly why: string;
}

export type PersonEventKind = 'link' | 'unlink' | 'merge' | 'unmerge' | 'different';

/** One step of the history of who is who. */
export interface PersonEvent {
  readonly event: string;
  readonly kind: PersonEventKind;
  readonly at: string;
  /** `matcher` where nobody decided */
  readonly by: string;
  readonly why: string;
  readonly score?: number;
  /** the person that the records came from, and the one that they went to */
  readonly from?: string;
  readonly to?: string;
  readonly records: readonly string[];
}

/** `kept-apart`: a steward has said before that some of these records are of different people. */
export type Stewarding = 'done' | 'absent' | 'kept-apart';

export interface Stewardship {
  /** Surest first. `after`: a `next` of the page before. */
  waiting(page: {
    readonly count: number;
    readonly after?: string;
  }): Promise<{ readonly cases: readonly ReviewCase[]; readonly total: number; readonly next?: string }>;
  findCase(id: string): Promise<ReviewCase | undefined>;
  /** The first decision counts; `same` links, `different` keeps apart for ever. */
  decide(id: string, verdict: 'same' | 'different', deciding: Deciding): Promise<Stewarding | 'decided-already'>;
  /** Takes the record out of its person, and keeps it apart from the others of that person. `absent`: it is alone. */
  unlink(record: string, deciding: Deciding): Promise<Stewarding>;
  /** Everything of the other person becomes the survivor's; the id of the other leads to the survivor from then on. */
  merge(survivor: string, other: string, deciding: Deciding): Promise<Stewarding>;
  /** Takes back the merge or link of this event: what it moved goes back, and is kept apart. */
  unmerge(event: string, deciding: Deciding): Promise<Stewarding>;
  recordsOf(person: string): Promise<readonly IndexedRecord[]>;
  /** Newest first. */
  historyOf(person: string): Promise<readonly PersonEvent[]>;
}
