/**
 * Side paths: two domains, one with and one without what an app may not see, are asked the same by that app, and answer
 * the same, byte for byte but for what is random or a time. FHIR R4 security.html#access-control, search.html, http.html.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createPeople } from '@affinity/authorization-server/people.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { importResources } from '@affinity/store/import.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { type Domain, freePort, removeDirectory, startDomain } from '../journeys/domain.ts';
import { bearer, clientsYaml, obtainTokens, refresh, serviceToken, type Tokens } from './caller.ts';

const categories = 'http://terminology.hl7.org/CodeSystem/observation-category';
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const label = (code: string) => ({ meta: { security: [{ system: confidentiality, code }] } });

const observation = (id: string, patient: string, category: string, more: object = {}): Resource =>
  ({
    resourceType: 'Observation',
    id,
    identifier: [{ system: 'urn:hospital', value: `n-${id}` }],
    status: 'final',
    category: [{ coding: [{ system: categories, code: category }] }],
    code: { coding: [{ system: 'http://loinc.org', code: `code-${id}` }], text: `Text ${id}` },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: `2026-0${(id.length % 8) + 1}-1${id.length % 9}T08:00:00Z`,
    valueQuantity: { value: id.length, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
    ...more,
  }) as Resource;
const condition = (id: string, patient: string, more: object = {}): Resource =>
  ({
    resourceType: 'Condition',
    id,
    code: { coding: [{ system: 'http://snomed.info/sct', code: `c-${id}` }] },
    subject: { reference: `Patient/${patient}` },
    recordedDate: '2026-02-03',
    ...more,
  }) as Resource;
const patient = (id: string): Resource =>
  ({
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'urn:mrn', value: `m-${id}` }],
    name: [{ family: id }],
  }) as Resource;

const seen: readonly Resource[] = [
  patient('p1'),
  observation('weight', 'p1', 'vital-signs'),
  observation('pressure', 'p1', 'vital-signs'),
  observation('smoking', 'p1', 'social-history'),
  condition('asthma', 'p1'),
];
/** Each is hidden from the app for another reason. */
const hidden: readonly Resource[] = [
  patient('p2'),
  observation('glucose', 'p1', 'laboratory'),
  observation('potassium', 'p1', 'laboratory', { hasMember: [{ reference: 'Observation/weight' }] }),
  observation('restricted', 'p1', 'vital-signs', label('R')),
  observation('very-restricted', 'p1', 'vital-signs', label('V')),
  observation('of-another', 'p2', 'vital-signs'),
  observation('of-nobody', 'absent', 'vital-signs', { subject: { display: 'somebody' } }),
  condition('depression', 'p1', label('R')),
  condition('of-another-too', 'p2'),
  {
    resourceType: 'Encounter',
    id: 'visit',
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/p1' },
  } as Resource,
];

const laboratory = `${categories}|laboratory`;

interface World {
  readonly domain: Domain;
  readonly database: TestDatabase;
  tokens: Tokens;
}

