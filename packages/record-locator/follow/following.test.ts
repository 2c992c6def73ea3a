import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { recordMigrations } from '@affinity/store/postgres/record-migrations.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { reference, sending } from '../testing/documents.ts';
import { clinic, openLocator, personsOf, type TestLocator } from '../testing/locator.ts';
import { createFollowing, type Following } from './following.ts';
import { entryIdOf } from './located-entry.ts';

const hospital = 'https://domain.example/hospital/fhir';
const all = 3_600_000;

let database: TestDatabase;
let locator: TestLocator;
let home: ReturnType<typeof createBackend>;
let other: ReturnType<typeof createBackend>;
let follow: () => Following;
let close: () => Promise<void>;
/** while true the hospital is not there */
let down = false;

before(async () => {
  database = await testDatabase();
  const { pool, url } = database;
  const schemaPool = async (schema: string) => {
    await migrate(url, recordMigrations(), schema);
    return createPool({ url, schema, applicationName: 'test', max: 4, onError: () => {} });
  };
  const [space, elsewhere] = [await schemaPool('locator'), await schemaPool('hospital')];
  locator = await openLocator({ pool: space }, pool);
  home = createBackend({ pool, ownBases: [clinic], now: () => locator.time });
  other = createBackend({ pool: elsewhere, ownBases: [hospital], now: () => locator.time });
  locator.persons.set('p2', {
    places: [
      { base: clinic, patient: 'b' },
      { base: hospital, patient: 'h2' },
    ],
  });
  const around = {
    store: locator.store,
    pool,
    space,
    persons: personsOf(locator.persons),
    now: () => locator.time,
    most: 2,
  };
  const server = { ...around, allMilliseconds: all, againMilliseconds: 0, homeCommunityId: 'urn:oid:1.2.3' };
  follow = () =>
    createFollowing({
      ...around,
      servers: [
        { ...server, base: clinic, documents: home, noted: true },
        {
          ...server,
          base: hospital,
          documents: {
            ...other,
            searchType: (...asked) => (down ? Promise.reject(new Error('down')) : other.searchType(...asked)),
          },
          noted: false,
        },
      ],
      pauseMilliseconds: 1000,
      changesMilliseconds: 1000,
      sweep: () => locator.documents.sweep(),
      log: () => {},
    });
  close = async () => {
    await Promise.all([space.end(), elsewhere.end()]);
  };
});

after(() => close());

const put = async (at: typeof home, id: string, more: object) => {
  const resource = { ...reference(), id, ...more };
  const content = { resource, json: JSON.stringify(resource) };
  const input = { type: 'DocumentReference', id, content };
  const made = await at.create(input);
  if (made.kind === 'id-taken') await at.update(input, everything);
};
const found = async (query: string) =>
  (
    (await (await locator.send(`/DocumentReference?${query}`, await fresh())).json()) as {
      entry?: { resource: Entry }[];
    }
  ).entry?.map(({ resource }) => resource) ?? [];
interface Entry {
  readonly id: string;
  readonly meta: {
    readonly source: string;
    readonly versionId: string;
    readonly security?: readonly { code: string }[];
  };
  readonly subject: { readonly reference: string };
  readonly custodian?: object;
  readonly content: readonly { readonly attachment: { readonly url: string; readonly data?: string } }[];
}

test('L08, L03, L14: documents of the clinic and of the hospital are found by themselves, with whole addresses, their labels and who keeps them', async () => {
  const restricted = {
    meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }] },
  };
  await put(home, 'd1', {
    subject: { reference: 'Patient/b' },
    content: [{ attachment: { contentType: 'text/plain', url: 'Binary/7' } }],
  });
  await put(home, 'd2', {
    subject: { reference: 'Patient/b' },
    content: [{ attachment: { contentType: 'text/plain', data: 'eA==' } }],
    author: [{ reference: 'Practitioner/x' }],
  });
  await put(home, 'd3', { subject: { reference: 'Patient/b' }, ...restricted });
  await put(other, 'h1', { subject: { reference: 'Patient/h2' } });
  const practitioner = { resourceType: 'Practitioner', id: 'x', name: [{ family: 'Okafor', given: ['Daniel'] }] };
  await home.create({
    type: 'Practitioner',
    id: 'x',
    content: { resource: practitioner, json: JSON.stringify(practitioner) },
  });
  await follow().round();
  const entries = await found('patient=Patient/p2&status=current');
  assert.deepEqual(
    new Set(entries.map(({ meta }) => meta.source)),
    new Set([`${clinic}/DocumentReference/d1`, `${clinic}/DocumentReference/d2`, `${hospital}/DocumentReference/h1`]),
    'and not the one that is labelled',
  );
  const urls = entries.map(({ content }) => content[0]?.attachment.url);
  assert.ok(urls.includes(`${clinic}/Binary/7`) && urls.includes(`${clinic}/DocumentReference/d2`));
  assert.ok(
    entries.every(({ content, custodian }) => content[0]?.attachment.data === undefined && custodian !== undefined),
  );
  assert.equal((await found('targetCommunityIdList=urn:oid:1.2.3')).length, 3);
  assert.deepEqual(
    (await found('author.family=okafor')).map(({ id }) => id),
    [entryIdOf(clinic, 'd2')],
  );
});

