/**
 * What becomes of an answer that cannot be used: an error of ours without a word of the foreign system's own, and a report
 * to operators without an address. FHIR R4 security.html#http, http.html#Status-Codes; RFC 9110 §15.6.
 */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

export type UpstreamReportKind =
  /** its answer is not FHIR, was cut off, is too large or of another type than was asked for */
  | 'upstream-unusable'
  /** it takes our credentials no more, or gives us none */
  | 'upstream-credentials'
  /** it does not understand a question or a write that its statement offers */
  | 'upstream-refused'
  /** a page that leads elsewhere, or pages without an end */
  | 'upstream-paging'
  /** it says itself that it has passed over a parameter */
  | 'upstream-ignores-parameter'
  /** it calls itself by an address that the operator has not told */
  | 'upstream-unknown-address'
  /** it wrote over what was there, though it was asked not to */
  | 'upstream-overwrote'
  /** it cannot be reached, and is not asked for a while; it answers again */
  | 'upstream-down'
  | 'upstream-up';

export interface UpstreamReport {
  readonly kind: UpstreamReportKind;
  /** name of the source */
  readonly source: string;
  /** resource type, parameter or status: never an address, an id, or a word of a record */
  readonly detail?: string;
}
export type ReportUpstream = (report: UpstreamReport) => void;

export const unusable = (): FhirError =>
  fhirError(502, 'exception', 'the records system gave no answer that can be used');
export const tooSlow = (): FhirError => fhirError(504, 'timeout', 'the records system did not answer in time');
export const refusedContent = (): FhirError =>
  fhirError(422, 'business-rule', 'the records system refused the content');
export const notOffered = (): FhirError => fhirError(405, 'not-supported', 'the records system does not offer this');
export const pageGone = (): FhirError => fhirError(410, 'expired', 'the page can no longer be had: search again');

/** Why no answer came, as the connection says it. Without the words of the network: they name the address. */
export type ConnectionFault =
  /** no connection, or closed before an answer */
  | 'unreachable'
  | 'too-slow'
  /** it answered, and not by HTTP, not to the end, or with too much */
  | 'broken'
  /** we are not taken for who we are */
  | 'refused'
  /** whoever asked has gone */
  | 'given-up';

export class UpstreamFault extends Error {
  readonly kind: ConnectionFault;
  constructor(kind: ConnectionFault, code: string) {
    super(`${kind}: ${code}`);
    this.name = 'UpstreamFault';
    this.kind = kind;
  }
}

/** Each kind of report once for each detail, as long as a process lives; what opens and closes, every time. */
export const reportOnce = (report: ReportUpstream): ReportUpstream => {
  const told = new Set<string>();
  return (one) => {
    const key = `${one.kind} ${one.detail ?? ''}`;
    if (told.has(key) || told.size >= 200) return;
    told.add(key);
    report(one);
  };
};
