/**
 * The token parameters of ITI-81 on AuditEvent, which IHE names like chains but means literally: they look for the
 * identifier that stands in the event, not for a resource that has it. IHE ITI TF-2 3.81.4.1.2.2.
 */
import type { SearchParameterResource } from './parameter-lines.ts';

const parameter = (code: string, expression: string): SearchParameterResource => ({
  url: `https://profiles.ihe.net/ITI/TF/Volume2/ITI-81.html#${code}`,
  code,
  type: 'token',
  base: ['AuditEvent'],
  expression,
});

export const auditIdentifiers: readonly SearchParameterResource[] = [
  parameter('agent.identifier', 'AuditEvent.agent.who.identifier'),
  // A person (audit-entity-type 1) in the role of the patient (object-role 1).
  parameter('patient.identifier', "AuditEvent.entity.where(type.code = '1' and role.code = '1').what.identifier"),
  parameter('entity.identifier', 'AuditEvent.entity.what.identifier'),
  parameter('source.identifier', 'AuditEvent.source.observer.identifier'),
];
