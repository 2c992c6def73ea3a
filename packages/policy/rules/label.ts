/** How confidential a record the token may see. FHIR R4 security-labels.html#hcs; v3-Confidentiality. */
import type { Rule } from '../decision.ts';

/** Without a clearance: normal records, which is also what a record without a label counts as. */
export const byLabel: Rule = ({ principal }) => ({
  kind: 'permit',
  filter: { kind: 'confidentiality', atMost: principal.clearance ?? 'N' },
});
