/** What the stewards' pages are given by whoever puts the domain together: plain functions and plain values. IHE PIXm (ITI-83). */
import type { AtDesk, Begun, Completed } from '../admin/administration.ts';

/** The facts by which two records are compared, always in this order. */
export const comparedFacts = ['name', 'birthDate', 'gender', 'address', 'telecom', 'identifier'] as const;
export type ComparedFact = (typeof comparedFacts)[number];

/** What one source says of one human being. */
export interface RecordView {
  /** id of the record at the identity server */
  readonly record: string;
  /** of whom it is by now */
  readonly person: string;
  /** the name of the server that it is from */
  readonly source: string;
  /** its id there */
  readonly id?: string;
  readonly facts: Readonly<Record<ComparedFact, readonly string[]>>;
}

export interface CaseView {
  readonly id: string;
  readonly one: RecordView;
  readonly other: RecordView;
  /** 0…1 */
  readonly score: number;
  readonly raisedAt: Date;
  readonly state: 'waiting' | 'same' | 'different' | 'withdrawn';
  readonly decidedAt?: Date;
  readonly decidedBy?: string;
}

export interface PersonEventView {
  readonly event: string;
  readonly kind: 'link' | 'unlink' | 'merge' | 'unmerge' | 'different';
  readonly at: Date;
  readonly by: string;
  readonly why: string;
}

export interface PersonView {
  readonly id: string;
  readonly records: readonly RecordView[];
  /** the newest first */
  readonly history: readonly PersonEventView[];
}

export type Decided = 'done' | 'already' | 'absent' | 'kept-apart';

/** Every function that shows or changes something resolves when that is durable in the audit log. */
export interface Steward {
  readonly signIn: {
    begin(): Promise<Begun>;
    complete(callbackUrl: string, pending: string): Promise<Completed>;
  };
  /** The name of somebody who may be here at this moment; undefined for anybody else. */
  steward(user: string): Promise<string | undefined>;
  note(event: 'sign-in' | 'sign-out' | 'turned-away', user: string, address: string | undefined): Promise<void>;
  /** surest first */
  queue(
    after: string | undefined,
    by: AtDesk,
  ): Promise<{ readonly total: number; readonly cases: readonly CaseView[]; readonly next?: string }>;
  findCase(id: string, by: AtDesk): Promise<CaseView | undefined>;
  findPerson(id: string, by: AtDesk): Promise<PersonView | undefined>;
  /** ids of persons who have this number, whoever gave it */
  findByNumber(number: string, by: AtDesk): Promise<readonly string[]>;
  decide(id: string, verdict: 'same' | 'different', why: string, by: AtDesk): Promise<Decided>;
  /** Takes the record out of its person. */
  separate(record: string, why: string, by: AtDesk): Promise<Decided>;
  readonly key: Uint8Array;
  readonly idleSeconds: number;
  readonly sessionSeconds: number;
}
