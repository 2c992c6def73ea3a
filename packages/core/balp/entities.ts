/** What it was about: the resource, the patient, the question, the transaction, the consent. IHE BALP 3:5.7.3, 3:5.7.6. */
import type { AuditRecord } from '../fhir/audit-event.ts';
import type { Coding } from '../fhir/resource.ts';
import type { EventForm } from './event-forms.ts';
import { base64, isConfinedTo, rawRequest, withoutValues } from './raw-query.ts';

export interface Entity {
  readonly what?: object;
  readonly type: Coding;
  readonly role?: Coding;
  readonly description?: string;
  readonly query?: string;
  readonly detail?: readonly { readonly type: string; readonly valueString: string }[];
}

const entityTypes = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const person: Coding = { system: entityTypes, code: '1', display: 'Person' };
const systemObject: Coding = { system: entityTypes, code: '2', display: 'System Object' };
const role = (code: string, display: string): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/object-role',
  code,
  display,
});

const reports = new Set([
  'Bundle',
  'Composition',
  'DiagnosticReport',
  'DocumentManifest',
  'DocumentReference',
  'MeasureReport',
]);

/** J05: a report, a job, or a domain resource. */
const roleOf = (type: string): Coding => {
  if (reports.has(type)) return role('3', 'Report');
  return type === 'Task' ? role('20', 'Job') : role('4', 'Domain Resource');
};

const resourceEntity = (target: string): Entity => {
  const [type = ''] = target.split('/', 1);
  // A whole type is no resource: it is named, and nothing is referred to.
  const what = target.includes('/') ? { reference: target } : { type: target, display: target };
  return { what, type: systemObject, role: roleOf(type) };
};

const patientEntity = (patient: string): Entity => ({
  what: { reference: `Patient/${patient}` },
  type: person,
  role: role('1', 'Patient'),
});

/** J05: as it came, in base64; what was understood of it beside it. In a patient's own event, nothing of other people. */
const queryEntity = (record: AuditRecord, patient: string | undefined): Entity => {
  const shown = patient === undefined || isConfinedTo(record, patient) ? record : withoutValues(record);
  const { understood } = shown;
  return {
    type: systemObject,
    role: role('24', 'Query'),
    ...(understood === undefined ? {} : { description: `${record.target ?? ''}?${understood}` }),
    query: base64(rawRequest(shown)),
  };
};

const tokenRequestEntity = (record: AuditRecord): Entity => ({
  type: systemObject,
  role: role('24', 'Query'),
  query: base64(rawRequest({ ...record, method: 'POST', target: 'token' })),
});

/** The grant is the consent: its id names it, and the scopes are what was consented to. */
const consentEntity = ({ grant, scope, query }: AuditRecord): Entity => {
  const scopes = scope ?? query;
  return {
    what: grant === undefined ? { display: 'no consent was given' } : { identifier: { value: grant }, type: 'Consent' },
    type: { system: 'http://hl7.org/fhir/resource-types', code: 'Consent', display: 'Consent' },
    ...(scopes === undefined ? {} : { detail: [{ type: 'scope', valueString: scopes }] }),
  };
};

/**
 * Whether the Consents of the patients had a say may follow from those of several patients: in a patient's own event that
 * is left out, so that it tells nothing of the others.
 */
const rulesThatNarrowed = ({ because = [] }: AuditRecord, patient: string | undefined): readonly string[] =>
  patient === undefined ? because : because.filter((rule) => rule !== 'consent');

const transactionEntity = (requestId: string, rules: readonly string[]): Entity => ({
  what: { identifier: { value: requestId } },
  type: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' },
  ...(rules.length === 0 ? {} : { detail: [{ type: 'narrowed-by', valueString: rules.join(' ') }] }),
});

const aboutEntities = (record: AuditRecord, { about }: EventForm, patient: string | undefined): readonly Entity[] => {
  switch (about) {
    case 'resource':
      return record.target === undefined ? [] : [resourceEntity(record.target)];
    case 'query':
      return [queryEntity(record, patient)];
    case 'token-request':
      return [tokenRequestEntity(record)];
    case 'consent':
      return [consentEntity(record)];
    case 'nothing':
      return [];
  }
};

export const entitiesOf = (record: AuditRecord, form: EventForm, patient: string | undefined): readonly Entity[] => [
  ...aboutEntities(record, form, patient),
  ...(patient === undefined ? [] : [patientEntity(patient)]),
  // BALP's profiles of tokens and consents are closed to further entities.
  ...(record.requestId === undefined || form.about === 'token-request' || form.about === 'consent'
    ? []
    : [transactionEntity(record.requestId, rulesThatNarrowed(record, patient))]),
];
