/**
 * One sign-in and one consent for the clinic and for an existing hospital, whose system passes over every parameter: each
 * token opens its own server alone, and what is said at home holds there. RFC 8707; IHE PIXm; IHE PCF.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Upstream } from '@affinity/gateway/remote-fhir/testing/upstream.ts';
import {
  authorizeUrl,
  bearer,
  clientsYaml,
  codeOf,
  createVisitor,
  obtainTokens,
  readPage,
  redeem,
  refresh,
  type Tokens,
} from '../hostile/caller.ts';
import { type Domain, removeDirectory, runCommand, startDomain } from './domain.ts';
import { startRecordsSystem } from './records-system.ts';

const upstreamSecret = 'canary-of-the-upstream';
const psychiatry = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' };

const to = (reference: string) => ({ reference });
const weight = (id: string, of: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'weight' },
  subject: to(`Patient/${of}`),
  ...more,
});
/** Ana is H1 here, Ben H2; under the number that Ana has at the clinic there is somebody else. */
const records: readonly Resource[] = [
  ...['H1', 'H2', 'patient-0001'].map((id) => ({ resourceType: 'Patient', id, name: [{ family: id }] })),
  weight('of-ana', 'H1'),
  weight('of-ben', 'H2'),
  weight('of-ben-confided', 'H2', { meta: { security: [psychiatry] } }),
  weight('of-another', 'patient-0001'),
  { resourceType: 'Practitioner', id: 'D7', active: true },
  {
    resourceType: 'CareTeam',
    id: 'team',
    status: 'active',
    subject: to('Patient/H2'),
    participant: [{ member: to('Practitioner/D7') }],
  },
];

let upstream: Upstream;
let domain: Domain;
const closers: (() => unknown)[] = [];
before(async () => {
  upstream = await startRecordsSystem({ after: (close) => void closers.push(close as () => unknown) }, records);
  domain = await startDomain({
    env: { HOSPITAL_TOKEN: `Bearer ${upstreamSecret}` },
    yaml: `${clientsYaml}resource_servers:
  - name: town
    kind: fhir
    path: /town/fhir
    title: City Hospital
    url: ${upstream.url}
    credentials: { kind: header, name: Authorization, value: { env: HOSPITAL_TOKEN } }
`,
  });
  await command('patients', 'link', 'patient-0001', '--server', 'town', 'H1');
  await command('patients', 'link', 'patient-0002', '--server', 'town', 'H2');
  await command('practitioners', 'link', 'practitioner-okafor', '--server', 'town', 'D7');
});
after(async () => {
  await domain.stop();
  removeDirectory(domain.directory);
  for (const close of closers) await close();
});

const command = async (...args: readonly string[]): Promise<void> => {
  await runCommand(domain, args, { env: { HOSPITAL_TOKEN: 'x' } });
};

const hospital = (): string => `${domain.origin}/town/fhir`;
const status = async (url: string, token: string): Promise<number> =>
  (await fetch(url, { headers: bearer(token) })).status;
const found = async (url: string, token: string): Promise<readonly string[]> => {
  const response = await fetch(url, { headers: bearer(token) });
  assert.equal(response.status, 200, await response.clone().text());
  const { entry = [] } = (await response.json()) as { entry?: readonly { resource: { id: string } }[] };
  return entry.map(({ resource }) => resource.id).sort();
};
const soon = async (holds: () => Promise<boolean>): Promise<void> => {
  const until = Date.now() + 1_000;
  while (!(await holds())) assert.ok(Date.now() < until, 'not within a second');
};

