/** Who took part: the app, the server, the user; their codes turn round with the direction of the records. IHE BALP 3:5.7.3, 3:5.7.5. */
import type { AuditRecord } from '../fhir/audit-event.ts';
import type { Coding } from '../fhir/resource.ts';
import { actReason } from '../smart/purpose-of-use.ts';
import type { EventForm } from './event-forms.ts';

export interface Agent {
  readonly type: { readonly coding: readonly Coding[] };
  readonly who: object;
  readonly requestor: boolean;
  readonly network?: { readonly address: string; readonly type: string };
  readonly policy?: readonly string[];
  readonly purposeOfUse?: readonly object[];
}

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const source: Coding = { system: dicom, code: '110153', display: 'Source Role ID' };
const destination: Coding = { system: dicom, code: '110152', display: 'Destination Role ID' };
const application: Coding = { system: dicom, code: '110150', display: 'Application' };
const custodian: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  code: 'custodian',
  display: 'Custodian',
};
const authorizer: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
  code: 'authserver',
  display: 'authorization server',
};
const userAgentTypes = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes';
const tokenService: Coding = { system: userAgentTypes, code: 'AuthzOauthService' };
const tokenUser: Coding = { system: userAgentTypes, code: 'UserOauthAgent' };
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const recipient: Coding = { system: participation, code: 'IRCP', display: 'information recipient' };
const author: Coding = { system: participation, code: 'AUT', display: 'author (originator)' };
const provider: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass',
  code: 'PROV',
  display: 'healthcare provider',
};

/** J03: for each form, the code of the client and that of the server. */
const roles: Readonly<Record<EventForm['agents'], readonly [client: Coding, server: Coding]>> = {
  read: [destination, source],
  write: [source, destination],
  delete: [application, custodian],
  authorization: [application, tokenService],
  consent: [application, authorizer],
  disclosure: [destination, source],
  receipt: [source, destination],
};

const uri = 'urn:ietf:rfc:3986';

/** The part that speaks, as it names itself in `source.observer` and among the agents: the two are one. */
export const observerOf = ({ base, source: name }: AuditRecord): object =>
  base === undefined ? { display: name } : { identifier: { system: uri, value: base }, display: name };

/** FHIR R4 valueset-network-type: 2 is an IP address, 5 a URI. */
const clientNetwork = ({ address }: AuditRecord): Pick<Agent, 'network'> =>
  address === undefined ? {} : { network: { address, type: '2' } };
const serverNetwork = ({ base }: AuditRecord): Pick<Agent, 'network'> =>
  base === undefined ? {} : { network: { address: base, type: '5' } };

/** J06: the id of the token stands for it; the token itself is nowhere. */
const tokenPolicy = ({ token }: AuditRecord): Pick<Agent, 'policy'> =>
  token === undefined ? {} : { policy: [`urn:ietf:params:oauth:jti:${token}`] };

const purpose = ({ purpose: codes }: AuditRecord): Pick<Agent, 'purposeOfUse'> =>
  codes === undefined
    ? {}
    : { purposeOfUse: codes.split(' ').map((code) => ({ coding: [{ system: actReason, code }] })) };

/** BALP's profiles of what changes records want a user who is an author, informant or custodian; J04 the recipient. */
const userCodings = (action: EventForm['action']): readonly Coding[] =>
  action === 'C' || action === 'U' || action === 'D' ? [author, recipient, tokenUser] : [recipient, tokenUser];

export const agentsOf = (record: AuditRecord, form: EventForm): readonly Agent[] => {
  const [clientRole, serverRole] = roles[form.agents];
  const { user, client, issuer } = record;
  const byUser = user !== undefined;
  const agents: Agent[] = [
    {
      type: { coding: [clientRole] },
      who: client === undefined ? { display: 'unknown' } : { identifier: { value: client } },
      // A backend service asks for itself, and so does whoever could not be recognized.
      requestor: !byUser && form.agents !== 'receipt',
      ...(byUser ? {} : tokenPolicy(record)),
      ...(byUser ? {} : purpose(record)),
      ...clientNetwork(record),
    },
    { type: { coding: [serverRole] }, who: observerOf(record), requestor: false, ...serverNetwork(record) },
  ];
  // The servers between the app and this one: they ask for the app, with what it was allowed (RFC 8693).
  for (const actor of record.actors ?? [])
    agents.push({ type: { coding: [application] }, who: { identifier: { value: actor } }, requestor: false });
  if (byUser) {
    agents.push({
      type: { coding: userCodings(form.action) },
      who: { identifier: { ...(issuer === undefined ? {} : { system: issuer }), value: user } },
      requestor: true,
      ...tokenPolicy(record),
      ...purpose(record),
    });
  }
  if (form.agents === 'consent' && issuer !== undefined) {
    // The organization on whose behalf the user is here: the domain in which the user has an account.
    const who = { identifier: { system: uri, value: issuer } };
    agents.push({ type: { coding: [provider] }, who, requestor: false });
  }
  return agents;
};
