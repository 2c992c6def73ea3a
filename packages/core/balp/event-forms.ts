/**
 * The table of audited events: what each becomes as a FHIR AuditEvent. Types and subtypes are those of IHE BALP 3:5.7
 * (RESTful operations, token and consent decisions, privacy disclosures) and of DICOM PS3.16 CID 400 for the others.
 */
import type { AuditedEvent } from '../fhir/audit-event.ts';
import type { Coding } from '../fhir/resource.ts';

const dcm = (code: string, display: string): Coding => ({
  system: 'http://dicom.nema.org/resources/ontology/DCM',
  code,
  display,
});
const rest: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
  code: 'rest',
  display: 'Restful Operation',
};
const interaction = (code: string): Coding => ({ system: 'http://hl7.org/fhir/restful-interaction', code });

/** Every event that is no RESTful interaction has its own name here too, so that each can be searched for by itself. */
export const ownEventSystem = 'urn:affinity:audit-event';

const authentication = dcm('110114', 'User Authentication');
const alert = dcm('110113', 'Security Alert');
const login = dcm('110122', 'Login');
const logout = dcm('110123', 'Logout');
const configuration = dcm('110131', 'Security Configuration');
const getAccessToken: Coding = {
  system: 'urn:ihe:event-type-code',
  code: 'ITI-71',
  display: 'Get Access Token',
};
const consentDecision: Coding = {
  system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType',
  code: 'AuthZ-Consent',
};
const disclose: Coding = { system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', code: 'disclose' };

export interface EventForm {
  readonly type: Coding;
  readonly subtype: readonly Coding[];
  /** create, read, update, delete, execute (a search is an execution) */
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  /**
   * Which codes the agents bear. `read`: records flow to the client. `write`: content, or a question, flows to the server.
   * `delete`: an application and a custodian. `authorization`: an app at an authorization server. `consent`: who asks,
   * for whom, and who decides. `disclosure`: the server is the source, the caller the recipient; `receipt` turned round.
   */
  readonly agents: 'read' | 'write' | 'delete' | 'authorization' | 'consent' | 'disclosure' | 'receipt';
  /** what the event is about: a resource, a question, a request for a token, a consent, or nothing beside the patient */
  readonly about: 'resource' | 'query' | 'token-request' | 'consent' | 'nothing';
  /** the profile of a success without a patient, and with one */
  readonly profile?: string;
  readonly patientProfile?: string;
  /** of one that was refused, where that is more than a minor failure */
  readonly refused?: '8';
}

const basic = (name: string): Pick<EventForm, 'profile' | 'patientProfile'> => ({
  profile: `IHE.BasicAudit.${name}`,
  patientProfile: `IHE.BasicAudit.Patient${name}`,
});
const reading = { type: rest, action: 'R', agents: 'read', about: 'resource' } as const;
const executing = { type: rest, action: 'E', agents: 'write', about: 'resource' } as const;

const own = (event: AuditedEvent): Coding => ({ system: ownEventSystem, code: event });
const signingIn = (event: AuditedEvent, ...subtype: readonly Coding[]): EventForm => ({
  type: authentication,
  subtype: [...subtype, own(event)],
  action: 'E',
  agents: 'authorization',
  about: 'nothing',
});
const token = (event: AuditedEvent, profile: Partial<EventForm> = {}): EventForm => ({
  ...signingIn(event, getAccessToken),
  about: 'token-request',
  ...profile,
});
const warning = (event: AuditedEvent, ...subtype: readonly Coding[]): EventForm => ({
  ...signingIn(event, ...subtype),
  type: alert,
  refused: '8',
});
const consenting = (event: AuditedEvent): EventForm => ({
  type: alert,
  subtype: [consentDecision, own(event)],
  action: 'E',
  agents: 'consent',
  about: 'consent',
  patientProfile: 'IHE.BasicAudit.AuthZconsent',
  refused: '8',
});

export const eventForms: Readonly<Record<AuditedEvent, EventForm>> = {
  read: { ...reading, subtype: [interaction('read')], ...basic('Read') },
  vread: { ...reading, subtype: [interaction('vread')], ...basic('Read') },
  // BALP has no profile for histories: they have the form of a read and claim none.
  'history-instance': { ...reading, subtype: [interaction('history-instance')] },
  'history-type': { ...reading, subtype: [interaction('history-type')] },
  'history-system': { ...reading, subtype: [interaction('history-system')], about: 'nothing' },
  create: {
    type: rest,
    subtype: [interaction('create')],
    action: 'C',
    agents: 'write',
    about: 'resource',
    ...basic('Create'),
  },
  update: {
    type: rest,
    subtype: [interaction('update')],
    action: 'U',
    agents: 'write',
    about: 'resource',
    ...basic('Update'),
  },
  patch: {
    type: rest,
    subtype: [interaction('patch')],
    action: 'U',
    agents: 'write',
    about: 'resource',
    ...basic('Update'),
  },
  delete: {
    type: rest,
    subtype: [interaction('delete')],
    action: 'D',
    agents: 'delete',
    about: 'resource',
    ...basic('Delete'),
  },
  'search-type': { ...executing, subtype: [interaction('search-type')], about: 'query', ...basic('Query') },
  'search-system': { ...executing, subtype: [interaction('search-system')], about: 'query', ...basic('Query') },
  // What is done inside a Bundle is recorded entry by entry; this is the Bundle as such.
  batch: { ...executing, subtype: [interaction('batch')], about: 'nothing' },
  transaction: { ...executing, subtype: [interaction('transaction')], about: 'nothing' },
  operation: { ...executing, subtype: [interaction('operation')] },
  request: { ...executing, subtype: [own('request')], about: 'nothing' },

  'sign-in': signingIn('sign-in', login),
  'sign-in-failed': signingIn('sign-in-failed', login),
  'sign-in-throttled': { ...signingIn('sign-in-throttled', login), refused: '8' },
  'second-factor': signingIn('second-factor', login),
  'sign-out': signingIn('sign-out', logout),
  // The name and date of birth of somebody are shown on a page: a read of the Patient.
  'patient-shown': { ...reading, subtype: [interaction('read'), own('patient-shown')], ...basic('Read') },
  'identifiers-shown': { ...reading, subtype: [interaction('read'), own('identifiers-shown')], ...basic('Read') },
  'identifiers-released': { ...reading, subtype: [interaction('read'), own('identifiers-released')], ...basic('Read') },
  'patient-choice-refused': warning('patient-choice-refused'),
  'consent-granted': consenting('consent-granted'),
  'consent-denied': consenting('consent-denied'),
  'device-authorization': signingIn('device-authorization'),
  // Refused where no device shows that code, or where it was tried too often.
  'device-code-entered': { ...signingIn('device-code-entered'), refused: '8' },
  'launch-issued': signingIn('launch-issued'),
  'launch-used': signingIn('launch-used'),
  'code-issued': signingIn('code-issued'),
  'code-replayed': warning('code-replayed'),
  // The profile is closed to a patient entity, so it is claimed where no patient is in context.
  'token-issued': token('token-issued', { profile: 'IHE.IUA.71' }),
  'token-refreshed': token('token-refreshed', { profile: 'IHE.IUA.71' }),
  'token-exchanged': token('token-exchanged', { profile: 'IHE.IUA.71' }),
  'token-refused': token('token-refused'),
  'refresh-token-replayed': warning('refresh-token-replayed'),
  'token-revoked': signingIn('token-revoked'),
  'token-introspected': signingIn('token-introspected'),

  'client-registered': warning('client-registered', configuration),
  'client-changed': warning('client-changed', configuration),
  'client-removed': warning('client-removed', configuration),
  'key-rotated': warning('key-rotated', configuration),
  'policy-changed': warning('policy-changed', configuration),
  'label-changed': warning('label-changed', dcm('110134', 'Object Security Attributes Changed')),
  'role-changed': warning('role-changed', dcm('110136', 'Security Roles Changed')),
  'credential-changed': warning('credential-changed', dcm('110137', 'User Security Attributes Changed')),
  'identity-linked': warning('identity-linked', dcm('110137', 'User Security Attributes Changed')),
  'emergency-access': warning('emergency-access', dcm('110127', 'Emergency Override Started')),
  'alerts-shown': {
    type: dcm('110101', 'Audit Log Used'),
    subtype: [own('alerts-shown')],
    action: 'R',
    agents: 'read',
    about: 'nothing',
  },
  'alert-acknowledged': warning('alert-acknowledged'),
  // Somebody asked how a request would be decided. The request is what was asked; it was not executed.
  'decision-explained': {
    type: dcm('110112', 'Query'),
    subtype: [own('decision-explained')],
    action: 'E',
    agents: 'write',
    about: 'query',
  },

  disclosed: {
    type: dcm('110106', 'Export'),
    subtype: [disclose, own('disclosed')],
    action: 'R',
    agents: 'disclosure',
    about: 'resource',
    patientProfile: 'IHE.BasicAudit.PrivacyDisclosure.Source',
  },
  'disclosure-received': {
    type: dcm('110107', 'Import'),
    subtype: [disclose, own('disclosure-received')],
    action: 'C',
    agents: 'receipt',
    about: 'resource',
    patientProfile: 'IHE.BasicAudit.PrivacyDisclosure.Recipient',
  },
};

/** Of an event that this version has no name for: written by a later one, and read after going back. */
export const unknownForm = (event: string): EventForm => ({
  type: rest,
  subtype: [{ system: ownEventSystem, code: event }],
  action: 'E',
  agents: 'write',
  about: 'nothing',
});
