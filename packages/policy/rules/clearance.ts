/** Up to which confidentiality a caller may see records at all. FHIR R4 security-labels.html#hcs; v3-Confidentiality. */
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import type { Question } from '../decision.ts';

/**
 * Of a user what the token says, of a backend service what was agreed with it, whatever its token says. Where nothing is
 * said: normal records, which is also what a record without a label counts as.
 */
export const clearanceOf = ({ principal, facts }: Question): Confidentiality => {
  if (principal.user !== undefined) return principal.clearance ?? 'N';
  return (principal.service === true ? facts.service?.clearance : undefined) ?? 'N';
};