test('L14: hearing of a document once or many times is the same; what changes and what is withdrawn is heard of too', async () => {
  const [first] = await found(`_id=${entryIdOf(clinic, 'd1')}`);
  await put(home, 'd1', {
    subject: { reference: 'Patient/b' },
    content: [{ attachment: { contentType: 'text/plain', url: 'Binary/7' } }],
  });
  await Promise.all([follow().round(), follow().round()]);
  const [again] = await found(`_id=${entryIdOf(clinic, 'd1')}`);
  assert.equal(again?.meta.versionId, first?.meta.versionId, 'the same is not written again');
  await put(home, 'd1', { subject: { reference: 'Patient/b' }, status: 'superseded' });
  await home.delete({ type: 'DocumentReference', id: 'd2' }, everything);
  await other.delete({ type: 'DocumentReference', id: 'h1' }, everything);
  await follow().round();
  assert.equal((await found('patient=Patient/p2&status=superseded')).length, 1);
  assert.deepEqual(
    (await found('patient=Patient/p2&status=current')).map(({ meta }) => meta.source),
    [`${hospital}/DocumentReference/h1`],
    'a server that is asked tells of removals when it is read whole',
  );
  locator.time += all;
  await follow().round();
  assert.equal((await found('patient=Patient/p2&status=current')).length, 0);
});

test('L14: a document of somebody whom nobody knows yet waits until they are known', async () => {
  await put(home, 'd4', { subject: { reference: 'Patient/new' } });
  await follow().round();
  assert.equal(
    (await locator.store.read({ type: 'DocumentReference', id: entryIdOf(clinic, 'd4') }, everything)).kind,
    'absent',
  );
  locator.persons.set('p3', { places: [{ base: clinic, patient: 'new' }] });
  locator.time += 1;
  await follow().round();
  assert.deepEqual(
    (await found('patient=Patient/p3')).map(({ id }) => id),
    [entryIdOf(clinic, 'd4')],
  );
});

test('L14: what was noted and not taken over when the process died is taken over by the next', async () => {
  await put(home, 'd5', { subject: { reference: 'Patient/b' } });
  const dying = createFollowingThatDies();
  await dying.round();
  assert.equal((await found(`_id=${entryIdOf(clinic, 'd5')}`)).length, 0);
  await follow().round();
  assert.equal((await found(`_id=${entryIdOf(clinic, 'd5')}`)).length, 1);
  const { rows } = await database.pool.query('select from locator_feed');
  assert.equal(rows.length, 0);
});
const createFollowingThatDies = () => {
  const around = {
    store: locator.store,
    pool: database.pool,
    space: database.pool,
    persons: personsOf(locator.persons),
    now: () => locator.time,
    most: 2,
  };
  const gone = { ...home, read: () => Promise.reject(new Error('killed')) };
  return createFollowing({
    ...around,
    servers: [{ ...around, base: clinic, documents: gone, noted: true, allMilliseconds: all, againMilliseconds: 0 }],
    pauseMilliseconds: 1,
    changesMilliseconds: 1,
    sweep: async () => {},
    log: () => {},
  });
};

test('L14: a server that is not heard of any more loses its entries in time, as if they had never been; heard of again they are there again', async () => {
  await put(other, 'h2', { subject: { reference: 'Patient/h2' } });
  await follow().round();
  const at = `/DocumentReference/${entryIdOf(hospital, 'h2')}`;
  assert.equal((await locator.send(at, await fresh())).status, 200);
  down = true;
  locator.time += 31 * 86_400_000;
  const late = await fresh();
  const none = await (await locator.send('/DocumentReference/none', late)).text();
  const gone = await locator.send(at, late);
  assert.equal(gone.status, 404);
  assert.equal(await gone.text(), none);
  assert.equal((await locator.send(`${at}/_history`, late)).status, 404);
  assert.equal((await locator.send(`${at}/_history/1`, late)).status, 404);
  down = false;
  await follow().round();
  assert.equal((await locator.send(at, late)).status, 200);
});
const fresh = () => locator.token('system/DocumentReference.cruds system/List.cruds system/Binary.cr');

test('L14: when two persons turn out to be one, their entries are of that one; taken apart again they are as before', async () => {
  const late = await fresh();
  const made = await locator.send(
    '/DocumentReference',
    late,
    sending(reference({ subject: { reference: 'Patient/p3' } }, { url: 'https://archive.example/1' })),
  );
  assert.equal(made.status, 201, await made.clone().text());
  const { id } = (await made.json()) as { id: string };
  const subjectOf = async (one: string) =>
    ((await (await locator.send(`/DocumentReference/${one}`, late)).json()) as Entry).subject.reference;
  const moved = () =>
    database.pool.query(
      `insert into person_event (kind, done_by, why, from_person, to_person, records) values ('merge', 'x', 'x', 'p3', 'p2', '{}')`,
    );
  await follow().round();
  locator.persons.set('p3', { survivor: 'p2' });
  locator.persons.set('p2', {
    places: [
      { base: clinic, patient: 'b' },
      { base: clinic, patient: 'new' },
      { base: hospital, patient: 'h2' },
    ],
  });
  await moved();
  await follow().round();
  assert.deepEqual([await subjectOf(id), await subjectOf(entryIdOf(clinic, 'd4'))], ['Patient/p2', 'Patient/p2']);
  locator.persons.set('p3', { places: [{ base: clinic, patient: 'new' }] });
  locator.persons.set('p2', {
    places: [
      { base: clinic, patient: 'b' },
      { base: hospital, patient: 'h2' },
    ],
  });
  await moved();
  await follow().round();
  assert.deepEqual([await subjectOf(id), await subjectOf(entryIdOf(clinic, 'd4'))], ['Patient/p3', 'Patient/p3']);
});
