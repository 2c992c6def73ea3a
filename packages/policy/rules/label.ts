/** How confidential a record the token may see. FHIR R4 security-labels.html#hcs; v3-Confidentiality. */
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Rule } from '../decision.ts';
import { isOfAuditLog } from './audit-log.ts';
import { clearanceOf } from './clearance.ts';

/** Without a clearance: normal records, which is also what a record without a label counts as. */
export const byLabel: Rule = (question) => ({
  kind: 'permit',
  // Of the audit log it depends on the scope: `auditReach`.
  filter: isOfAuditLog(question) ? everything : { kind: 'confidentiality', atMost: clearanceOf(question) },
});
