/** The servers of the domain are read change by change: none is lost, none is done twice, and what is gone there goes here. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { SearchResult, TypeCapability } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { home, type IdentityServer, openIdentityServer } from '../testing/identity-server.ts';
import { fedId, fedRecord } from './fed-record.ts';
import { takeFromHome } from './home-feed.ts';
import { takeFromServer } from './polled-feed.ts';

let server: IdentityServer;
const work: (() => Promise<void>)[] = [];
before(async () => {
  server = await openIdentityServer({ after: (end) => void work.push(end) });
});
test.after(async () => {
  for (const end of work.reverse()) await end();
});

const patient = (id: string, family: string) => {
  const resource = { resourceType: 'Patient', id, name: [{ family, given: ['Ada'] }], birthDate: '1958-01-30' };
  return { type: 'Patient', id, content: { resource, json: JSON.stringify(resource) } };
};
const kept = async (base: string, type: string, id: string): Promise<Record<string, unknown> | undefined> => {
  const found = await server.store.read({ type, id: fedId(base, type, id) }, everything);
  return found.kind === 'found' ? (JSON.parse(found.version.body) as Record<string, unknown>) : undefined;
};

test('K30: a record taken over says where it is from, its references lead on, and its numbers keep their digits', () => {
  const body = `{"resourceType":"Location","id":"l1","meta":{"versionId":"3","lastUpdated":"2026-01-01T00:00:00Z","security":[{"code":"R"}]},
    "position":{"longitude":-72.60,"latitude":42.3},"managingOrganization":{"reference":"Organization/o1"},
    "partOf":{"reference":"${home}/Location/l0"},"extension":[{"url":"x","valueReference":{"reference":"Observation/1"}},
    {"url":"y","valueReference":{"reference":"https://other.example/Organization/1"}}]}`;
  const { record, json } = fedRecord(home, 'Location', 'l1', body);
  assert.equal(record, fedId(home, 'Location', 'l1'));
  assert.notEqual(record, fedId('http://localhost:4000/other', 'Location', 'l1'));
  assert.match(json, /"longitude":-72\.60/);
  const { meta, managingOrganization, partOf, extension } = JSON.parse(json);
  assert.deepEqual(meta, { security: [{ code: 'R' }], source: `${home}/Location/l1` });
  assert.equal(managingOrganization.reference, `Organization/${fedId(home, 'Organization', 'o1')}`);
  assert.equal(partOf.reference, `Location/${fedId(home, 'Location', 'l0')}`);
  assert.equal(extension[0].valueReference.reference, `${home}/Observation/1`);
  assert.equal(extension[1].valueReference.reference, 'https://other.example/Organization/1');
});

test('K30: every change of the home is taken over once: by however many at once, and after an end in the middle', async () => {
  const clinic = createBackend({ pool: server.pool, ownBases: [home] });
  for (const id of ['p1', 'p2', 'p3']) await clinic.create(patient(id, 'Feed'));
  const taking = { ...server.taking, home, changesAtOnce: 2 };
  // It ends after the records were stored and before that was noted.
  let end = true;
  const failing = {
    ...taking,
    store: {
      delete: async () => {
        if (!end) return { kind: 'absent' } as const;
        end = false;
        throw new Error('killed');
      },
    },
  };
  await clinic.delete({ type: 'Patient', id: 'p3' }, everything);
  const rounds = async (): Promise<void> => {
    for (let more = 1; more > 0; ) more = await takeFromHome(taking);
  };
  await takeFromHome({ ...failing, changesAtOnce: 4 }).catch(() => {});
  assert.equal(end, false);
  await Promise.all([rounds(), rounds(), rounds()]);
  await rounds();
  await server.settle();
  const name = [{ family: 'Feed', given: ['Ada'] }];
  assert.deepEqual(
    [(await kept(home, 'Patient', 'p1'))?.name, (await kept(home, 'Patient', 'p2'))?.name],
    [name, name],
  );
  assert.equal(await kept(home, 'Patient', 'p3'), undefined);
  const { rows } = await server.pool.query('select change from identity_feed');
  assert.deepEqual(rows, []);
  const meta = (await kept(home, 'Patient', 'p1'))?.meta as { versionId: string };
  assert.equal(meta.versionId, '1', 'the same again is no new version');
  assert.equal(
    await server.persons.personAt({ base: home, patient: 'p1' }),
    await server.persons.personAt({ base: home, patient: 'p2' }),
  );
  await clinic.update(patient('p1', 'Changed'), everything);
  await clinic.delete({ type: 'Patient', id: 'p2' }, everything);
  await server.pool.query('update resource set terms = terms');
  const noted = await server.pool.query('select type, id from identity_feed order by change');
  assert.deepEqual(
    noted.rows.map(({ id }) => id),
    ['p1', 'p2'],
    'indexing anew changes nothing',
  );
  await rounds();
  await server.settle();
  assert.deepEqual((await kept(home, 'Patient', 'p1'))?.name, [{ family: 'Changed', given: ['Ada'] }]);
  assert.equal(await kept(home, 'Patient', 'p2'), undefined);
  assert.equal(await server.persons.personAt({ base: home, patient: 'p2' }), undefined);
});

/** A server that can be asked by last update. */
const createFar = (type: string) => {
  const records = new Map<string, { body: string; lastUpdated: string }>();
  const asked: SearchQuery[] = [];
  const capability: TypeCapability = {
    type,
    interactions: ['read', 'search-type'],
    searchParams: [{ name: '_lastUpdated', type: 'date', definition: '' }],
    sort: ['_lastUpdated'],
  };
  const searchType = async (query: SearchQuery): Promise<SearchResult> => {
    asked.push(query);
    const [clause] = query.clauses;
    const [value] = clause?.values ?? [];
    const since = value?.kind === 'date' ? value.start : 0;
    const all = [...records]
      .filter(([, { lastUpdated }]) => Date.parse(lastUpdated) >= since)
      .map(([id, one]) => ({ type, id, versionId: '1', ...one }));
    const from = Number(query.cursor ?? 0);
    const next = from + query.count < all.length ? { next: String(from + query.count) } : {};
    return { matches: all.slice(from, from + query.count), ...next };
  };
  const put = (id: string, lastUpdated: string, name: string): void => {
    records.set(id, { body: JSON.stringify({ resourceType: type, id, name }), lastUpdated });
  };
  return { records, asked, put, backend: { capabilities: [capability], searchType } };
};

