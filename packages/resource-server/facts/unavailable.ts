/** What a decision needs could not be learned: no decision, and so no answer, until it can. FHIR R4 security.html#access-control. */

export class FactsUnavailable extends Error {
  /** @param reason for the log; it names no person and no record */
  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'FactsUnavailable';
  }
}
