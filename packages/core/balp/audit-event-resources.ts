/**
 * An audit record as the FHIR AuditEvents that it is: one for each patient that it touches, and one without a patient where
 * it touches none, or where it holds what no single patient may see. A pure function: the same record always gives the same
 * resources with the same ids. IHE BALP 3:5.7.3 (J01–J11 of the requirement list).
 */
import type { AuditRecord } from '../fhir/audit-event.ts';
import { type Coding, isResourceId, type Resource } from '../fhir/resource.ts';
import { agentsOf, observerOf } from './agents.ts';
import { entitiesOf } from './entities.ts';
import { type EventForm, eventForms, unknownForm } from './event-forms.ts';
import { isConfinedTo } from './raw-query.ts';

/**
 * Marks what was made from this domain's own log. `version` is that of the mapping: one more whenever a record of before
 * would become something else, so that a check knows what to compare.
 */
export const ownTag = { system: 'urn:affinity:audit', version: '1', code: 'derived' } as const;

const profileBase = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/';

/** FHIR R4 valueset-audit-event-outcome: 0 success, 4 as an HTTP 4xx, 8 as a 5xx or a refusal that matters, 12 out of service. */
const outcomeOf = ({ outcome, status }: AuditRecord, form: EventForm): '0' | '4' | '8' | '12' => {
  if (status === 503) return '12';
  if (status !== undefined && status >= 500) return '8';
  if (outcome === 'denied') return form.refused ?? '4';
  return outcome === 'failed' || (status !== undefined && status >= 400) ? '4' : '0';
};

const described = ({ outcome, status, rule, reason }: AuditRecord): string =>
  [
    outcome === 'permitted' ? 'not done' : outcome,
    status === undefined ? '' : `HTTP ${status}`,
    rule === undefined ? '' : `by the rule ${rule}`,
    reason ?? '',
  ]
    .filter((part) => part !== '')
    .join(', ');

/** The context first: what it is given follows from the request alone, whoever else was touched. */
const touchedBy = ({ patient, patients = [] }: AuditRecord): readonly string[] =>
  [...new Set([...(patient === undefined ? [] : [patient]), ...patients])].filter(isResourceId);

/** As confidential as what it was about: whoever may not know of that is not told that it was looked at. */
const labelOf = ({ confidentiality: code }: AuditRecord): { readonly security?: readonly Coding[] } =>
  code === undefined
    ? {}
    : { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code }] };

const sourceTypes = 'http://terminology.hl7.org/CodeSystem/security-source-type';

const resourceOf = (
  record: AuditRecord,
  form: EventForm,
  id: string,
  patient: string | undefined,
): Resource & { readonly id: string } => {
  const outcome = outcomeOf(record, form);
  // BALP's profiles are those of what succeeded.
  const name = outcome !== '0' ? undefined : patient === undefined ? form.profile : form.patientProfile;
  const entity = entitiesOf(record, form, patient);
  const isIssuer = form.agents === 'authorization' || form.agents === 'consent';
  return {
    resourceType: 'AuditEvent',
    id,
    meta: { ...(name === undefined ? {} : { profile: [`${profileBase}${name}`] }), ...labelOf(record), tag: [ownTag] },
    type: form.type,
    subtype: form.subtype,
    action: form.action,
    recorded: record.recorded,
    outcome,
    ...(outcome !== '0'
      ? { outcomeDesc: described(record) }
      : record.reason === undefined
        ? {}
        : { outcomeDesc: record.reason }),
    agent: agentsOf(record, form),
    source: {
      site: record.source,
      observer: observerOf(record),
      type: [
        isIssuer
          ? { system: sourceTypes, code: '6', display: 'Security Server' }
          : { system: sourceTypes, code: '4', display: 'Application Server' },
      ],
    },
    ...(entity.length === 0 ? {} : { entity }),
  };
};

/** Ids are `[record id]` for the event without a patient, and `[record id].[n]` for the nth patient. */
export const auditEventsOf = (record: AuditRecord): readonly (Resource & { readonly id: string })[] => {
  const form = Object.hasOwn(eventForms, record.event) ? eventForms[record.event] : unknownForm(record.event);
  const patients = touchedBy(record);
  const whole = form.about === 'query' && patients.some((patient) => !isConfinedTo(record, patient));
  return [
    ...(patients.length === 0 || whole ? [resourceOf(record, form, record.id, undefined)] : []),
    ...patients.map((patient, index) => resourceOf(record, form, `${record.id}.${index + 1}`, patient)),
  ];
};