const scope = 'openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.rs';
/** From one sign-in and one consent. */
const obtainBoth = async (username: string): Promise<readonly [clinic: Tokens, hospital: Tokens]> => {
  const { origin } = domain;
  const visitor = createVisitor(origin);
  const resources = [`${origin}/fhir`, hospital()].map((base) => `&resource=${encodeURIComponent(base)}`).join('');
  const asked = `${authorizeUrl(origin, { scope, prompt: 'consent' })}${resources}`;
  const signIn = await readPage(await visitor.open(asked));
  const page = await readPage(await visitor.submit(signIn, { username, password: `${username}-demo-2026` }));
  assert.equal(page.kind, 'consent');
  assert.match(page.text, /City Hospital/);
  const back = await visitor.submit(page, {
    scope: page.scopes,
    server: [`${origin}/fhir`, hospital()],
    duration: '365',
    decision: 'allow',
    confidential_asked: 'yes',
  });
  const first = (await (await redeem(origin, codeOf(back))).json()) as Tokens;
  const second = await refresh(origin, first.refresh_token, { resource: hospital() });
  assert.equal(second.status, 200, await second.clone().text());
  return [first, (await second.json()) as Tokens];
};

test('E05, C31, L11: one consent, a token for each server, each with its own number of the patient and good there alone', async () => {
  const [ofClinic, ofHospital] = await obtainBoth('ana');
  assert.equal(ofClinic.patient, 'patient-0001');
  assert.equal(ofHospital.patient, 'H1');
  assert.deepEqual(await found(`${hospital()}/Observation`, ofHospital.access_token), ['of-ana']);
  assert.deepEqual(await found(`${hospital()}/Patient`, ofHospital.access_token), ['H1']);
  for (const path of ['Observation/of-another', 'Observation/of-ben', 'Patient/patient-0001', 'Patient/H2'])
    assert.equal(await status(`${hospital()}/${path}`, ofHospital.access_token), 404, path);
  assert.equal(await status(`${domain.origin}/fhir/Patient/patient-0001`, ofClinic.access_token), 200);
  assert.equal(await status(`${domain.origin}/fhir/Patient/patient-0001`, ofHospital.access_token), 401);
  assert.equal(await status(`${hospital()}/Patient/H1`, ofClinic.access_token), 401);
});

test('E80, E48: the hospital is asked with our credential alone, and nothing of it is told', async () => {
  const [, ofHospital] = await obtainBoth('ana');
  upstream.heard.length = 0;
  const headers = {
    ...bearer(ofHospital.access_token),
    'x-request-id': 'journey-42',
    'x-forwarded-for': '203.0.113.9',
  };
  const response = await fetch(`${hospital()}/Observation/of-ana`, { headers });
  const told = `${await response.text()} ${JSON.stringify([...response.headers])}`;
  assert.equal(response.headers.get('x-request-id'), 'journey-42');
  assert.ok(!told.includes(new URL(upstream.url).host), 'E48: its address');
  const asked = upstream.heard.find(({ path }) => path.startsWith('/fhir/Observation/of-ana')) ?? assert.fail();
  assert.equal(asked.headers.authorization, `Bearer ${upstreamSecret}`);
  assert.equal(asked.headers['x-request-id'], 'journey-42', 'E86');
  assert.equal(asked.headers['x-forwarded-for'], undefined);
  assert.ok(!JSON.stringify(asked.headers).includes(ofHospital.access_token));
  const { headers: open } = await fetch(`${hospital()}/metadata`);
  assert.ok(!JSON.stringify([...open]).includes(new URL(upstream.url).host));
});

test('a privacy Consent of the clinic holds at the hospital; a practitioner is one at both', async () => {
  const aud = { aud: hospital(), scope: 'openid fhirUser user/Observation.rs user/Patient.rs', prompt: 'consent' };
  const doctor = await obtainTokens(domain.origin, { username: 'okafor', request: aud, confidential: true });
  assert.deepEqual(
    await found(`${hospital()}/Observation`, doctor.access_token),
    ['of-ben'],
    'Ben keeps what is about his mental health from his family doctor, and cares are by the records of the hospital',
  );
  const atHome = await obtainTokens(domain.origin, {
    username: 'okafor',
    request: { ...aud, aud: `${domain.origin}/fhir` },
  });
  assert.equal(await status(`${domain.origin}/fhir/Patient/patient-0001`, atHome.access_token), 200);
  await command('practitioners', 'unlink', 'practitioner-okafor', '--server', 'town');
  await soon(async () => (await status(`${hospital()}/Observation/of-ben`, doctor.access_token)) === 403);
  assert.equal(await status(`${domain.origin}/fhir/Patient/patient-0001`, atHome.access_token), 200);
});

