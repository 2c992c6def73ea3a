/** What operators are told of a foreign system that answers wrongly: never an address, an id, or a word of a record. FHIR R4 security.html. */

export interface SourceReport {
  /**
   * `upstream-wrong-patient`: asked for the records of some patients, it gave another's. `upstream-wrong-resource`: asked
   * for one resource, it gave another. `upstream-loop`: its pages lead in a circle. Nothing of it was shown.
   */
  readonly kind: 'upstream-wrong-patient' | 'upstream-wrong-resource' | 'upstream-loop';
  /** name of the source */
  readonly source: string;
  readonly type: string;
}
export type Report = (report: SourceReport) => void;
