/** Views as the authorization server would give them, for tests and for looking at the pages. */
import type { DeviceCodeView, DeviceEndView, DeviceView } from '@affinity/authorization-server/device-views.ts';
import type {
  AppView,
  ConsentItem,
  ConsentView,
  EmergencyView,
  EncounterChoiceView,
  ErrorView,
  PatientChoiceView,
  PatientView,
  SignInView,
  UncheckedAppView,
} from '@affinity/authorization-server/page-views.ts';
import type { LinkView, SecondFactorView, TooWeakView } from '@affinity/authorization-server/sign-in-views.ts';
import type { PortalNeighbours } from '../portal.ts';

export const app: AppView = {
  clientId: 'vitals',
  name: 'Vitals',
  publisher: 'Affinity samples',
  returnsTo: 'localhost:4000',
  homepage: 'http://localhost:4000/apps/vitals/',
  policy: 'https://vitals.example/privacy',
};
export const longName = 'Blood Pressure and Weight Companion for Families and Carers X';
export const longNamedApp: AppView = { clientId: 'bpw', name: longName.slice(0, 60), returnsTo: 'companion.example' };

export const ana: PatientView = { id: 'p1', name: 'Ana Lindqvist', birthDate: '1984-02-11', relation: 'self' };
export const milo: PatientView = { id: 'p2', name: 'Milo Lindqvist', birthDate: '2014-05-03', relation: 'child' };
const ruth: PatientView = { id: 'p3', name: 'Ruth Lindqvist-Abernathy', birthDate: '1951', relation: 'parent' };

export const uncheckedApp: UncheckedAppView = {
  action: '/auth/interaction/8f2',
  csrf: 'c5rf',
  app: { clientId: 'app_1', name: 'My Health Diary', returnsTo: 'diary.example', unchecked: true },
};
export const signIn: SignInView = {
  action: '/auth/interaction/8f2/sign-in',
  csrf: 'c5rf',
  app,
  passkey: JSON.stringify({ challenge: 'AAAA', rpId: 'localhost', userVerification: 'required' }),
};
export const secondFactor: SecondFactorView = { action: '/auth/interaction/8f2', csrf: 'c5rf', app, username: 'ana' };
export const tooWeak: TooWeakView = {
  action: '/auth/interaction/8f2',
  csrf: 'c5rf',
  app,
  security: '/auth/account/security',
};
export const patientChoice: PatientChoiceView = {
  action: '/auth/interaction/8f2/patient',
  csrf: 'c5rf',
  app,
  person: { name: 'Ana Lindqvist' },
  patients: [ana, milo, ruth],
};
export const encounterChoice: EncounterChoiceView = {
  action: '/auth/interaction/8f2/encounter',
  csrf: 'c5rf',
  app,
  person: { name: 'Ana Lindqvist' },
  patient: milo,
  encounters: [
    { id: 'e3', title: 'Check-up', start: '2026-10-02T09:00:00Z', status: 'finished', place: 'Riverside Clinic' },
    { id: 'e2', title: 'Emergency room admission', start: '2026-11-23', status: 'in-progress' },
    { id: 'e1', title: '' },
  ],
};
export const manyPatients = (n: number): readonly PatientView[] =>
  Array.from({ length: n }, (_, index) => ({
    id: `n${index}`,
    name: `Patient Number ${index + 1}`,
    birthDate: `19${String(30 + (index % 60)).padStart(2, '0')}-0${1 + (index % 9)}-15`,
    relation: 'patient',
  }));

const item = (
  group: ConsentItem['group'],
  scope: string,
  types: readonly string[],
  more: Partial<ConsentItem> = {},
): ConsentItem => ({
  group,
  thing: `${group} ${types.join(' ')} ${scope.replace(/^[^?]*/, '')}`,
  scope,
  types,
  access: ['see'],
  future: false,
  required: false,
  checked: true,
  ...more,
});

