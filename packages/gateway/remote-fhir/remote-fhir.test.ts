/** A foreign FHIR server as a Source: what it is asked, and what is made of its answers. FHIR R4 http.html, search.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wanted } from '../source.ts';
import { observation, openRemote, searchset, startUpstream, statementOf } from './testing/upstream.ts';

const asking = (more: Partial<Wanted> = {}): Wanted => ({
  type: 'Observation',
  clauses: [],
  sort: [],
  count: 50,
  ...more,
});

test('a resource is read: its text as it came, decimals and all, with its version and instant', async (t) => {
  const upstream = await startUpstream(t);
  const body =
    '{ "resourceType":"Observation","id":"o1","meta":{"versionId":"7","lastUpdated":"2026-01-02T03:04:05+01:00"},"valueQuantity":{"value":0.10}}';
  upstream.say = ({ path }) => (path === '/fhir/Observation/o1' ? { body: `${body}\n` } : undefined);
  const { remote } = await openRemote(t, upstream.url);
  const read = await remote.read({ type: 'Observation', id: 'o1' });
  assert.ok(read.kind === 'found');
  const { resource, ...version } = read.version;
  assert.deepEqual(version, {
    type: 'Observation',
    id: 'o1',
    versionId: '7',
    lastUpdated: '2026-01-02T02:04:05.000Z',
    body,
  });
  assert.deepEqual(resource, JSON.parse(body));
  assert.deepEqual(await remote.read({ type: 'Observation', id: 'o2' }), { kind: 'absent' });
  upstream.say = () => ({ status: 410 });
  assert.deepEqual(await remote.read({ type: 'Observation', id: 'o1' }), { kind: 'deleted' });
});

test('a search gives its matches only, in order, and where it is continued', async (t) => {
  const upstream = await startUpstream(t);
  const { remote } = await openRemote(t, upstream.url);
  upstream.say = ({ path }) => ({
    body: path.includes('page=2')
      ? searchset(upstream.url, [observation('o3', 'a')])
      : searchset(upstream.url, [observation('o2', 'a'), observation('o1', 'b')], {
          link: [
            { relation: 'self', url: `${upstream.url}/Observation?_count=50` },
            { relation: 'next', url: `${upstream.url}/Observation?page=2` },
          ],
        }),
  });
  const first = await remote.find(asking());
  assert.deepEqual(
    first.found.map(({ id }) => id),
    ['o2', 'o1'],
  );
  assert.ok(first.next !== undefined && !first.next.includes('127.0.0.1'));
  const second = await remote.find(asking({ cursor: first.next }));
  assert.deepEqual(
    second.found.map(({ id }) => id),
    ['o3'],
  );
  assert.equal(second.next, undefined);
  assert.deepEqual(
    upstream.heard.map(({ path }) => path),
    ['/fhir/Observation?_count=50', '/fhir/Observation?page=2'],
  );
});

test('a foreign server offers what its statement says and we can judge', async (t) => {
  const upstream = await startUpstream(t);
  upstream.statement = statementOf({
    Patient: [
      ['name', 'string'],
      ['birthdate', 'string'],
      ['own', 'token'],
    ],
    Nonsense: [],
  });
  const { remote } = await openRemote(t, upstream.url, { sort: ['_lastUpdated', 'own'] });
  assert.deepEqual(
    remote.capabilities.map(({ type, searchParams, sort }) => [type, searchParams.map(({ name }) => name), sort]),
    [['Patient', ['_id', 'name'], ['_lastUpdated']]],
  );
});