test('K40: a further server is asked for what is new, and at times for everything, by which removals are seen', async () => {
  const base = 'http://localhost:4000/far/fhir';
  const far = createFar('Organization');
  for (const id of ['o1', 'o2', 'o3']) far.put(id, '2026-01-01T00:00:00.000Z', id);
  let now = Date.parse('2026-02-01T00:00:00Z');
  const take = () =>
    takeFromServer({
      ...server.taking,
      now: () => now,
      base,
      backend: far.backend,
      pageSize: 2,
      sweepMilliseconds: 1000,
    });
  await take();
  assert.deepEqual(
    far.asked.map(({ clauses, cursor }) => [clauses.length, cursor]),
    [
      [0, undefined],
      [0, '2'],
    ],
  );
  assert.equal((await kept(base, 'Organization', 'o3'))?.name, 'o3');
  far.put('o4', '2026-01-15T00:00:00.000Z', 'new');
  far.records.delete('o1');
  now += 500;
  await take();
  assert.ok(far.asked.slice(2).every(({ clauses }) => clauses[0]?.param === '_lastUpdated'));
  assert.equal((await kept(base, 'Organization', 'o4'))?.name, 'new');
  assert.equal((await kept(base, 'Organization', 'o1'))?.name, 'o1');
  now += 1000;
  await take();
  assert.equal(await kept(base, 'Organization', 'o1'), undefined);
  assert.equal((await kept(base, 'Organization', 'o2'))?.name, 'o2');
});

test('K30: a server that cannot be asked loses nothing: the next round goes on', async () => {
  const base = 'http://localhost:4000/shaky/fhir';
  const far = createFar('Organization');
  far.put('p1', '2026-01-01T00:00:00.000Z', 'x');
  const broken = { ...far.backend, searchType: () => Promise.reject(new Error('down')) };
  const taking = { ...server.taking, base, pageSize: 10, sweepMilliseconds: 1000 };
  await assert.rejects(takeFromServer({ ...taking, backend: broken }));
  await takeFromServer({ ...taking, backend: far.backend });
  assert.ok(await kept(base, 'Organization', 'p1'));
  await assert.rejects(takeFromServer({ ...taking, now: () => Date.now() + 5000, backend: broken }));
  assert.ok(await kept(base, 'Organization', 'p1'));
});