export const items: readonly ConsentItem[] = [
  item('identity', 'openid fhirUser', [], { access: [], required: true }),
  item('patient', 'patient/Patient.rs', ['Patient']),
  item('medications', 'patient/MedicationRequest.rs patient/MedicationDispense.rs', [
    'MedicationRequest',
    'MedicationDispense',
  ]),
  item('allergies', 'patient/AllergyIntolerance.rs', ['AllergyIntolerance']),
  item('conditions', 'patient/Condition.rs', ['Condition']),
  item(
    'laboratory',
    'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory',
    ['Observation'],
    { checked: false },
  ),
  item(
    'vital-signs',
    'patient/Observation.crs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs',
    ['Observation'],
    { access: ['see', 'add'] },
  ),
  item('immunizations', 'patient/Immunization.rs', ['Immunization']),
  item('visits', 'patient/Encounter.rs', ['Encounter']),
  item('documents', 'patient/DocumentReference.rs', ['DocumentReference']),
  item('other', 'patient/Procedure.rs patient/CarePlan.rs patient/Goal.rs', ['Procedure', 'CarePlan', 'Goal']),
  item('everything-else', 'patient/*.rs', [], { future: true, checked: false }),
  item('online', 'online_access', [], { access: [] }),
  item('offline', 'offline_access', [], { access: [] }),
];
/** What is told of the person by name, with the very values. */
export const claimItems: readonly ConsentItem[] = [
  item('name', 'name', [], { access: [], values: [{ value: 'Ana Lindqvist' }] }),
  item('own-entry', 'fhirUser', [], { access: [], values: [{ value: 'http://localhost:4000/fhir/Patient/p1' }] }),
  item('identifiers', '__identifiers', [], {
    access: [],
    values: [
      { value: 'RV-4711-0815', system: 'https://riverside.example/mrn' },
      { value: '9123456784', system: 'http://hl7.org/fhir/sid/us-npi' },
    ],
  }),
];
export const manyItems = (n: number): readonly ConsentItem[] =>
  Array.from({ length: n }, (_, index) => item('other', `patient/Observation.rs?code=c${index}`, ['ImagingStudy']));

export const consent: ConsentView = {
  action: '/auth/interaction/8f2/consent',
  csrf: 'c5rf',
  app,
  person: { name: 'Ana Lindqvist' },
  patient: ana,
  items,
  kinds: [],
  leaveOutConfidential: { checked: true },
  durations: [
    { value: 'once', days: 'once', checked: false },
    { value: '90', days: 90, checked: true },
    { value: '365', days: 365, checked: false },
    { value: 'until-ended', days: 'until-ended', unusedDays: 93, checked: false },
  ],
  shared: false,
};

/** An app that asks for several places at once. */
export const severalServers: ConsentView = {
  ...consent,
  servers: [
    { base: 'http://localhost:4000/fhir', name: 'Lakeside Clinic', required: true, checked: true },
    { base: 'http://localhost:4000/hospital/fhir', name: 'County Hospital', required: false, checked: true },
    {
      base: 'https://heart.example/fhir',
      name: 'Centre for Heart and Circulation of the Northern Region',
      required: false,
      checked: false,
    },
  ],
};

export const emergency: EmergencyView = {
  action: '/auth/interaction/8f2/consent',
  csrf: 'c5rf',
  app: { clientId: 'ward', name: 'Ward Board', publisher: 'Affinity samples', returnsTo: 'localhost:4000' },
  person: { name: 'Dr. Jonas Weber' },
  minutes: 15,
  reason: { least: 10, most: 500 },
};

const lettersOf = { see: 'rs', write: 'cud' } as const;
const twin = (
  group: ConsentItem['group'],
  types: readonly string[],
  more: Partial<ConsentItem> = {},
): readonly ConsentItem[] =>
  (['see', 'write'] as const).map((verb) =>
    item(group, types.map((type) => `patient/${type}.${lettersOf[verb]}`).join(' '), types, {
      thing: `${group} ${types.join(' ')}`,
      access: verb === 'see' ? ['see'] : ['add', 'change', 'delete'],
      ...more,
    }),
  );
