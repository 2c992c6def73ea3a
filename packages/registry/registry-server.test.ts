/** The registry as a server: who reads it, by what artefacts are found, who writes, and how definitions are published. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createClinic, sending } from '@affinity/resource-server/testing/clinic.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { packed } from '@affinity/store/testing/packed.ts';
import { createLoadOperation } from './load-operation.ts';
import { createLoadedPackages } from './packages/loaded-packages.ts';
import { packageLimits } from './packages/package-limits.ts';
import { createPublication } from './publication.ts';
import { createPublicationRule } from './publication-rule.ts';
import { createPublishOperations } from './publish-operations.ts';
import { registryTypes } from './registry-types.ts';

const open = new Set(registryTypes);
const publishers = new Set(['user-1', 'user-2']);
const facts = (principal: Principal): DecisionFacts => ({
  ...(principal.anonymous ? { now: Date.UTC(2026, 0, 2) } : wholeFacts(principal)),
  open,
  publisher: publishers.has(principal.user ?? ''),
});
const scope = 'openid user/ValueSet.cruds user/StructureDefinition.cruds';

const start = async (t: Parameters<typeof testDatabase>[0], twoPersons = false, perMinute = 1000) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [] });
  const publication = createPublication({ pool, backend, twoPersons, changed: () => {}, now: () => new Date() });
  const packages = createLoadedPackages({
    pool,
    ownBases: [],
    limits: packageLimits,
    changed: () => {},
    now: Date.now,
  });
  const base = 'http://localhost:4000/fhir';
  const nameOf = async (user: string) => `Name of ${user}`;
  const server = await createClinic({
    backend,
    facts,
    openReads: { types: open, perMinute },
    objects: createPublicationRule(twoPersons),
    operations: [
      ...createPublishOperations({ publication, nameOf, base }),
      createLoadOperation({ packages, twoPersons, mostBytes: 10_000, nameOf, base }),
    ],
  });
  const as = (sub: string) => server.token({ sub, scope, patient: undefined });
  const json = async (response: Response) => [response.status, await response.json()] as const;
  const get = async (path: string, init?: RequestInit) => json(await server.send(path, undefined, init));
  return { server, publication, as, json, get };
};

const valueSet = (version: string, more: object = {}) => ({
  resourceType: 'ValueSet',
  url: 'http://x.example/ValueSet/colours',
  version,
  name: 'ColoursOfTheRainbow',
  title: 'Colours of the rainbow',
  publisher: 'The Registry of X',
  status: 'active',
  description: 'all of them',
  compose: { include: [{ system: 'http://x.example/colours' }] },
  ...more,
});
const total = ([status, bundle]: readonly [number, { readonly total?: number }]) => [status, bundle.total];

test('M12: without a token anybody reads and searches definitions, recorded as nobody; whatever else is asked is 401', async (t) => {
  const { server, as, get } = await start(t);
  const token = await as('user-1');
  const created = await server.send('/ValueSet', token, sending('POST', valueSet('1')));
  assert.equal(created.status, 201);
  const id = created.headers.get('location')?.split('/').at(-3);
  assert.equal((await get(`/ValueSet/${id}`))[0], 200);
  assert.deepEqual(total(await get('/ValueSet?url=http://x.example/ValueSet/colours')), [200, 1]);
  assert.equal((await get(`/ValueSet/${id}/_history`))[0], 200);
  const read = server.audit.find(({ event }) => event === 'read');
  assert.deepEqual(
    [read?.outcome, read?.client, read?.user, read?.address],
    ['permitted', undefined, undefined, '192.0.2.1'],
  );

  const asked: readonly (readonly [string, RequestInit?])[] = [
    ['/Patient/a'],
    ['/Patient?name=x'],
    ['/ValueSet', sending('POST', valueSet('2'))],
    [`/ValueSet/${id}`, sending('PUT', { ...valueSet('1'), id })],
    [`/ValueSet/${id}`, { method: 'DELETE' }],
    [`/ValueSet/${id}/$retire`, { method: 'POST' }],
    [
      '/',
      sending('POST', {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [{ request: { method: 'GET', url: 'ValueSet' } }],
      }),
    ],
    ['/?_type=ValueSet'],
  ];
  for (const [path, init] of asked) {
    const response = await server.send(path, undefined, init);
    assert.equal(response.status, 401, `${init?.method ?? 'GET'} ${path}`);
    assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer /);
  }
  const wrong = await server.send(`/ValueSet/${id}`, 'not-a-token');
  assert.equal(wrong.status, 401, 'a token that is worth nothing is not taken for none');
  // Nothing leads from what is open to what is not.
  const chained = await server.send('/ValueSet?_has:Observation:x:y=z', undefined);
  assert.ok(chained.status === 400 || chained.status === 401);
});

test('M12: nobody may ask so often from one address: at the limit and one past it', async (t) => {
  const { server, get } = await start(t, false, 3);
  for (let asked = 0; asked < 3; asked += 1) assert.equal((await get('/ValueSet'))[0], 200);
  const response = await server.send('/ValueSet');
  assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '60']);
  assert.equal((await server.send('/ValueSet', await server.token({ scope, patient: undefined }))).status, 200);
  server.time += 60_000;
  assert.equal((await get('/ValueSet'))[0], 200);
});

test('M12: who is no publisher writes nothing, whatever the scope says', async (t) => {
  const { server, as } = await start(t);
  const other = await server.send('/ValueSet', await as('user-3'), sending('POST', valueSet('1')));
  assert.equal(other.status, 403);
  const none = await server.token({ scope: 'openid user/ValueSet.rs', patient: undefined });
  assert.equal((await server.send('/ValueSet', none, sending('POST', valueSet('1')))).status, 403);
  const labelled = valueSet('1', { meta: { security: [{ system: 'http://x', code: 'R' }] } });
  assert.equal((await server.send('/ValueSet', await as('user-1'), sending('POST', labelled))).status, 422);
});

test('M01, M02, M03: found by url, version, name, title, status and publisher; one of a url and version, and what is active stays', async (t) => {
  const { server, as, json, get } = await start(t);
  const token = await as('user-1');
  const put = async (version: string, more: object = {}) =>
    (await server.send('/ValueSet', token, sending('POST', valueSet(version, more)))).status;
  assert.deepEqual([await put('1.9.0'), await put('1.10.0'), await put('2.0.0', { status: 'draft' })], [201, 201, 201]);
  assert.equal(await put('1.9.0'), 409);
  const found: readonly (readonly [string, number])[] = [
    ['url=http://x.example/ValueSet/colours', 3],
    ['url=http://x.example/ValueSet/colours&version=1.10.0', 1],
    ['url=http://x.example/ValueSet/colour', 0],
    ['version=1.9.0', 1],
    ['name=coloursof', 3],
    ['name:contains=rainbow', 3],
    ['name:exact=ColoursOfTheRainbow', 3],
    ['name:exact=coloursoftherainbow', 0],
    ['title:contains=of the', 3],
    ['title:exact=Colours of the rainbow', 3],
    ['publisher=the registry', 3],
    ['status=draft', 1],
    ['status=active', 2],
    ['description:contains=of them', 3],
    ['reference=http://x.example/colours', 3],
    ['_lastUpdated=gt2020-01-01', 3],
  ];
  for (const [query, count] of found)
    assert.deepEqual(total(await get(`/ValueSet?${query}&_count=0`)), [200, count], query);
  const posted = await server.send('/ValueSet/_search', undefined, {
    method: 'POST',
    body: 'name:contains=rainbow&status=draft',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  assert.deepEqual(total(await json(posted)), [200, 1]);
  const xml = await server.send('/ValueSet?version=1.9.0', undefined, { headers: { Accept: 'application/fhir+xml' } });
  assert.match(await xml.text(), /<version value="1\.9\.0"/);

  const [, bundle] = await get('/ValueSet?version=1.9.0');
  const [{ resource }] = bundle.entry;
  const change = async (more: object) =>
    (await server.send(`/ValueSet/${resource.id}`, token, sending('PUT', { ...resource, ...more }))).status;
  assert.equal(await change({ description: 'others' }), 422);
  assert.equal(await change({ status: 'draft' }), 422);
  assert.equal(await change({ status: 'retired', date: '2026-02-01' }), 200);
});

test('M12: where two persons publish, what one proposes is active after another approves, and both are kept', async (t) => {
  const { server, publication, as, json } = await start(t, true);
  const [one, two] = [await as('user-1'), await as('user-2')];
  const post = async (path: string, token: string) => json(await server.send(path, token, { method: 'POST' }));
  assert.equal((await server.send('/ValueSet', one, sending('POST', valueSet('1')))).status, 422, 'active by one');
  const created = await server.send('/ValueSet', one, sending('POST', valueSet('1', { status: 'draft' })));
  const [, draft] = await json(created);
  const at = `/ValueSet/${draft.id}`;
  assert.equal((await server.send(at, one, sending('PUT', { ...draft, status: 'active' }))).status, 422);
  const note = { resourceType: 'Parameters', parameter: [{ name: 'note', valueString: 'for the ward' }] };
  assert.equal((await server.send(`${at}/$publish`, one, sending('POST', note))).status, 202);
  assert.equal((await post(`${at}/$publish`, two))[0], 422, 'one wish waits already');
  assert.equal((await post(`${at}/$approve`, one))[0], 403, 'by whoever proposed it');
  assert.equal((await post(`${at}/$approve`, await as('user-3')))[0], 403, 'by somebody who is no publisher');

  // Something else by now than what was proposed.
  assert.equal((await server.send(at, one, sending('PUT', { ...draft, title: 'Sneaked in' }))).status, 200);
  assert.equal((await post(`${at}/$approve`, two))[0], 409);
  assert.equal((await post(`${at}/$publish`, one))[0], 202);
  const [status, published] = await post(`${at}/$approve`, two);
  assert.deepEqual([status, published.status, published.title], [200, 'active', 'Sneaked in']);
  assert.equal((await server.send(at, one, { method: 'DELETE' })).status, 422);
  assert.equal((await post(`${at}/$retire`, two))[0], 202);
  assert.equal((await post(`${at}/$decline`, one))[0], 200);
  const history = await publication.history({ type: 'ValueSet', id: draft.id });
  assert.deepEqual(
    history.map(({ wanted, proposedBy, decision }) => [wanted, proposedBy.name, decision?.kind, decision?.by.name]),
    [
      ['retired', 'Name of user-2', 'refused', 'Name of user-1'],
      ['active', 'Name of user-1', 'approved', 'Name of user-2'],
      ['active', 'Name of user-1', 'refused', 'Name of user-2'],
    ],
  );
  assert.equal(history.at(-1)?.note, 'for the ward');
});

test('M12: where one publishes alone, $publish does so at once; several at once publish it once', async (t) => {
  const { server, as, json } = await start(t);
  const token = await as('user-1');
  const created = await server.send('/ValueSet', token, sending('POST', valueSet('1', { status: 'draft' })));
  const [, { id }] = await json(created);
  const done = await Promise.all(
    [1, 2, 3].map(() => server.send(`/ValueSet/${id}/$publish`, token, { method: 'POST' })),
  );
  assert.equal(done.filter(({ status }) => status === 200).length, 1);
  assert.equal((await server.send(`/ValueSet/${id}/$retire`, token, { method: 'POST' })).status, 200);
  assert.equal((await server.send(`/ValueSet/${id}/$publish`, token, { method: 'POST' })).status, 200);
});

test('M14: a package that a publisher sends is loaded whole or refused with the reason; by nobody else, and not where two publish', async (t) => {
  const { server, as, json, get } = await start(t);
  const whole = 'openid user/StructureDefinition.c user/ValueSet.c user/CodeSystem.c user/SearchParameter.c';
  const token = await server.token({ sub: 'user-1', scope: whole, patient: undefined });
  const paper = JSON.stringify({ name: 'x.example', version: '1.0.0', dependencies: { 'y.example': '1' } });
  const pack = async (...more: Parameters<typeof packed>[0]) =>
    (
      await packed([['package/package.json', paper], ['package/v.json', JSON.stringify(valueSet('1'))], ...more])
    ).toString('base64');
  const send = async (valueBase64Binary: string, by: string | undefined, to = server) => {
    const body = { resourceType: 'Parameters', parameter: [{ name: 'package', valueBase64Binary }] };
    return json(await to.send('/$load-package', by, sending('POST', body)));
  };
  const good = await pack();
  assert.equal((await send(good, undefined))[0], 401);
  assert.equal((await send(good, await as('user-1')))[0], 403, 'without the right to create all that a package brings');
  assert.equal((await send(good, await server.token({ sub: 'user-3', scope: whole, patient: undefined })))[0], 403);
  const some = whole.replace('user/ValueSet.c', 'user/ValueSet.c?status=draft');
  const narrow = await server.token({ sub: 'user-1', scope: some, patient: undefined });
  assert.equal((await send(good, narrow))[0], 403, 'with the right to create drafts alone');
  const [refused, outcome] = await send(await pack(['../x.json', '{}']), token);
  assert.deepEqual([refused, outcome.issue[0].code], [422, 'processing']);
  assert.equal((await send('', token))[0], 422);
  assert.equal((await send('A'.repeat(20_000), token))[0], 413);
  const [status, told] = await send(good, token);
  assert.deepEqual(
    [status, told.issue.map(({ diagnostics }: { diagnostics: string }) => diagnostics)],
    [
      200,
      [
        'x.example 1.0.0: 1 definitions new, 0 there already, 0 examples passed over',
        'it needs y.example 1, which is not loaded',
      ],
    ],
  );
  assert.deepEqual(total(await get('/ValueSet?version=1')), [200, 1]);
  const two = await start(t, true);
  assert.equal(
    (await send(good, await two.server.token({ sub: 'user-1', scope: whole, patient: undefined }), two.server))[0],
    422,
  );
});