test('what can be known of the hospital: discovery, health and figures, without an address', async () => {
  const { origin } = domain;
  const configuration = (await (await fetch(`${hospital()}/.well-known/smart-configuration`)).json()) as {
    token_endpoint: string;
  };
  assert.equal(configuration.token_endpoint, `${origin}/auth/token`);
  const resource = await fetch(`${origin}/.well-known/oauth-protected-resource/town/fhir`);
  assert.equal(((await resource.json()) as { resource: string }).resource, hospital());
  const ready = await (await fetch(`${origin}/health/ready`)).text();
  assert.deepEqual(JSON.parse(ready), { status: 'ready', upstreams: { hospital: 'up', town: 'up' } });
  const figures = await (await fetch(`${origin}/metrics`)).text();
  assert.match(figures, /affinity_upstream_up\{upstream="town"\} 1/);
  assert.match(figures, /affinity_upstream_requests_total\{upstream="town"\} [1-9]/);
  assert.ok(!`${ready}${figures}${domain.output()}`.includes(new URL(upstream.url).host));
  assert.ok(!`${domain.output()}`.includes(upstreamSecret));
});

test('a link that is taken back is felt at once; E83: a hospital that is away is 503 or 502, and the domain stays ready', async () => {
  const [ofClinic, ofHospital] = await obtainBoth('ana');
  const read = () => status(`${hospital()}/Observation/of-ana`, ofHospital.access_token);
  assert.equal(await read(), 200);
  await command('patients', 'unlink', 'patient-0001', '--server', 'town');
  await soon(async () => (await read()) === 403);
  assert.equal((await refresh(domain.origin, ofHospital.refresh_token, { resource: hospital() })).status, 400);
  assert.equal(await status(`${domain.origin}/fhir/Patient/patient-0001`, ofClinic.access_token), 200);
  await command('patients', 'link', 'patient-0001', '--server', 'town', 'H1');
  await soon(async () => (await read()) === 200);
  await upstream.close();
  const response = await fetch(`${hospital()}/Observation/of-ana`, { headers: bearer(ofHospital.access_token) });
  assert.ok([502, 503].includes(response.status), String(response.status));
  const text = await response.text();
  assert.equal((JSON.parse(text) as Resource).resourceType, 'OperationOutcome');
  assert.ok(!text.includes(new URL(upstream.url).host));
  assert.equal((await fetch(`${domain.origin}/health/ready`)).status, 200);
  assert.equal(await status(`${domain.origin}/fhir/Patient/patient-0001`, ofClinic.access_token), 200);
});

test('the hospital of the demonstration: an old database with its own numbers, behind the same sign-in', async () => {
  const aud = { aud: `${domain.origin}/hospital/fhir`, scope: `${scope} patient/Condition.rs` };
  const ana = await obtainTokens(domain.origin, { username: 'ana', request: aud });
  assert.equal(ana.patient, '0047113');
  assert.deepEqual(await found(`${aud.aud}/Patient`, ana.access_token), ['0047113']);
  const conditions = await fetch(`${aud.aud}/Condition?_count=100`, { headers: bearer(ana.access_token) });
  const { entry = [] } = (await conditions.json()) as { entry?: readonly { resource: { subject: object } }[] };
  assert.ok(entry.length > 0);
  for (const { resource } of entry) assert.deepEqual(resource.subject, to('Patient/0047113'));
  assert.equal(await status(`${aud.aud}/Patient/0047150`, ana.access_token), 404);
  assert.equal(await status(`${domain.origin}/fhir/Patient/patient-0001`, ana.access_token), 401);
});
