/** One command in front of an existing FHIR server: people of its records sign in, and see what they may, and nobody else does. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Upstream } from '@affinity/gateway/remote-fhir/testing/upstream.ts';
import {
  authorizeUrl,
  basic,
  bearer,
  clientsYaml,
  codeOf,
  createVisitor,
  post,
  readPage,
  redeem,
  type Tokens,
} from '../hostile/caller.ts';
import { type Domain, freePort, removeDirectory, runCommand, startDomain } from './domain.ts';
import { startRecordsSystem } from './records-system.ts';

const to = (reference: string) => ({ reference });
const weight = (id: string, of: string): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'weight' },
  subject: to(`Patient/${of}`),
});
const records: readonly Resource[] = [
  { resourceType: 'Patient', id: 'P1', name: [{ given: ['Ida'], family: 'Berg' }], birthDate: '1980-02-03' },
  { resourceType: 'Patient', id: 'P2', name: [{ given: ['Jan'], family: 'Holm' }] },
  weight('w1', 'P1'),
  weight('w2', 'P2'),
  { resourceType: 'Practitioner', id: 'D1', active: true },
  {
    resourceType: 'CareTeam',
    id: 'team',
    status: 'active',
    subject: to('Patient/P2'),
    participant: [{ member: to('Practitioner/D1') }],
  },
  // what is kept by the domain itself is neither shown nor heeded
  { resourceType: 'Consent', id: 'of-the-upstream', status: 'active', patient: to('Patient/P1') },
  { resourceType: 'AuditEvent', id: 'of-the-upstream' },
];
const password = 'a password of this test';

let upstream: Upstream;
let domain: Domain;
const closers: (() => unknown)[] = [];
before(async () => {
  upstream = await startRecordsSystem({ after: (close) => void closers.push(close as () => unknown) }, records);
  const port = await freePort();
  domain = await startDomain({
    port,
    args: ['protect', upstream.url, '--header', 'X-Key: env:UPSTREAM_KEY', '--title', 'Old records', '--sample-app'],
    env: { UPSTREAM_KEY: 'canary-of-the-upstream' },
    yaml: clientsYaml,
  });
  for (const [name, option, id] of [
    ['ida', '--patient', 'P1'],
    ['drd', '--practitioner', 'D1'],
  ] as const)
    await runCommand(domain, ['people', 'add', name, '--name', name, option, id], { input: `${password}\n` });
});
after(async () => {
  await domain.stop();
  removeDirectory(domain.directory);
  for (const close of closers) await close();
});

const obtain = async (username: string, scope: string): Promise<Tokens> => {
  const { origin } = domain;
  const visitor = createVisitor(origin);
  const signIn = await readPage(await visitor.open(authorizeUrl(origin, { scope, prompt: 'consent' })));
  assert.equal(signIn.kind, 'sign-in', 'nobody is signed in by themself');
  const page = await readPage(await visitor.submit(signIn, { username, password }));
  assert.equal(page.kind, 'consent', page.text.replace(/<[^>]+>/g, ' ').slice(0, 500));
  const back = await visitor.submit(page, {
    scope: page.scopes,
    duration: '365',
    decision: 'allow',
    confidential_asked: 'yes',
  });
  return (await (await redeem(origin, codeOf(back))).json()) as Tokens;
};
const ask = (path: string, { access_token }: Tokens): Promise<Response> =>
  fetch(`${domain.origin}/fhir/${path}`, { headers: bearer(access_token) });
const found = async (path: string, tokens: Tokens): Promise<readonly string[]> => {
  const response = await ask(path, tokens);
  assert.equal(response.status, 200, await response.clone().text());
  const { entry = [] } = (await response.json()) as { entry?: readonly { resource: { id: string } }[] };
  return entry.map(({ resource }) => resource.id).sort();
};

test('E80: a patient of the existing server signs in and gets the own record, which is asked for with our credential alone', async () => {
  assert.match(domain.output(), /In front of the FHIR server that you named/);
  const tokens = await obtain('ida', 'openid fhirUser launch/patient patient/*.rs');
  assert.equal(tokens.patient, 'P1');
  assert.equal((await ask('Patient/P1', tokens)).status, 200);
  assert.deepEqual(await found('Observation', tokens), ['w1']);
  for (const path of ['Patient/P2', 'Observation/w2']) assert.equal((await ask(path, tokens)).status, 404, path);
  assert.equal((await fetch(`${domain.origin}/fhir/Patient/P1`)).status, 401);
  for (const { headers } of upstream.heard) {
    assert.equal(headers['x-key'], 'canary-of-the-upstream');
    assert.equal(headers.authorization, undefined);
  }
  const { host } = new URL(upstream.url);
  const statement = await (await fetch(`${domain.origin}/fhir/metadata`)).text();
  assert.ok(!statement.includes(host) && !statement.includes('us/core'));
  assert.ok(!domain.output().includes('canary-of-the-upstream'));
});

test('what was allowed is a Consent of the domain, read and ended there; the existing server’s own are not shown', async () => {
  const tokens = await obtain('ida', 'openid fhirUser launch/patient offline_access patient/*.rs');
  const consents = await found('Consent', tokens);
  assert.ok(consents.length > 0 && consents.every((id) => id.startsWith('grant-')), consents.join());
  assert.equal((await ask('Consent/of-the-upstream', tokens)).status, 404);
  assert.equal((await ask('AuditEvent/of-the-upstream', tokens)).status, 404);
  assert.equal((await ask('Consent?patient.name=Berg', tokens)).status, 400);
  assert.equal((await ask('Patient?_has:Consent:patient:status=active', tokens)).status, 400);
  await post(`${domain.origin}/auth/revoke`, { token: tokens.refresh_token }, basic());
  const until = Date.now() + 1_000;
  while ((await ask('Patient/P1', tokens)).status !== 401) assert.ok(Date.now() < until, 'not within a second');
});

test('a practitioner reaches whom the records of the existing server say, and a stranger to it nobody', async () => {
  const tokens = await obtain('drd', 'openid fhirUser user/Patient.rs user/Observation.rs');
  assert.deepEqual(await found('Patient', tokens), ['P2']);
  assert.deepEqual(await found('Observation', tokens), ['w2']);
});

test('the sample app is there because it was asked for; nobody of the demonstration is', async () => {
  assert.equal((await fetch(`${domain.origin}/apps/vitals/`)).status, 200);
  const visitor = createVisitor(domain.origin);
  const page = await readPage(await visitor.open(authorizeUrl(domain.origin)));
  const again = await readPage(await visitor.submit(page, { username: 'ana', password: 'ana-demo-2026' }));
  assert.equal(again.kind, 'sign-in');
});

test('E83: while the existing server is away nobody is let through, and nothing of it is told', async () => {
  const tokens = await obtain('ida', 'openid fhirUser launch/patient patient/*.rs');
  await upstream.close();
  const response = await ask('Observation', tokens);
  const text = await response.text();
  assert.ok([502, 503].includes(response.status), String(response.status));
  assert.equal((JSON.parse(text) as Resource).resourceType, 'OperationOutcome');
  const visitor = createVisitor(domain.origin);
  const signIn = await readPage(
    await visitor.open(authorizeUrl(domain.origin, { scope: 'openid launch/patient patient/*.rs', prompt: 'consent' })),
  );
  const page = await readPage(await visitor.submit(signIn, { username: 'ida', password }));
  assert.notEqual(page.kind, 'consent', 'whose record it is cannot be said');
  assert.ok(page.status >= 500, String(page.status));
  assert.equal((await fetch(`${domain.origin}/health/ready`)).status, 200);
  for (const said of [text, page.text, domain.output()]) assert.ok(!said.includes(new URL(upstream.url).host));
});
