/** What an administrator is to be told of what decisions are made by: once for each cause, not once for each request. IHE PCF. */

export interface FactsFault {
  /** a Consent that cannot be understood, or more of something than is looked at */
  readonly kind: 'consent-fault' | 'facts-limit';
  /** what it is about: the id of the Consent, or what there is too much of and whose */
  readonly key: string;
  /** a sentence of ours, with nothing personal in it */
  readonly detail: string;
}
export type Report = (fault: FactsFault) => void;

/** `version` tells one state of the cause from the next: a Consent that was changed and is still wrong is told again. */
export type ReportOnce = (fault: FactsFault, version?: string) => void;

/** Causes that are remembered as told; beyond them the oldest may be told again. */
const mostRemembered = 10_000;

export const reportOnce = (report: Report): ReportOnce => {
  const told = new Set<string>();
  return (fault, version = '') => {
    const cause = JSON.stringify([fault.kind, fault.key, version]);
    if (told.has(cause)) return;
    told.add(cause);
    const [oldest] = told;
    if (told.size > mostRemembered && oldest !== undefined) told.delete(oldest);
    report(fault);
  };
};
