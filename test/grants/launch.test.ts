/**
 * A practitioner launches an app from the record system: it sees the one patient, no more of it than the practitioner may,
 * and for as long as he cares for that patient. SMART App Launch 2.2, EHR launch; FHIR R4 careteam.html.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createBrowser, pageOf } from '@affinity/authorization-server/testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  codeFields,
  postForm,
  signIn,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import { postLaunch, readLaunch } from '@affinity/authorization-server/testing/launches.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { records } from './records.ts';
import { basic, type GrantStage, issuer, openStage } from './stage.ts';

type LaunchedTokens = Tokens & { readonly encounter?: string };

const restricted = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] };
const visit = (patient: string, id: string, more: object = {}): Resource => ({
  resourceType: 'Encounter',
  id,
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
  period: { start: `2024-0${id.length}-02T10:00:00Z` },
  subject: { reference: `Patient/${patient}` },
  ...more,
});
const team = (patient: string, status = 'active'): Resource => ({
  resourceType: 'CareTeam',
  id: `team-${patient}`,
  status,
  subject: { reference: `Patient/${patient}` },
  participant: [{ member: { reference: 'Practitioner/d1' } }],
});

let stage: GrantStage;
const ends: (() => Promise<void>)[] = [];
before(async () => {
  stage = await openStage({ after: (work) => void ends.push(work) });
  const care = ['p1', 'p2'].map((patient) => team(patient));
  const visits = [
    visit('p1', 'v1'),
    visit('p1', 'v10'),
    visit('p1', 'secret', { meta: restricted }),
    visit('p2', 'w1'),
  ];
  const stranger = { resourceType: 'Patient', id: 'p3' };
  for (const resource of [...records, stranger, ...care, ...visits]) await stage.put(resource);
});
after(async () => {
  for (const end of ends) await end();
});

const ask = async (
  client: string,
  username: string,
  changes: Parameters<typeof authorizeUrl>[0],
): Promise<Response> => {
  const browser = createBrowser(stage.server, issuer);
  const url = authorizeUrl({ client_id: client, prompt: 'consent', ...changes });
  const back = await allow(browser, await signIn(browser, url, username));
  const code = answerOf(back).get('code');
  if (code === null) return back;
  return postForm(stage.server, '/token', codeFields(code), basic(client));
};
const tokensOf = async (response: Response): Promise<LaunchedTokens> => {
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as LaunchedTokens;
};
const ehr = async (): Promise<string> =>
  (await tokensOf(await ask('ehr', 'doctor', { scope: 'openid user/Patient.rs user/Encounter.rs' }))).access_token;

const launching = async (token: string, body: object): Promise<string> =>
  (await readLaunch(await postLaunch(stage.server, issuer, token, { client_id: 'web', ...body }))).launch;
const scope = 'openid launch offline_access patient/Observation.rs patient/Condition.rs patient/Patient.r';

test('B15 D14: the app of a practitioner sees the launched patient’s record, without what is confidential, and no other', async () => {
  const launch = await launching(await ehr(), { patient: 'p1', encounter: 'v10' });
  const tokens = await tokensOf(await ask('web', 'doctor', { scope, launch }));
  assert.deepEqual([tokens.patient, tokens.encounter], ['p1', 'v10']);
  const { access_token: token } = tokens;
  assert.deepEqual(await stage.found('Observation', token), ['p1-glucose', 'p1-weight']);
  assert.deepEqual(await stage.found('Condition', token), ['p1-cold']);
  assert.equal((await stage.send('Patient/p1', token)).status, 200);
  // He cares for p2 too, but the app was not opened for p2.
  for (const path of ['Patient/p2', 'Observation/p2-glucose', 'Condition/p1-secret'])
    assert.equal((await stage.send(path, token)).status, 404, path);
});

test('what the session does not show is refused alike: a stranger, nobody, a confidential visit, another’s visit, none', async () => {
  const token = await ehr();
  const answers = async (bodies: readonly object[]): Promise<ReadonlySet<string>> => {
    const texts = bodies.map(async (body) => {
      const response = await postLaunch(stage.server, issuer, token, { client_id: 'web', ...body });
      return `${response.status} ${await response.text()}`;
    });
    return new Set(await Promise.all(texts));
  };
  const strangers = await answers([{ patient: 'p3' }, { patient: 'nobody' }]);
  assert.equal(strangers.size, 1);
  assert.match([...strangers].join(), /^403 .*access_denied/);
  const visits = await answers(['secret', 'w1', 'nothing'].map((encounter) => ({ patient: 'p1', encounter })));
  assert.equal(visits.size, 1);
  assert.match([...visits].join(), /^403 .*access_denied/);
  assert.equal((await answers([{ patient: 'p1', encounter: 'v1' }])).size, 1);
});

test('a patient who keeps the practitioner out is not launched for', async () => {
  const coding = (system: string, code: string) => ({ coding: [{ system, code }] });
  const refusal: Resource = {
    resourceType: 'Consent',
    id: 'keeps-out',
    status: 'active',
    scope: coding('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [coding('http://loinc.org', '59284-0')],
    patient: { reference: 'Patient/p2' },
    dateTime: '2024-01-01',
    policy: [{ uri: 'urn:affinity:policy:privacy' }],
    provision: {
      type: 'permit',
      provision: [
        {
          type: 'deny',
          actor: [
            {
              role: coding('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'PRCP'),
              reference: { reference: 'Practitioner/d1' },
            },
          ],
        },
      ],
    },
  };
  const token = await ehr();
  const post = () => postLaunch(stage.server, issuer, token, { client_id: 'web', patient: 'p2' });
  assert.equal((await post()).status, 201);
  await stage.put(refusal);
  for (let tries = 0; (await post()).status !== 403; tries++) {
    assert.ok(tries < 100, 'the Consent is never heeded');
    await new Promise((done) => setTimeout(done, 20));
  }
});

test('D16: a person chooses among visits that an app of theirs would be shown, the newest first', async () => {
  const browser = createBrowser(stage.server, issuer);
  const url = authorizeUrl({ scope: 'launch/patient launch/encounter patient/Observation.rs', prompt: 'consent' });
  const page = await pageOf(await signIn(browser, url), 'encounter');
  assert.deepEqual(
    page.view.encounters.map(({ id, title, start }) => [id, title, start?.slice(0, 7)]),
    [
      ['v10', 'ambulatory', '2024-03'],
      ['v1', 'ambulatory', '2024-02'],
    ],
  );
});

test('C32: when he cares for the patient no longer, the token shows nothing and is not renewed', async () => {
  const token = await ehr();
  const tokens = await tokensOf(
    await ask('web', 'doctor', { scope, launch: await launching(token, { patient: 'p1' }) }),
  );
  const pending = await launching(token, { patient: 'p1' });
  const json = JSON.stringify(team('p1', 'inactive'));
  const content = { resource: team('p1', 'inactive'), json };
  assert.equal(
    (await stage.backend.update({ type: 'CareTeam', id: 'team-p1', content }, { kind: 'everything' })).kind,
    'updated',
  );
  for (let tries = 0; (await stage.found('Observation', tokens.access_token)) !== 403; tries++) {
    assert.ok(tries < 200, 'the end of care is never felt');
    await new Promise((done) => setTimeout(done, 20));
  }
  const refreshed = await stage.refresh(tokens.refresh_token);
  assert.equal(((await refreshed.json()) as { error: string }).error, 'invalid_grant');
  const browser = createBrowser(stage.server, issuer);
  const back = answerOf(await signIn(browser, authorizeUrl({ scope, launch: pending }), 'doctor'));
  assert.deepEqual([back.get('error'), back.get('code')], ['access_denied', null]);
});
