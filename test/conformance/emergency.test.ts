/**
 * Emergency access as a whole domain gives it: by HTTP alone, from the page on which it is declared to what the patient
 * reads of it afterwards. E74, E75, J08; IHE PCF; IHE IUA; FHIR R4 security-labels.html#break-the-glass.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { openAlerts } from '@affinity/store/alerts.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { decodeJwt } from 'jose';
import {
  answerOf,
  appSecret,
  authorizeUrl,
  basic,
  bearer,
  callback,
  clientsYaml,
  createVisitor,
  type Fields,
  obtainTokens,
  readPage,
  redeem,
  refresh,
  type Shown,
  type Tokens,
  type Visitor,
} from '../hostile/caller.ts';
import { demonstration } from '../journeys/demonstration.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';

// biome-ignore lint/suspicious/noExplicitAny: resources of many shapes are looked into
type Loose = any;

const yaml = `${clientsYaml}  - client_id: ward
    client_name: Ward Board
    client_secret: ${appSecret}
    redirect_uris: ['${callback}']
    affinity_purposes: [BTG]
`;
const reason = 'Unconscious after a fall, medication unknown';
const asked = { client_id: 'ward', scope: 'openid fhirUser user/*.cruds', purpose_of_use: 'BTG' };

suite('emergency access', () => {
  let database: TestDatabase;
  let domain: Domain;
  let origin: string;
  let ben: Tokens;
  let record: Loose;

  const fhir = async (path: string, token: string, init: RequestInit = {}) => {
    const headers = { ...bearer(token), 'content-type': 'application/fhir+json', 'x-request-id': 'of-an-emergency' };
    const response = await fetch(`${origin}/fhir/${path}`, { ...init, headers });
    const text = await response.text();
    return { status: response.status, text, body: text === '' ? undefined : (JSON.parse(text) as Loose) };
  };
  /** Events come some moments after the answer. */
  const soon = async (path: string, token: string): Promise<Loose[]> => {
    for (let attempt = 0; ; attempt += 1) {
      const { body, text } = await fhir(path, token);
      if (body.entry?.length > 0) return body.entry.map(({ resource }: Loose) => resource);
      assert.ok(attempt < 200, text);
      await sleep(100);
    }
  };
  const signedIn = async (visitor: Visitor, username = 'okafor', changes: Fields = {}): Promise<Response> => {
    const page = await readPage(await visitor.open(authorizeUrl(origin, { ...asked, ...(changes as object) })));
    assert.equal(page.kind, 'sign-in', 'a password is asked for, whoever is signed in');
    return visitor.submit(page, { username, password: `${username}-demo-2026` });
  };
  const pageFor = async (visitor: Visitor): Promise<Shown> => {
    const page = await readPage(await signedIn(visitor));
    assert.match(page.text, /name="identifier"/);
    return page;
  };
  const declare = async (fields: Fields): Promise<Response> => {
    const visitor = createVisitor(origin);
    return visitor.submit(await pageFor(visitor), { reason, decision: 'declare', ...fields });
  };
  const tokensOf = async (response: Response): Promise<Tokens> => {
    const answer = await redeem(origin, answerOf(response).get('code') ?? '', {}, basic('ward'));
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Tokens;
  };

  before(async () => {
    database = await testDatabase(undefined, demonstration(6));
    domain = await startDomain({ yaml, env: { DATABASE_URL: database.url, AFFINITY_DEMO_PATIENTS: '6' } });
    origin = domain.origin;
    ben = await obtainTokens(origin, {
      username: 'ben',
      confidential: true,
      request: { scope: 'openid launch/patient patient/*.rs' },
    });
    record = (await fhir('Patient/patient-0002', ben.access_token)).body;
  });
  after(async () => {
    await domain.stop();
    removeDirectory(domain.directory);
    await database.close();
  });

  test('E74: declared by number, it opens the whole record of that patient, and only that, and only to look', async () => {
    const [{ system, value }] = record.identifier;
    const tokens = await tokensOf(await declare({ identifier: `${system}|${value}` }));
    assert.deepEqual([tokens.patient, tokens.refresh_token], ['patient-0002', undefined]);
    const token = tokens.access_token;
    const own = await fhir('Condition?_count=100&_sort=_id', ben.access_token);
    const seen = await fhir('Condition?_count=100&_sort=_id', token);
    const ids = ({ body }: Loose) => body.entry.map(({ resource }: Loose) => resource.id);
    assert.deepEqual(ids(seen), ids(own), 'with what is confidential');
    assert.ok(seen.text.includes('"code":"R"'), 'there is something confidential among it');
    assert.equal((await fhir('Patient/patient-0002', token)).status, 200);
    assert.equal((await fhir('Patient/patient-0001', token)).status, 404, 'another patient');
    assert.equal((await fhir('Patient?_id=patient-0001,patient-0002', token)).body.entry.length, 1);
    const change = { method: 'PUT', body: JSON.stringify({ ...record, active: false }) };
    assert.equal((await fhir('Patient/patient-0002', token, change)).status, 403, 'a write');
    const add = { resourceType: 'Condition', subject: { reference: 'Patient/patient-0002' } };
    assert.equal((await fhir('Condition', token, { method: 'POST', body: JSON.stringify(add) })).status, 403);
    assert.equal((await fhir(`Condition/${ids(seen)[0]}`, token, { method: 'DELETE' })).status, 403);
    for (const one of [token, tokens.refresh_token ?? 'none'])
      assert.equal((await refresh(origin, one, {}, basic('ward'))).status, 400, 'it is not renewed');
  });

  test('E74, E75, J08: the patient reads who looked, when, why and for what; the alert waits for somebody', async () => {
    const { name, birthDate } = record;
    const patient_name = `${name[0].given.join(' ')} ${name[0].family}`.toUpperCase();
    const tokens = await tokensOf(await declare({ patient_name, birth_date: birthDate }));
    const { grant_id: grant, jti, sub, extensions } = decodeJwt(tokens.access_token) as Loose;
    assert.deepEqual(extensions.ihe_iua.purpose_of_use, [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'BTG' },
    ]);
    await fhir('Patient/patient-0002', tokens.access_token);

    const [event] = await soon(
      'AuditEvent?subtype=urn:affinity:audit-event%7Cemergency-access&_sort=-date&_count=1',
      ben.access_token,
    );
    assert.deepEqual([event.type.code, event.subtype[0].code, event.outcomeDesc], ['110113', '110127', reason]);
    const purposeOf = (from: Loose) =>
      from.agent.flatMap(({ purposeOfUse = [] }: Loose) => purposeOfUse.map(({ coding }: Loose) => coding[0].code));
    assert.deepEqual(purposeOf(event), ['BTG']);
    assert.ok(event.agent.some(({ who }: Loose) => who.identifier?.value === sub));
    const looks = await soon(`AuditEvent?policy=urn:ietf:params:oauth:jti:${jti}&action=R`, ben.access_token);
    assert.ok(looks.length > 0);
    for (const look of looks) assert.deepEqual(purposeOf(look), ['BTG']);

    const consent = await fhir(`Consent/grant-${grant}`, ben.access_token);
    assert.equal(consent.status, 200, 'the grant is a Consent that the patient can read');
    assert.match(consent.text, /"code":"BTG"/);

    const { alerts } = await openAlerts(database.pool, 10);
    const alert = alerts.find(({ key }) => key === grant);
    assert.deepEqual([alert?.kind, alert?.patient, alert?.person], ['emergency-access', 'patient-0002', sub]);
    const [, logged = ''] = domain.output().split('Press Ctrl-C');
    assert.ok(logged.includes(`an emergency was declared alert=${alert?.id}`), logged);
    assert.doesNotMatch(logged, /Unconscious|Whitfield|Okafor|patient-0002/, 'nothing personal is in the log');
  });

  test('E74: refused without the privilege, without a reason, for nobody, and to an app that is not registered', async () => {
    const people = createPeople(database.pool);
    await people.add({
      username: 'nurse',
      password: 'nurse-demo-2026',
      name: 'Nurse',
      fhirUser: 'Practitioner/practitioner-nakamura',
    });
    for (const username of ['nurse', 'ana'])
      assert.equal(answerOf(await signedIn(createVisitor(origin), username)).get('error'), 'access_denied');
    const unregistered = await signedIn(createVisitor(origin), 'okafor', { client_id: 'web' });
    assert.equal(answerOf(unregistered).get('error'), 'invalid_request');
    const [{ value }] = record.identifier;
    for (const fields of [
      { identifier: value, reason: '' },
      { identifier: value, reason: 'too short' },
      { identifier: '' },
      { identifier: 'nobody' },
      { patient_name: record.name[0].family, birth_date: record.birthDate },
      { patient_name: `${record.name[0].given[0]} ${record.name[0].family}`, birth_date: '1901-01-01' },
    ]) {
      const refused = await declare(fields);
      assert.equal(refused.status, 400, JSON.stringify(fields));
      assert.match(await refused.text(), /No emergency is declared yet/);
    }
  });

  test('E74: a refused practitioner is told that there is emergency access, by rights and never by what is stored', async () => {
    const visitor = createVisitor(origin);
    const plain = { ...asked, scope: 'user/Observation.rs', purpose_of_use: '' };
    const page = await readPage(await visitor.open(authorizeUrl(origin, plain)));
    const shown = await readPage(await visitor.submit(page, { username: 'okafor', password: 'okafor-demo-2026' }));
    const response = await visitor.submit(shown, { scope: shown.scopes, duration: 'once', decision: 'allow' });
    const { access_token: token } = await tokensOf(response);
    for (const id of ['patient-0002', 'never-was']) {
      const { status, text } = await fhir(`Patient/${id}`, token);
      assert.deepEqual([status, /purpose_of_use=BTG/.test(text)], [403, true]);
    }
  });

  test('E74: taking the privilege away ends what was declared', async () => {
    const [{ value }] = record.identifier;
    const { access_token: token } = await tokensOf(await declare({ identifier: value }));
    assert.equal((await fhir('Patient/patient-0002', token)).status, 200);
    await createPeople(database.pool).set('okafor', { emergency: false }, new Date());
    for (let attempt = 0; (await fhir('Patient/patient-0002', token)).status !== 403; attempt += 1) {
      assert.ok(attempt < 200, 'it goes on');
      await sleep(100);
    }
    assert.equal(answerOf(await signedIn(createVisitor(origin))).get('error'), 'access_denied');
  });
});
