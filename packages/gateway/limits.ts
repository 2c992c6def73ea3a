/** How much one answer may cost, whatever a foreign system does: settings, each with a limit of its own. FHIR R4 http.html. */

export interface GatewayLimits {
  /** resources of the foreign system that one answer looks at */
  readonly scannedMost: number;
  /** resources that a chain or `_has` may lead through */
  readonly joinedMost: number;
  /** resources shown beside the matches of a page */
  readonly includedMost: number;
  /** values of one parameter that a question to the foreign system holds */
  readonly batch: number;
  /** questions of one answer that are asked at the same time */
  readonly concurrent: number;
  /** how often a write is tried again when another one was in its way */
  readonly attempts: number;
}
export const defaultLimits: GatewayLimits = {
  scannedMost: 10_000,
  joinedMost: 1000,
  includedMost: 1000,
  batch: 50,
  concurrent: 4,
  attempts: 3,
};