suite('side paths', () => {
  let worlds: readonly [whole: World, without: World];
  let origin: string;

  const openWorld = async (port: number, resources: readonly Resource[]): Promise<World> => {
    const database = await testDatabase();
    const { pool } = database;
    const base = `http://localhost:${port}`;
    const people = createPeople(pool);
    const acts = [{ patient: 'p1', relation: 'self' }];
    await people.add({
      username: 'ana',
      password: 'ana-demo-2026',
      name: 'Ana',
      fhirUser: 'Patient/p1',
      patients: acts,
    });
    const summary = await importResources(pool, resources, {
      ownBases: [`${origin}/fhir`],
      now: () => Date.parse('2026-05-03T10:00:00Z'),
    });
    assert.equal(summary.refused.length, 0, JSON.stringify(summary.refused));
    const domain = await startDomain({
      port,
      yaml: clientsYaml,
      env: { DATABASE_URL: database.url, AFFINITY_DEMO: 'off' },
    });
    // What was deleted is hidden too, where it was hidden before.
    if (resources.includes(hidden[0] as Resource)) {
      const all = await obtainTokens(base, { confidential: true });
      const rights = bearer(all.access_token);
      for (const id of ['glucose-gone', 'gone']) {
        const category = id === 'gone' ? 'vital-signs' : 'laboratory';
        await importResources(pool, [observation(id, 'p1', category, id === 'gone' ? label('R') : {})], {
          ownBases: [`${base}/fhir`],
        });
        assert.equal(
          (await fetch(`${base}/fhir/Observation/${id}`, { method: 'DELETE', headers: rights })).status,
          204,
        );
      }
    }
    const tokens = await obtainTokens(base, {
      without: (scope) => scope.includes(laboratory),
      request: { prompt: 'consent' },
    });
    return { domain, database, tokens };
  };

  before(async () => {
    const ports = [await freePort(), await freePort()] as const;
    origin = `http://localhost:${ports[0]}`;
    const whole = await openWorld(ports[0], [...seen, ...hidden]);
    const without = await openWorld(ports[1], seen);
    worlds = [whole, without];
  });
  after(async () => {
    for (const { domain, database } of worlds) {
      await domain.stop();
      removeDirectory(domain.directory);
      await database.close();
    }
  });

  interface Asked {
    readonly method?: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }
  const ask = ({ domain, tokens }: World, { method = 'GET', path, headers = {}, body }: Asked): Promise<Response> =>
    fetch(`${domain.origin}/fhir/${path.replaceAll('ORIGIN', encodeURIComponent(domain.origin))}`, {
      method,
      headers: { ...bearer(tokens.access_token), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  /** Everything that a caller gets, without what is random or a time of this run. */
  const answerText = async (world: World, asked: Asked): Promise<string> => {
    const response = await ask(world, asked);
    const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
    const text = `${response.status} ${JSON.stringify(headers)} ${await response.text()}`;
    return text
      .replaceAll(world.domain.origin, 'ORIGIN')
      .replaceAll(encodeURIComponent(world.domain.origin), 'ORIGIN')
      .replace(/_cursor=[A-Za-z0-9_-]+/g, '_cursor=SEALED')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replace(/"lastUpdated":"2026-(?!05-03)[^"]+"/g, '"lastUpdated":"NOW"')
      .replace(/\["(content-length|last-modified)","[^"]*"\]/g, '["$1"]');
  };
  const compare = async (requests: readonly Asked[]): Promise<void> => {
    const queue = [...requests];
    const lanes = Array.from({ length: 6 }, async () => {
      for (let asked = queue.shift(); asked !== undefined; asked = queue.shift()) {
        const [one, other] = await Promise.all(worlds.map((world) => answerText(world, asked as Asked)));
        assert.equal(one, other, `${asked.method ?? 'GET'} ${asked.path} ${asked.body ?? ''}`);
        assert.doesNotMatch(other ?? '', /^5\d\d/, asked.path);
      }
    });
    await Promise.all(lanes);
  };

  const ids = [...seen, ...hidden].map(({ resourceType, id }) => `${resourceType}/${id}`);
  const gone = ['Observation/glucose-gone', 'Observation/gone', 'Observation/never'];

  test('the app sees what it may, and there is more', async () => {
    const bodies = await Promise.all(
      worlds.map(async (world) => await (await ask(world, { path: 'Observation' })).json()),
    );
    for (const body of bodies as { total: number }[]) assert.equal(body.total, 3);
    const rights = bearer(await serviceToken(worlds[0].domain.origin));
    const all = (await (await fetch(`${origin}/fhir/Observation`, { headers: rights })).json()) as { total: number };
    assert.equal(all.total, 7, 'a service of the domain sees all but what is labelled');
  });

  test('every declared parameter, with every modifier and value that could find something hidden', async (t) => {
    const statement = (await (await ask(worlds[0], { path: 'metadata' })).json()) as {
      rest: { resource: { type: string; searchParam: { name: string; type: string }[] }[] }[];
    };
    const valuesOf: Readonly<Record<string, readonly string[]>> = {
      token: [
        'laboratory',
        laboratory,
        'code-glucose',
        'final',
        'urn:hospital|n-glucose',
        'R',
        `${confidentiality}|R`,
        'mg',
        'n-of-another',
        'c-depression',
        'glucose',
      ],
      reference: [
        'p2',
        'Patient/p2',
        'Patient/p1',
        'ORIGIN/fhir/Patient/p2',
        'Observation/weight',
        'Observation/glucose',
        'Encounter/visit',
        'absent',
      ],
      date: ['2026', 'ge2026-01-01', 'lt2026-09', 'ne2026-05-03'],
      string: ['p', 'p2', 'Text', 'Text glucose'],
      number: ['7', 'gt1'],
      quantity: ['7', 'gt1||mg', '9|http://unitsofmeasure.org|mg'],
      uri: ['http://example.org'],
      composite: ['code-glucose$7'],
    };
    const modifiersOf: Readonly<Record<string, readonly string[]>> = {
      token: ['', ':not', ':text', ':missing', ':in', ':above', ':of-type'],
      reference: ['', ':missing', ':identifier', ':Patient', ':not'],
      string: ['', ':exact', ':contains', ':missing'],
      uri: ['', ':below', ':missing'],
    };
    const requests: Asked[] = [];
    for (const type of ['Observation', 'Condition', 'Patient']) {
      const { searchParam } = statement.rest[0]?.resource.find((each) => each.type === type) ?? assert.fail(type);
      for (const { name, type: kind } of searchParam) {
        for (const modifier of modifiersOf[kind] ?? ['', ':missing']) {
          const values =
            modifier === ':missing'
              ? ['true', 'false']
              : (valuesOf[kind] ?? ['x']).slice(0, modifier === '' ? undefined : 3);
          for (const value of values)
            requests.push({ path: `${type}?${name}${modifier}=${encodeURIComponent(value)}` });
        }
        for (const order of ['', '-']) requests.push({ path: `${type}?_sort=${order}${name}&_count=1` });
      }
    }
    assert.ok(requests.length > 1_500);
    t.diagnostic(`${requests.length} requests, each at both domains`);
    await compare(requests);
  });

  test('totals, pages, orders, ids, headers and methods', async () => {
    const paths = [
      ...['none', 'estimate', 'accurate', 'all'].map((total) => `Observation?_total=${total}`),
      ...['0', '1', '2', '1000', '1000000', '-1', '1.5', 'a'].map((count) => `Observation?_count=${count}`),
      ...['count', 'true', 'text', 'data', 'false'].map((summary) => `Observation?_summary=${summary}`),
      'Observation?_elements=code',
      'Observation?_id=glucose,weight,of-another,never',
      'Observation?_id=glucose',
      'Observation?_id:not=weight',
      'Observation?_security=R',
      'Observation?_security:not=R',
      'Observation?_tag:missing=true',
      'Observation?_lastUpdated=gt2020',
      'Observation?_include=Observation:subject',
      'Observation?_include=*',
      'Patient?_revinclude=Observation:subject',
      'Patient?_has:Observation:patient:code=code-glucose',
      'Observation?patient.identifier=m-p2',
      'Observation?subject:Patient.name=p2',
      'Condition?_has:Observation:subject:_id=glucose',
      'Observation?_filter=code eq glucose',
      'Observation?_query=all',
      'Observation?_list=x',
      'Observation?_contained=both',
      'Observation?_text=glucose',
      'Observation?_content=glucose',
      'Observation?patient=p2',
      'Observation?patient=p1,p2',
      'Observation?patient=p1&patient=p2',
      'Observation?category=laboratory',
      'Observation?category:not=laboratory',
      'Observation?category=vital-signs,laboratory',
      `Observation?code=${'x,'.repeat(99)}code-glucose`,
      'Observation?%63ategory=laboratory',
      'Observation?category=laboratory&_format=xml',
      'Encounter',
      'Encounter/visit',
      'Encounter/never',
      'Observation?_cursor=',
      'Observation?_cursor=abc',
      '',
      '?_type=Observation',
      'Patient?identifier=urn:mrn|m-p2',
      'Patient?name=p2',
    ];
    const instances = [...ids, ...gone].flatMap((at) => [
      at,
      `${at}/_history`,
      `${at}/_history?_count=1`,
      `${at}/_history?_since=2020-01-01T00:00:00Z`,
      `${at}/_history/1`,
      `${at}/_history/2`,
      `${at}/_history/0`,
      `${at}/_history/99999999999999999999`,
    ]);
    // What the app may see has to be the same thing in both: what it may not is nothing in either.
    const conditional: Asked[] = instances.flatMap((path) => [
      { path, headers: { 'if-none-match': 'W/"1"' } },
      { path, headers: { 'if-none-match': '*' } },
      { path, headers: { 'if-modified-since': new Date().toUTCString() } },
      { path, method: 'HEAD' },
    ]);
    await compare([
      ...paths.map((path) => ({ path })),
      ...paths.map((path) => ({ path, headers: { prefer: 'handling=strict' } })),
      ...paths.map((path) => ({ path, method: 'HEAD' })),
      ...instances.map((path) => ({ path })),
      ...conditional,
    ]);
  });

  test('a posted search takes the rights of the token, whatever is smuggled in', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const bodies = [
      '',
      'category=laboratory',
      'patient=p2',
      'patient=p1&patient=p2',
      '_id=glucose',
      '%5fid=glucose',
      'category:not=vital-signs',
      '_total=accurate&_count=0',
      'scope=patient/*.cruds',
      '_method=DELETE',
      'access_token=x',
      '_cursor=x',
      'category=laboratory;patient=p1',
      '\0=x',
    ];
    await compare(
      bodies.flatMap((body) => [
        { method: 'POST', path: 'Observation/_search', headers: form, body },
        { method: 'POST', path: 'Observation/_search?category=vital-signs', headers: form, body },
        { method: 'POST', path: 'Encounter/_search', headers: form, body },
        { method: 'POST', path: '_search', headers: form, body },
      ]),
    );
  });

  test('writes tell nothing of what is hidden, and change nothing of it', async () => {
    const json = { 'content-type': 'application/fhir+json' };
    const bodyFor = (at: string, subject: string): string => {
      const [type = '', id = ''] = at.split('/');
      return JSON.stringify({
        ...(type === 'Observation' ? observation(id, subject, 'vital-signs') : condition(id, subject)),
      });
    };
    const targets = [...hidden.map(({ resourceType, id }) => `${resourceType}/${id}`), ...gone];
    const requests = targets.flatMap((path): Asked[] => [
      { method: 'PUT', path, headers: json, body: bodyFor(path, 'p1') },
      { method: 'PUT', path, headers: json, body: bodyFor(path, 'p2') },
      { method: 'PUT', path, headers: { ...json, 'if-match': 'W/"1"' }, body: bodyFor(path, 'p1') },
      { method: 'PUT', path, headers: { ...json, 'if-match': 'W/"7"' }, body: bodyFor(path, 'p1') },
      { method: 'PUT', path, headers: json, body: '{}' },
      { method: 'PUT', path, headers: json, body: bodyFor(path, 'p1').replace('"final"', '"nonsense"') },
      { method: 'DELETE', path },
      { method: 'DELETE', path, headers: { 'if-match': 'W/"9"' } },
      { method: 'PATCH', path, headers: json, body: '[]' },
      { method: 'POST', path, headers: json, body: bodyFor(path, 'p1') },
    ]);
    await compare([
      ...requests,
      { method: 'POST', path: 'Observation', headers: json, body: bodyFor('Observation/x', 'p2') },
      { method: 'POST', path: 'Observation', headers: json, body: bodyFor('Observation/x', 'absent') },
      {
        method: 'POST',
        path: 'Observation',
        headers: { ...json, 'if-none-exist': 'identifier=n-glucose' },
        body: bodyFor('Observation/glucose', 'p1'),
      },
      {
        method: 'PUT',
        path: 'Observation?identifier=n-glucose',
        headers: json,
        body: bodyFor('Observation/glucose', 'p1'),
      },
      { method: 'DELETE', path: 'Observation?identifier=n-glucose' },
      // the subject changed to another patient, a label or a category put on that hides it from the writer
      { method: 'PUT', path: 'Observation/weight', headers: json, body: bodyFor('Observation/weight', 'p2') },
      {
        method: 'PUT',
        path: 'Observation/weight',
        headers: json,
        body: JSON.stringify(observation('weight', 'p1', 'laboratory')),
      },
      {
        method: 'PUT',
        path: 'Observation/weight',
        headers: json,
        body: JSON.stringify(observation('weight', 'p1', 'vital-signs', label('R'))),
      },
      {
        method: 'POST',
        path: 'Observation',
        headers: json,
        body: JSON.stringify(observation('x', 'p1', 'laboratory')),
      },
    ]);
    const rights = bearer(await serviceToken(origin));
    for (const [at, status] of [
      ...hidden.map(({ resourceType, id }) => [`${resourceType}/${id}`, 200] as const),
      ['Observation/gone', 410] as const,
    ]) {
      const labelled = at.includes('restricted') || at.includes('depression') || at === 'Observation/gone';
      const answer = await fetch(`${origin}/fhir/${at}`, { headers: rights });
      assert.equal(answer.status, labelled ? 404 : status, at);
      if (answer.status === 200) assert.equal(answer.headers.get('etag'), 'W/"1"', `${at} is unchanged`);
    }
  });

  test('a link to a next page is good for its caller, grant and type alone', async () => {
    const [{ domain, tokens }] = worlds;
    const first = (await (await ask(worlds[0], { path: 'Observation?_count=1' })).json()) as {
      link: { relation: string; url: string }[];
    };
    const next = first.link.find(({ relation }) => relation === 'next')?.url ?? assert.fail('no next page');
    const statusAt = async (url: string, token: string): Promise<number> =>
      (await fetch(url, { headers: bearer(token) })).status;
    assert.equal(await statusAt(next, tokens.access_token), 200);
    const others = [await serviceToken(origin), (await obtainTokens(origin)).access_token];
    for (const token of others) assert.equal(await statusAt(next, token), 404);
    assert.equal(await statusAt(next.replace('/Observation?', '/Condition?'), tokens.access_token), 404);
    assert.equal(await statusAt(`${next}&category=laboratory`, tokens.access_token), 400);
    assert.equal(await statusAt(`${next}&_count=1000`, tokens.access_token), 400);
    const sealed = new URL(next).searchParams.get('_cursor') ?? '';
    for (let at = 0; at < sealed.length; at += 7) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      assert.equal(await statusAt(`${domain.origin}/fhir/Observation?_cursor=${changed}`, tokens.access_token), 404);
    }
    // A narrower token of the same grant: the link gives no more than the token does.
    const narrower = await refresh(domain.origin, tokens.refresh_token, { scope: 'patient/Condition.rs' });
    assert.equal(narrower.status, 200);
    const narrowed = (await narrower.json()) as Tokens;
    assert.equal(await statusAt(next, narrowed.access_token), 403);
    const wider = await refresh(domain.origin, narrowed.refresh_token, { scope: 'patient/Observation.rs' });
    assert.equal(wider.status, 400, 'what was unticked cannot be asked for again');
    assert.equal(((await wider.json()) as { error: string }).error, 'invalid_scope');
  });

  test('seen in others: a refreshed token keeps its patient and its scopes', async () => {
    const given = await obtainTokens(origin, { request: { prompt: 'consent' } });
    const answer = await refresh(origin, given.refresh_token);
    assert.equal(answer.status, 200);
    const renewed = (await answer.json()) as Tokens & { readonly patient?: string; readonly scope?: string };
    assert.equal(renewed.patient, 'p1');
    assert.deepEqual(renewed.scope?.split(' ').sort(), given.scope.split(' ').sort());
    const idsBy = async (token: string): Promise<readonly string[]> => {
      const found = await fetch(`${origin}/fhir/Observation`, { headers: bearer(token) });
      const { entry = [] } = (await found.json()) as { entry?: { resource: { id: string } }[] };
      return entry.map(({ resource }) => resource.id).sort();
    };
    const before = await idsBy(given.access_token);
    assert.ok(before.length > 1);
    assert.deepEqual(await idsBy(renewed.access_token), before);
  });

  test('with confidential items allowed, they are there, and without them a search cannot find them', async () => {
    const all = await obtainTokens(origin, { confidential: true, request: { prompt: 'consent' } });
    const get = async (path: string): Promise<Response> =>
      fetch(`${origin}/fhir/${path}`, { headers: bearer(all.access_token) });
    for (const at of [
      'Observation/restricted',
      'Observation/very-restricted',
      'Condition/depression',
      'Observation/glucose',
    ]) {
      assert.equal((await get(at)).status, 200, at);
    }
    assert.equal((await get('Observation/gone')).status, 410);
    assert.equal((await get('Observation/of-another')).status, 404);
  });
});
