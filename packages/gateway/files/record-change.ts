/** What a message or a row says of one resource. FHIR R4 resource.html; HL7 v2.5.1 chapter 2, 2.5.3.2 (values that are not given). */
import type { Exact, ExactObject } from '@affinity/core/fhir/exact-json.ts';

export interface RecordChange {
  readonly type: string;
  readonly id: string;
  /** without `resourceType`, `id`, and what the gateway says in `meta` */
  readonly elements: ExactObject;
  /** elements that are said to be empty now, and those of a Period, as `period.end` */
  readonly emptied?: readonly string[];
  /** items that a list holds beside those that are in it already */
  readonly added?: Readonly<Record<string, readonly Exact[]>>;
  /** elements where none is known yet */
  readonly otherwise?: ExactObject;
  /**
   * `whole`: it is this and nothing else. `part`: what is not spoken of stays as it was. `mention`: it is this as long as
   * nobody has said what it is, such as the patient of a laboratory's report.
   */
  readonly says: 'whole' | 'part' | 'mention';
  /** it may come to be in another patient's record: rows may be corrected so, a message that says it is not believed */
  readonly mayMove?: boolean;
}

/** Why a message or a row is not applied: plain words, and no value of it. */
export class Refused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Refused';
  }
}
