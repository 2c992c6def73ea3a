/** Kinds of callers, each with its access token and what the house knows of it. SMART App Launch 2.2, scopes; IUA; IHE PCF. */
import type { Caller, CallerScope } from './access-oracle.ts';
import { wholeGrant } from './world-agreements.ts';
import { actReason, beginning, categorySystem, type PlannedConsent, type PlannedProvision } from './world-plan.ts';

const scope = (where: CallerScope['where'], type: string, letters: string, category?: string): CallerScope => ({
  where,
  type,
  letters,
  ...(category === undefined ? {} : { category }),
});
const everythingOfPatient = [scope('patient', '*', 'cruds')];
const everythingOfUser = [scope('user', '*', 'cruds')];

const day = 86_400_000;
/** A grant of these rights alone to the first app. */
const granting = (provisions: readonly PlannedProvision[], more: Partial<PlannedProvision> = {}): PlannedConsent => ({
  ...wholeGrant('g', 'a', 'app-1'),
  provision: { type: 'deny', ...more, provisions },
});

const self = { fhirUser: 'Patient/a', patient: 'a', client: 'app-1' };
const proxy = { fhirUser: 'RelatedPerson/r1', client: 'app-1' };
const doctor = { fhirUser: 'Practitioner/d1', client: 'app-2' };

export const callers: readonly Caller[] = [
  { ...self, name: 'a patient', scopes: everythingOfPatient },
  { ...self, name: 'a patient, confidential too', scopes: everythingOfPatient, clearance: 'R' },
  { ...self, name: 'a patient, one type', scopes: [scope('patient', 'Observation', 'cruds')] },
  {
    ...self,
    name: 'a patient, granular',
    scopes: [scope('patient', 'Observation', 'cruds', 'laboratory'), scope('patient', 'Patient', 'rs')],
  },
  {
    ...self,
    name: 'a patient, letters apart',
    clearance: 'V',
    scopes: [
      scope('patient', '*', 'rs'),
      scope('patient', 'Observation', 'c'),
      scope('patient', 'Observation', 'u', 'vital-signs'),
      scope('patient', 'Condition', 'd'),
    ],
  },
  { ...self, name: 'a patient who only reads', scopes: [scope('patient', '*', 'r'), scope('user', 'Consent', 'rs')] },
  {
    ...self,
    name: 'an app with a narrow grant',
    scopes: everythingOfPatient,
    clearance: 'R',
    grant: granting([
      { type: 'permit', actor: 'app-1', class: 'Observation', provisions: [] },
      { type: 'permit', actor: 'app-1', class: 'Condition', code: 'k1', provisions: [] },
      { type: 'permit', actor: 'app-2', class: 'Encounter', provisions: [] },
      { type: 'permit', actor: 'app-1', class: 'Patient', provisions: [] },
    ]),
  },
  {
    ...self,
    name: 'an app whose grant is over',
    scopes: everythingOfPatient,
    grant: granting([{ type: 'permit', actor: 'app-1', provisions: [] }], { until: beginning - day }),
  },
  { ...proxy, name: 'a proxy, one patient', patient: 'a', scopes: everythingOfPatient },
  { ...proxy, name: 'a proxy, all of theirs', scopes: everythingOfUser, purpose: 'PATRQT' },
  { ...proxy, name: 'a proxy at another patient', patient: 'b', scopes: everythingOfPatient, clearance: 'V' },
  { ...doctor, name: 'a practitioner by care team', scopes: everythingOfUser, purpose: 'TREAT' },
  { ...doctor, name: 'a practitioner who does not say why', scopes: everythingOfUser, clearance: 'R' },
  { ...doctor, name: 'a practitioner with one patient', patient: 'a', scopes: everythingOfPatient, purpose: 'TREAT' },
  {
    ...doctor,
    name: 'a practitioner of the whole server',
    scopes: everythingOfUser,
    wholeServer: true,
    purpose: 'TREAT',
    clearance: 'V',
  },
  {
    ...doctor,
    name: 'a researcher of the whole server',
    scopes: [scope('user', '*', 'rs'), scope('user', 'Observation', 'u', 'laboratory')],
    wholeServer: true,
    purpose: 'HRESCH',
  },
  {
    ...doctor,
    name: 'an emergency',
    patient: 'a',
    scopes: everythingOfPatient,
    purpose: 'BTG',
    privileged: true,
    clearance: 'V',
  },
  { ...doctor, name: 'an emergency without the privilege', patient: 'a', scopes: everythingOfPatient, purpose: 'BTG' },
  { name: 'a service for everything', client: 'service', scopes: [scope('system', '*', 'cruds')], records: 'all' },
  {
    name: 'a service for research, confidential too',
    client: 'service',
    scopes: [scope('system', '*', 'rs')],
    records: 'all',
    clearance: 'R',
    purpose: 'HRESCH',
  },
  {
    name: 'a service for two types of two patients',
    client: 'service',
    scopes: [scope('system', 'Observation', 'cruds', 'vital-signs'), scope('system', 'Patient', 'rs')],
    records: ['a', 'b'],
  },
  {
    name: 'a practitioner who cares for few, or nobody',
    fhirUser: 'Practitioner/d2',
    client: 'app-2',
    scopes: everythingOfUser,
    purpose: 'TREAT',
  },
];

const printed = ({ where, type, letters, category }: CallerScope): string =>
  `${where}/${type}.${letters}${category === undefined ? '' : `?category=${categorySystem}|${category}`}`;

/** The claims of the token. A service has no grant: what it may was agreed before. */
export const claimsOf = (caller: Caller): Readonly<Record<string, unknown>> => {
  const { scopes, fhirUser, patient, client, clearance, purpose } = caller;
  const extensions = { ihe_iua: { purpose_of_use: [{ system: actReason, code: purpose }] } };
  return {
    client_id: client,
    sub: fhirUser === undefined ? client : 'user-1',
    scope: scopes.map(printed).join(' '),
    ...(fhirUser === undefined ? {} : { fhirUser, grant_id: 'g' }),
    ...(patient === undefined ? {} : { patient }),
    ...(clearance === undefined ? {} : { clearance }),
    ...(purpose === undefined ? {} : { extensions }),
  };
};

/** The grant of a caller, which is a Consent of the world that it asks in. */
export const grantOf = ({ fhirUser, grant, client, patient = 'a' }: Caller): PlannedConsent | undefined =>
  fhirUser === undefined ? undefined : (grant ?? wholeGrant('g', patient, client));

/**
 * Ids are one to a resource: whoever reaches all records, and may choose an id, learns that one is taken
 * (docs/decisions/0005-403-and-404.md).
 */
export const choosesIds = ({ records, wholeServer }: Caller): boolean => records === 'all' || wholeServer === true;
