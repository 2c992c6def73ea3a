/**
 * Audit, one case for each requirement: a whole domain is used as people, apps and services use it, and an auditor looks
 * up what became of it. IHE BALP; RESTful ATNA ITI-20, ITI-81; FHIR R4 auditevent.html.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import {
  answerOf,
  assertion,
  authorizeUrl,
  basic,
  bearer,
  clientsYaml,
  createVisitor,
  obtainTokens,
  post,
  readPage,
  redeem,
  refresh,
  serviceFields,
  serviceToken,
  type Tokens,
  walk,
} from '../hostile/caller.ts';
import { demonstration } from '../journeys/demonstration.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';

// biome-ignore lint/suspicious/noExplicitAny: resources of many shapes are looked into
type Loose = any;

suite('audit', () => {
  let database: TestDatabase;
  let domain: Domain;
  let origin: string;
  let ana: Tokens;
  let service: string;
  let auditor: string;
  let auditorSub: string;

  before(async () => {
    database = await testDatabase(undefined, demonstration(4));
    domain = await startDomain({ yaml: clientsYaml, env: { DATABASE_URL: database.url, AFFINITY_DEMO_PATIENTS: '4' } });
    origin = domain.origin;
    const people = createPeople(database.pool);
    const added = await people.add({
      username: 'auditor',
      password: 'auditor-demo-2026',
      name: 'Audrey Auditor',
      auditor: true,
    });
    auditorSub = added.sub;
    ana = await obtainTokens(origin, {
      request: {
        scope:
          'openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.cruds patient/AuditEvent.rs',
      },
    });
    service = await serviceToken(origin);
    auditor = (await obtainTokens(origin, { username: 'auditor', request: { scope: 'openid user/AuditEvent.rs' } }))
      .access_token;
  });
  after(async () => {
    await domain.stop();
    removeDirectory(domain.directory);
    await database.close();
  });

  interface Asked extends RequestInit {
    readonly token?: string;
    readonly id?: string;
  }
  /** A FHIR request under a request id, by which its events are found afterwards. */
  const fhir = async (path: string, { token = ana.access_token, id = randomUUID(), ...init }: Asked = {}) => {
    const headers = new Headers(init.headers);
    if (token !== '') headers.set('authorization', `Bearer ${token}`);
    headers.set('x-request-id', id);
    if (init.body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/fhir+json');
    const response = await fetch(`${origin}/fhir/${path}`, { ...init, headers });
    const text = await response.text();
    return { id, status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Loose), response };
  };
  const found = async (query: string, token = auditor): Promise<Loose[]> => {
    const { status, body } = await fhir(`AuditEvent?${query.includes('_count=') ? '' : '_count=1000&'}${query}`, {
      token,
    });
    assert.equal(status, 200, JSON.stringify(body));
    return (body.entry ?? []).map(({ resource }: Loose) => resource);
  };
  /** Events come some moments after the answer. */
  const soon = async (query: string, least = 1, token = auditor): Promise<Loose[]> => {
    for (let attempt = 0; ; attempt += 1) {
      const events = await found(query, token);
      if (events.length >= least) return events;
      assert.ok(attempt < 200, `${events.length} events and not ${least} for ${query}`);
      await sleep(100);
    }
  };
  const eventsOf = (id: string, least = 1): Promise<Loose[]> => soon(`entity.identifier=${id}`, least);
  const eventOf = async (id: string): Promise<Loose> => {
    const events = await eventsOf(id);
    assert.equal(events.length, 1, JSON.stringify(events));
    return events[0];
  };
  const codes = (agent: Loose): string[] => agent.type.coding.map(({ code }: Loose) => code);
  const entity = (from: Loose, code: string): Loose =>
    from.entity?.find(({ type, role }: Loose) => role?.code === code || type.code === code);
  const text = (base64: string): string => Buffer.from(base64, 'base64').toString();
  const body = (patient: string, more: object = {}): string =>
    JSON.stringify({
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: `Patient/${patient}` },
      ...more,
    });
  const created = async (): Promise<{ readonly target: string; readonly id: string }> => {
    const { id, status, body: made, response } = await fhir('Observation', { method: 'POST', body: body(ana.patient) });
    assert.equal(status, 201, JSON.stringify(made));
    const [, target = ''] = /fhir\/(Observation\/[^/]+)/.exec(response.headers.get('location') ?? '') ?? [];
    return { target, id };
  };

  test('J01: one event for each patient touched, by the profile of a patient; without one by the plain profile', async () => {
    const { id, body: bundle } = await fhir('Observation?category=laboratory&_count=200', { token: service });
    const patients = new Set(bundle.entry.map(({ resource }: Loose) => resource.subject.reference));
    assert.ok(patients.size > 1);
    const events = await eventsOf(id, patients.size + 1);
    const named = events.flatMap((event) => entity(event, '1')?.what.reference ?? []);
    assert.deepEqual(named.sort(), [...patients].sort());
    for (const event of events) {
      const kind = entity(event, '1') === undefined ? 'Query' : 'PatientQuery';
      assert.deepEqual(event.meta.profile, [
        `https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.${kind}`,
      ]);
    }
    const alone = await eventOf((await fhir('Organization?_count=1', { token: service })).id);
    assert.match(alone.meta.profile[0], /IHE\.BasicAudit\.Query$/);
  });

  test('J02, J03: type, subtype, action, outcome, and the codes of the agents, of each interaction', async () => {
    const { target, id: create } = await created();
    const ids: readonly (readonly [string, string, string, string, string])[] = [
      [create, 'create', 'C', '110153', '110152'],
      [(await fhir(target)).id, 'read', 'R', '110152', '110153'],
      [(await fhir(`${target}/_history/1`)).id, 'vread', 'R', '110152', '110153'],
      [(await fhir(`${target}/_history`)).id, 'history-instance', 'R', '110152', '110153'],
      [(await fhir(`Observation?patient=${ana.patient}`)).id, 'search-type', 'E', '110153', '110152'],
      [
        (await fhir(target, { method: 'PUT', body: body(ana.patient, { id: target.split('/')[1] }) })).id,
        'update',
        'U',
        '110153',
        '110152',
      ],
      [(await fhir(target, { method: 'DELETE' })).id, 'delete', 'D', '110150', 'custodian'],
    ];
    for (const [id, subtype, action, client, server] of ids) {
      const event = await eventOf(id);
      assert.deepEqual([event.type.code, event.subtype[0].code, event.action], ['rest', subtype, action]);
      assert.equal(event.outcome, '0', subtype);
      assert.ok(Math.abs(Date.parse(event.recorded) - Date.now()) < 600_000);
      assert.deepEqual(event.agent.slice(0, 2).flatMap(codes), [client, server], subtype);
    }
  });

  test('J02: a failure has the same shape, says how it failed, and claims no profile', async () => {
    const { id, status } = await fhir('Observation?nonsense=1', { headers: { prefer: 'handling=strict' } });
    assert.equal(status, 400);
    const event = await eventOf(id);
    assert.deepEqual([event.outcome, event.outcomeDesc, event.meta.profile], ['4', 'failed, HTTP 400', undefined]);
    assert.equal(event.agent.length, 3);
  });

  test('J04, J07: who and network of client and server; the user by issuer and subject; the app by its client_id', async () => {
    const event = await eventOf((await fhir(`Patient/${ana.patient}`)).id);
    const [client, server, user] = event.agent;
    assert.deepEqual(client.who, { identifier: { value: 'web' } });
    assert.equal(client.network.type, '2');
    assert.match(client.network.address, /^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/);
    assert.equal(server.who.identifier.value, `${origin}/fhir`);
    assert.deepEqual(server.network, { address: `${origin}/fhir`, type: '5' });
    assert.equal(user.who.identifier.system, `${origin}/auth`);
    assert.match(user.who.identifier.value, /^[0-9a-f-]{36}$/);
    assert.ok(codes(user).includes('IRCP'));
    assert.deepEqual([client.requestor, server.requestor, user.requestor], [false, false, true]);
    assert.equal(user.network, undefined);
  });

  test('J05: the data with its version, the patient, the query in base64 and as it was understood, the request id', async () => {
    const read = await eventOf((await fhir(`Patient/${ana.patient}`)).id);
    assert.match(entity(read, '4').what.reference, new RegExp(`^Patient/${ana.patient}/_history/\\d+$`));
    assert.equal(entity(read, '1').what.reference, `Patient/${ana.patient}`);
    const asked = await fhir(`Observation?patient=${ana.patient}&unknown=%3Cscript%3E`);
    const search = await eventOf(asked.id);
    const { query, description, what } = entity(search, '24');
    assert.equal(text(query), `GET ${origin}/fhir/Observation?patient=${ana.patient}&unknown=%3Cscript%3E`);
    assert.match(description, /^Observation\?patient=/);
    assert.doesNotMatch(description, /script/);
    assert.equal(what, undefined);
    assert.equal(entity(search, 'XrequestId').what.identifier.value, asked.id);
    const posted = await fhir('Observation/_search?_count=3', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `patient=${ana.patient}`,
    });
    assert.match(
      text(entity(await eventOf(posted.id), '24').query),
      new RegExp(`^POST ${origin}/fhir/Observation/_search\\?_count=3\\n\\npatient=${ana.patient}$`),
    );
  });

  test('J06: the id of the token, and the token nowhere', async () => {
    const event = await eventOf((await fhir(`Patient/${ana.patient}`)).id);
    const [, claims = ''] = ana.access_token.split('.');
    const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.deepEqual(event.agent[2].policy, [`urn:ietf:params:oauth:jti:${jti}`]);
    const { rows } = await database.pool.query('select string_agg(records, $1) as text from audit_segment', ['\n']);
    const signature = ana.access_token.split('.')[2] ?? '';
    assert.ok(signature.length > 40 && !rows[0].text.includes(signature));
    const alone = await eventOf((await fhir('Organization?_count=1', { token: service })).id);
    assert.match(alone.agent[0].policy[0], /^urn:ietf:params:oauth:jti:/, 'a service asks for itself');
  });

  test('J08: sign-in, its failure, code, token, refresh, revocation, introspection, apps and roles', async () => {
    const visitor = createVisitor(origin);
    const page = await readPage(await visitor.open(authorizeUrl(origin)));
    await visitor.submit(page, { username: 'ana', password: 'canary-wrong-password' });
    const tokens = await obtainTokens(origin);
    const renewed = (await (await refresh(origin, tokens.refresh_token)).json()) as Tokens;
    await post(`${origin}/auth/introspect`, { token: renewed.access_token }, basic());
    await post(`${origin}/auth/revoke`, { token: renewed.refresh_token }, basic());
    const refused = await redeem(origin, 'no-such-code-at-all');
    assert.equal(refused.status, 400);
    await add('boss', '--administrator', '--auditor');
    const expected = {
      'sign-in': ['110114', '110122', '0'],
      'sign-in-failed': ['110114', '110122', '4'],
      'code-issued': ['110114', 'code-issued', '0'],
      'token-issued': ['110114', 'ITI-71', '0'],
      'token-refreshed': ['110114', 'ITI-71', '0'],
      'token-refused': ['110114', 'ITI-71', '4'],
      'token-introspected': ['110114', 'token-introspected', '0'],
      'token-revoked': ['110114', 'token-revoked', '0'],
      'client-registered': ['110113', '110131', '0'],
      'role-changed': ['110113', '110136', '0'],
    };
    for (const [name, [type, subtype, outcome]] of Object.entries(expected)) {
      const [event] = await soon(`subtype=urn:affinity:audit-event%7C${name}&_sort=-date`);
      assert.deepEqual(
        [event.type.code, event.subtype[0].code, event.outcome, event.action],
        [type, subtype, outcome, 'E'],
      );
    }
    const [given] = await soon('subtype=urn:affinity:audit-event%7Crole-changed&_sort=-date');
    assert.equal(given.outcomeDesc, 'administrator auditor');
    const [issued] = await soon('subtype=urn:affinity:audit-event%7Ctoken-issued&_sort=-date');
    const asked = text(entity(issued, '24').query);
    assert.match(asked, /grant_type=authorization_code/);
    assert.doesNotMatch(asked, /code=|code_verifier|secret/);
  });

  test('J09: consent, granted and denied: who asked, for whom, who decided, and what was decided', async () => {
    const visitor = createVisitor(origin);
    assert.equal(answerOf(await walk(visitor, origin, { fields: { decision: 'deny' } })).get('error'), 'access_denied');
    for (const [name, outcome] of [
      ['consent-granted', '0'],
      ['consent-denied', '8'],
    ] as const) {
      const [event] = await soon(`subtype=urn:affinity:audit-event%7C${name}&_sort=-date`);
      assert.deepEqual([event.type.code, event.subtype[0].code, event.outcome], ['110113', 'AuthZ-Consent', outcome]);
      assert.deepEqual(
        event.agent.map((agent: Loose) => codes(agent)[0]),
        ['110150', 'authserver', 'IRCP', 'PROV'],
      );
      assert.ok(entity(event, 'Consent'));
    }
    const [granted] = await soon(`subtype=urn:affinity:audit-event%7Cconsent-granted&patient=${ana.patient}`);
    assert.match(entity(granted, 'Consent').detail[0].valueString, /patient\//);
  });

  test('J11: denied requests are recorded, with a token that is none as well', async () => {
    const denied = await fhir('Condition?code=1');
    assert.equal(denied.status, 403);
    const event = await eventOf(denied.id);
    assert.equal(event.outcome, '4');
    assert.match(event.outcomeDesc, /^denied, HTTP 403/);
    const unknown = await fhir('Patient/1', { token: 'canary.not.a-token' });
    assert.equal(unknown.status, 401);
    const stranger = await eventOf(unknown.id);
    assert.deepEqual(stranger.agent[0].who, { display: 'unknown' });
    assert.equal(stranger.agent.length, 2);
  });

  test('J12: what is secret or personal never stands in a log, whatever is sent', async () => {
    const canary = `Canary${randomUUID().replaceAll('-', '')}`;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const odd: readonly (() => Promise<unknown>)[] = [
      () => fhir(`Patient?name=${canary}`),
      () => fhir(`Patient/${canary}`),
      () => fhir(`${canary}/1`),
      () => fhir(`Observation?${canary}=1`, { headers: { prefer: 'handling=strict' } }),
      () => fhir(`Patient?access_token=${canary}`, { token: '' }),
      () => fhir('Patient', { token: canary }),
      () => fhir('Observation', { method: 'POST', body: `{"resourceType":"Observation","status":"${canary}"` }),
      () => fhir('Observation', { method: 'POST', body: body(ana.patient, { status: canary, [canary]: canary }) }),
      () => fhir('Observation/_search', { method: 'POST', headers: form, body: `code=${canary}&${canary}=1` }),
      () => fhir('', { method: 'POST', body: JSON.stringify({ resourceType: 'Bundle', type: canary, entry: canary }) }),
      () => post(`${origin}/auth/token`, { grant_type: 'authorization_code', code: canary, code_verifier: canary }),
      () => post(`${origin}/auth/token`, { grant_type: canary, client_secret: canary }, basic('web', canary)),
      () => post(`${origin}/auth/token`, { grant_type: 'refresh_token', refresh_token: canary }, basic()),
      () => post(`${origin}/auth/token`, serviceFields(canary)),
      async () => post(`${origin}/auth/token`, serviceFields(await assertion(origin, { jti: canary, exp: 1 }))),
      () => post(`${origin}/auth/introspect`, { token: canary }, basic()),
      () => post(`${origin}/auth/revoke`, { token: canary }, basic()),
      () => fetch(`${origin}/auth/userinfo`, { headers: bearer(canary) }),
      () => fetch(authorizeUrl(origin, { client_id: canary, state: canary })),
      () => fetch(authorizeUrl(origin, { scope: canary, login_hint: canary, id_token_hint: canary })),
      async () => {
        const visitor = createVisitor(origin);
        const page = await readPage(await visitor.open(authorizeUrl(origin)));
        await visitor.submit(page, { username: canary, password: canary });
      },
    ];
    for (const send of odd) await send().catch(() => {});
    await sleep(300);
    assert.ok(
      !domain.output().includes(canary),
      domain
        .output()
        .split('\n')
        .find((line) => line.includes(canary)),
    );
    for (const secret of [ana.access_token, ana.refresh_token, 'auditor-demo-2026']) {
      assert.ok(!domain.output().includes(secret));
    }
  });

  test('J13: `affinity audit verify` on the running domain: whole, and found when tampered with', async () => {
    await sleep(1500);
    const first = await affinity('audit', 'verify', '--events', '100');
    assert.match(first.output, /Audit log: whole, \d+ records in \d+ segments/);
    assert.match(first.output, /AuditEvents: as the log says/);
    assert.equal(first.code, 0);
    writeFileSync(join(domain.directory, 'heads.txt'), first.output);
    assert.equal((await affinity('audit', 'verify', '--heads', 'heads.txt')).code, 0);
    assert.equal((await affinity('check')).code, 0);
    await assert.rejects(database.pool.query('update audit_segment set count = 2'), { code: '42501' });
    const copied = await testDatabase();
    try {
      const { rows } = await database.pool.query('select * from audit_segment');
      for (const { writer, sequence, written, count, previous, links, records, hash } of rows) {
        const changed = sequence === '2' ? records.replace('"outcome":"', '"outcome":"x') : records;
        await copied.pool.query('insert into audit_segment values ($1, $2, $3, $4, $5, $6, $7, $8)', [
          ...[writer, sequence, written, count, previous, JSON.stringify(links), changed, hash],
        ]);
      }
      const broken = await affinityOn(copied.url, 'audit', 'verify');
      assert.equal(broken.code, 1);
      assert.match(broken.output, /Audit log: BROKEN/);
      assert.match(broken.output, /segment 2 of [0-9a-f-]{36}, written \d{4}-\S+: was changed/);
      assert.equal((await affinityOn(copied.url, 'check')).code, 1);
    } finally {
      await copied.close();
    }
    assert.equal((await affinity('audit', 'verify', '--events', '0')).code, 2);
    assert.equal((await affinity('audit')).code, 2);
  });

  test('J14: every parameter of ITI-81 finds, and finds nothing where it should not', async () => {
    const { id } = await fhir(`Patient/${ana.patient}`);
    const event = await eventOf(id);
    const user = event.agent[2].who.identifier;
    const mine = `entity.identifier=${id}`;
    const hits: readonly string[] = [
      `_id=${event.id}`,
      '_lastUpdated=gt2020-01-01',
      `date=${event.recorded.slice(0, 10)}`,
      `address=${encodeURIComponent(event.agent[0].network.address)}`,
      `agent.identifier=${encodeURIComponent(`${user.system}|${user.value}`)}`,
      'agent.identifier=web',
      `source.identifier=${encodeURIComponent(`${origin}/fhir`)}`,
      'entity-type=http://terminology.hl7.org/CodeSystem/audit-entity-type%7C1',
      'entity-role=4',
      'type=rest',
      'subtype=http://hl7.org/fhir/restful-interaction%7Cread',
      'outcome=0',
      `patient=${ana.patient}`,
    ];
    for (const query of hits) assert.equal((await found(`${mine}&${query}`)).length, 1, query);
    const misses = [
      '_lastUpdated=lt2020-01-01',
      'date=2020',
      'agent.identifier=nobody',
      'entity-type=4',
      'type=110114',
    ];
    for (const query of [...misses, 'subtype=create', 'outcome=8', 'source.identifier=elsewhere', 'address=zz'])
      assert.equal((await found(`${mine}&${query}`)).length, 0, query);
    assert.deepEqual(await found(`${mine}&patient.identifier=x%7Cy`), [], 'it is understood');
  });

  test('J14: a patient sees the own events and no others, and nothing of others in them', async () => {
    const secret = 'Canaryname';
    const { id: broad } = await fhir(`Patient?name:not=${secret}&_count=100`, { token: service });
    const { id: wide } = await fhir(`Patient?_count=100&family:missing=false&given=${secret},a,e,i,o,u,l,m,j`, {
      token: service,
    });
    await eventsOf(wide, 2);
    assert.notEqual(broad, wide);
    const own = await found(`date=ge2020`, ana.access_token);
    assert.ok(own.length > 3);
    for (const event of own) {
      const patients = (event.entity ?? []).flatMap(
        ({ what }: Loose) => /^Patient\/[^/]+/.exec(what?.reference ?? '') ?? [],
      );
      assert.deepEqual([...new Set(patients)], [`Patient/${ana.patient}`]);
      const query = entity(event, '24')?.query;
      if (query !== undefined) assert.doesNotMatch(text(query), new RegExp(secret));
      assert.doesNotMatch(JSON.stringify(event), new RegExp(secret));
    }
    const whole = (await eventsOf(wide, 2)).find((event) => entity(event, '1') === undefined);
    assert.match(text(entity(whole, '24').query), new RegExp(secret), 'an auditor sees it');
    const foreign = (await eventsOf(wide, 2)).find(
      (event) => entity(event, '1') && entity(event, '1').what.reference !== `Patient/${ana.patient}`,
    );
    if (foreign !== undefined) assert.equal((await fhir(`AuditEvent/${foreign.id}`)).status, 404);
    assert.equal((await fhir(`AuditEvent/${whole.id}`)).status, 404);
  });

  test('E70, J14: that something confidential was looked at is told to nobody who may not know of it', async () => {
    const scope = 'openid fhirUser launch/patient patient/Observation.cruds patient/AuditEvent.rs';
    const cleared = (await obtainTokens(origin, { confidential: true, request: { scope, prompt: 'consent' } }))
      .access_token;
    const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }];
    const made = await fhir('Observation', {
      method: 'POST',
      token: cleared,
      body: body(ana.patient, { meta: { security } }),
    });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const secret = `Observation/${made.body.id}`;
    const asked = [
      made.id,
      (await fhir(secret, { token: cleared })).id,
      (await fhir(`Observation?_id=${made.body.id}`, { token: cleared })).id,
      (await fhir(`${secret}/_history`, { token: cleared })).id,
      (await fhir(secret, { method: 'DELETE', token: cleared })).id,
    ];
    for (const id of asked) {
      const event = await eventOf(id);
      assert.deepEqual(event.meta.security, security);
      assert.equal((await fhir(`AuditEvent/${event.id}`)).status, 404);
      assert.equal((await fhir(`AuditEvent/${event.id}`, { token: cleared })).status, 200);
      assert.deepEqual(await found(`entity.identifier=${id}`, ana.access_token), []);
    }
  });

  test('J14: without the right, nothing; to read the log is itself recorded', async () => {
    const doctor = await obtainTokens(origin, {
      username: 'okafor',
      request: { scope: 'openid fhirUser user/AuditEvent.rs' },
    });
    const { status } = await fhir('AuditEvent?_count=5', { token: doctor.access_token });
    assert.equal(status, 403, 'to be a practitioner is not enough');
    const { id } = await fhir('AuditEvent?type=rest&_count=1', { token: auditor });
    const reading = (await eventsOf(id)).find((event) => entity(event, '1') === undefined);
    assert.equal(reading.agent[2].who.identifier.value, auditorSub);
    assert.match(text(entity(reading, '24').query), /AuditEvent\?type=rest/);
    assert.equal((await fhir(`Patient/${ana.patient}`, { token: auditor })).status, 403);
  });

  test('J13, J14: nobody changes or deletes an event', async () => {
    const [event] = await soon('type=rest&_count=1');
    for (const token of [service, auditor, ana.access_token]) {
      const put = await fhir(`AuditEvent/${event.id}`, { method: 'PUT', token, body: JSON.stringify(event) });
      const gone = await fhir(`AuditEvent/${event.id}`, { method: 'DELETE', token });
      assert.ok([403, 405].includes(put.status) && [403, 405].includes(gone.status));
    }
    assert.deepEqual((await fhir(`AuditEvent/${event.id}`, { token: auditor })).body, event);
  });

  test('J14: a whole record, and a search of the whole system, hold no events unless they are named', async () => {
    const everything = await fhir(`Patient/${ana.patient}/$everything?_count=1000`);
    assert.equal(everything.status, 200, JSON.stringify(everything.body));
    const typesOf = (bundle: Loose): Set<string> =>
      new Set(bundle.entry.map(({ resource }: Loose) => resource.resourceType));
    assert.ok(!typesOf(everything.body).has('AuditEvent'));
    const named = await fhir(`Patient/${ana.patient}/$everything?_type=AuditEvent&_count=5`);
    assert.ok(typesOf(named.body).has('AuditEvent'));
    const all = await fhir('?_count=1000&_sort=-_lastUpdated', { token: service });
    assert.equal(all.status, 200, JSON.stringify(all.body));
    assert.ok(!typesOf(all.body).has('AuditEvent'));
  });

  test('J15: events of others are taken one by one and in a batch, whatever profile they miss, and never as ours', async () => {
    const theirs = {
      resourceType: 'AuditEvent',
      type: { system: 'urn:theirs', code: `theirs-${randomUUID()}` },
      recorded: '2026-01-02T03:04:05Z',
      agent: [{ requestor: true }],
      source: { observer: { display: 'another system' } },
    };
    const single = await fhir('AuditEvent', { method: 'POST', token: service, body: JSON.stringify(theirs) });
    assert.equal(single.status, 201, JSON.stringify(single.body));
    const request = { method: 'POST', url: 'AuditEvent' };
    const batch = await fhir('', {
      method: 'POST',
      token: service,
      body: JSON.stringify({
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { resource: theirs, request },
          { resource: theirs, request },
        ],
      }),
    });
    assert.equal(batch.status, 200, JSON.stringify(batch.body));
    assert.deepEqual(
      batch.body.entry.map(({ response }: Loose) => response.status.slice(0, 3)),
      ['201', '201'],
    );
    const stored = await found(`type=urn:theirs%7C${theirs.type.code}`);
    assert.equal(stored.length, 3);
    for (const { meta } of stored) assert.equal(meta.tag, undefined, 'not marked as ours');
    const [ours] = await soon('type=rest&_count=1');
    const { id: _, ...copy } = ours;
    for (const forged of [
      copy,
      { ...theirs, meta: { tag: copy.meta.tag } },
      { ...theirs, source: { observer: { identifier: { value: `${origin}/fhir` } } } },
      { ...theirs, source: { observer: { identifier: { value: `${origin}/auth` } } } },
    ]) {
      const { status, body: outcome } = await fhir('AuditEvent', {
        method: 'POST',
        token: service,
        body: JSON.stringify(forged),
      });
      assert.equal(status, 422, JSON.stringify(outcome));
      assert.equal(outcome.issue[0].code, 'business-rule');
      assert.match(outcome.issue[0].expression[0], /^AuditEvent\.(meta\.tag|source\.observer)$/);
    }
  });

  test('J17, J18: Provenance comes with what it is about, and a header makes one', async () => {
    const { body: bundle } = await fhir('Patient?_count=5&_revinclude=Provenance:target', { token: service });
    const types = new Set(bundle.entry.map(({ resource }: Loose) => resource.resourceType));
    assert.ok(types.has('Provenance'), [...types].join());
    const provenance = bundle.entry.find(({ resource }: Loose) => resource.resourceType === 'Provenance').resource;
    assert.match(provenance.recorded, /(Z|[+-]\d\d:\d\d)$/);
    assert.ok(provenance.target[0].reference && provenance.agent[0].who);
  });

  const bin = resolve(import.meta.dirname, '../../affinity/bin.mjs');
  const affinityOn = (
    url: string,
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly output: string }> =>
    new Promise((done) => {
      const env = { ...process.env, DATABASE_URL: url, AFFINITY_ORIGIN: origin };
      const child = execFile(
        process.execPath,
        [bin, ...args],
        { cwd: domain.directory, env },
        (error, stdout, stderr) =>
          done({ code: typeof error?.code === 'number' ? error.code : 0, output: `${stdout}${stderr}` }),
      );
      child.stdin?.end('canary-password-2026\n');
    });
  const affinity = (...args: readonly string[]) => affinityOn(database.url, ...args);
  const add = async (username: string, ...flags: readonly string[]): Promise<void> => {
    const { code, output } = await affinity('people', 'add', username, '--name', 'Somebody', ...flags);
    assert.equal(code, 0, output);
  };
});