const others =
  'CarePlan CareTeam Coverage Device FamilyMemberHistory Goal Location Procedure ServiceRequest Specimen'.split(' ');

/** An app that asks to see and write everything. */
export const wholeRecord: ConsentView = {
  ...consent,
  items: [
    item('identity', 'openid fhirUser', [], { access: [], required: true }),
    ...twin('patient', ['Patient']),
    ...twin('medications', ['MedicationRequest', 'MedicationDispense']),
    ...twin('allergies', ['AllergyIntolerance']),
    ...twin('conditions', ['Condition']),
    ...twin('immunizations', ['Immunization']),
    ...twin('visits', ['Encounter']),
    ...twin('documents', ['DocumentReference']),
    ...others.flatMap((type) => twin('other', [type])),
    ...twin('everything-else', ['Account', 'Appointment', 'ImagingStudy'], { future: true }),
    item('offline', 'offline_access', [], { access: [] }),
  ],
  amount: 'not-confidential',
  kinds: [
    { kind: 'write', access: ['add', 'change', 'delete'], checked: true },
    { kind: 'other-see', access: ['see'], checked: true },
    { kind: 'other-write', access: ['add', 'change', 'delete'], checked: true },
  ],
};
/** An app that asks to see everything. */
export const wholeRecordToSee: ConsentView = {
  ...wholeRecord,
  items: wholeRecord.items.filter(({ access }) => access.length === 0 || access.includes('see')),
  kinds: [{ kind: 'other-see', access: ['see'], checked: true }],
};

export const deviceApp: AppView = {
  clientId: 'scale',
  name: 'Kitchen Scale',
  publisher: 'Affinity samples',
  device: 'WDJB-MJHT',
};
export const deviceCode: DeviceCodeView = { action: '/auth/device', csrf: 'c5rf' };
export const device: DeviceView = { ...deviceCode, code: 'WDJB-MJHT', app: deviceApp };
export const deviceEnd: DeviceEndView = { result: 'allowed', app: deviceApp.name, again: '/auth/device' };

export const error: ErrorView = {
  status: 400,
  kind: 'bad-return-address',
  detail: 'redirect_uri is not one of those registered for this client_id',
  reference: '7d1c2f0a',
};

export const neighbours: PortalNeighbours = {
  origin: 'http://localhost:4000',
  apps: [
    {
      name: 'Vitals',
      publisher: 'Affinity samples',
      description: 'Your weight, blood pressure and glucose over the years, as charts.',
      url: '/apps/vitals/',
    },
  ],
  demonstration: {
    people: [
      { name: 'Ana Lindqvist', username: 'ana', password: 'ana-sample', about: 'Patient, and mother of Milo' },
      { name: 'Dr. Jonas Weber', username: 'weber', password: 'weber-sample', about: 'General practitioner' },
    ],
  },
  account: 'http://localhost:4000/auth/account',
  addresses: [
    { label: 'FHIR', url: 'http://localhost:4000/fhir', about: 'The clinic’s records, FHIR R4' },
    {
      label: 'SMART configuration',
      url: 'http://localhost:4000/fhir/.well-known/smart-configuration',
      about: 'Where apps find everything else',
    },
    { label: 'Issuer', url: 'http://localhost:4000/auth', about: 'Authorization server, OpenID Connect' },
  ],
  version: '0.1.0',
  log: () => {},
  now: () => new Date('2026-11-23T12:00:00Z'),
};

export const signInElsewhere: SignInView = {
  ...signIn,
  providers: [
    { name: 'City Hospital', address: '/auth/interaction/8f2/federation/hospital' },
    { name: 'Regional Health Network of the Northern Districts', address: '/auth/interaction/8f2/federation/region' },
  ],
};
export const linking: SignInView = { ...signIn, linking: { provider: 'City Hospital', name: 'Ana Lindqvist' } };
export const link: LinkView = {
  action: '/auth/interaction/8f2',
  csrf: 'c5rf',
  app,
  username: 'ana',
  provider: 'City Hospital',
  name: 'Ana Lindqvist',
};
