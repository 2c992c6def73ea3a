/** The Consents that decisions are made by: remembered until they change, closed where they are not understood. IHE PCF. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsentLimits, createConsentSource } from './consents.ts';
import { reportOnce } from './report.ts';
import { consent, createFeed, unclear } from './testing/consents.ts';
import { createFactsWorld, ownBases } from './testing/facts-world.ts';
import { FactsUnavailable } from './unavailable.ts';

const setUp = (limits: Partial<ConsentLimits> = {}) => {
  const world = createFactsWorld();
  const changes = createFeed();
  const source = createConsentSource({
    backend: world.backend,
    ownBases,
    report: reportOnce(world.report),
    feed: changes.feed,
    limits: { rememberedPatients: 100, consentsOfPatient: 10, consentsMost: 100, ...limits },
    now: () => world.time,
  });
  const idsOf = async (patient: string) => (await source.of([patient])).get(patient)?.consents.map(({ id }) => id);
  const put = async (...given: Parameters<typeof consent>) => {
    await world.put(consent(...given));
    changes.tell({ kind: 'consent', id: given[0], ...(given[1] === undefined ? {} : { patient: given[1] }) });
  };
  return { world, changes, source, idsOf, put };
};

test('P21, P24: what is active of each patient, remembered until the feed tells of a change', async () => {
  const { world, source, idsOf, put } = setUp();
  await put('c1', 'a');
  await put('c2', 'a', { status: 'inactive' });
  await put('c3', 'b');
  await put('grant-g1', 'a');
  const found = await source.of(['a', 'b', 'nobody']);
  assert.deepEqual([...found.keys()].sort(), ['a', 'b']);
  assert.deepEqual(
    found.get('a')?.consents.map(({ id }) => id),
    ['c1'],
    'a grant is not a privacy consent',
  );
  assert.equal(world.asked.length, 1, 'one question for all three');
  await source.of(['a', 'b', 'nobody']);
  assert.equal(world.asked.length, 1, 'nor for one who has none');
  await put('c1', 'a', { status: 'inactive' });
  assert.equal(await idsOf('a'), undefined);
  assert.deepEqual(await idsOf('b'), ['c3']);
  assert.equal(world.asked.length, 2, 'only for whom something changed');
});

test('fifty requests at once load once', async () => {
  const { world, source, put } = setUp();
  await put('c1', 'a');
  await Promise.all(Array.from({ length: 50 }, () => source.of(['a'])));
  await Promise.all(Array.from({ length: 50 }, () => source.ofEverybody()));
  assert.equal(world.asked.length, 2);
});

test('of more patients than are remembered nothing is read twice', async () => {
  const { world, source, put } = setUp({ rememberedPatients: 2 });
  for (const id of ['a', 'b', 'c']) await put(`c-${id}`, id);
  const ask = async () => [...(await source.of(['a', 'b', 'c', 'd'])).keys()].sort();
  assert.deepEqual(await ask(), ['a', 'b', 'c']);
  assert.deepEqual(await ask(), ['a', 'b', 'c']);
  assert.equal(world.asked.length, 1);
  await put('c-a', 'a', { status: 'inactive' });
  assert.deepEqual(await ask(), ['b', 'c']);
  assert.equal(world.asked.length, 2);
});

test('P24: a change that arrives while Consents are read is not overtaken by what was read', async () => {
  const { world, idsOf, put, source } = setUp();
  await put('c1', 'a');
  const reading = source.of(['a']);
  await put('c1', 'a', { status: 'inactive' });
  await reading;
  assert.equal(await idsOf('a'), undefined);
  assert.ok(world.asked.length >= 2);
});

test('P24: a change of which it is not told whose it was, or that everything may have, is a change of everybody', async () => {
  const { idsOf, world, changes } = setUp();
  await world.put(consent('c1', 'a'));
  assert.deepEqual(await idsOf('a'), ['c1']);
  await world.remove('Consent', 'c1');
  assert.deepEqual(await idsOf('a'), ['c1'], 'it is remembered');
  changes.tell({ kind: 'consent', id: 'c1' });
  assert.equal(await idsOf('a'), undefined);
  await world.put(consent('c2', 'a'));
  changes.tell({ kind: 'everything' });
  assert.deepEqual(await idsOf('a'), ['c2']);
});

test('a change of a grant makes nothing of privacy be read again', async () => {
  const { world, idsOf, put, source } = setUp();
  await idsOf('a');
  await source.ofEverybody();
  const asked = world.asked.length;
  await put('grant-g1', 'a');
  await put('grant-g2', undefined);
  await idsOf('a');
  await source.ofEverybody();
  assert.equal(world.asked.length, asked);
});

test('E82: nothing is taken from memory while the feed is not fresh', async () => {
  const { changes, source } = setUp();
  await source.of(['a']);
  await source.ofEverybody();
  changes.fresh = false;
  await assert.rejects(source.of(['a']), FactsUnavailable);
  await assert.rejects(source.ofEverybody(), FactsUnavailable);
  changes.fresh = true;
  assert.equal((await source.of(['a'])).size, 0);
});

test('a Consent that cannot be understood closes the record, and is told once for each version of it', async () => {
  const { world, source, put } = setUp();
  const isFaulty = async (patient: string) => (await source.of([patient])).get(patient)?.faulty;
  await put('c1', 'a', unclear);
  await put('c2', 'a');
  await put('c3', 'b', { status: 'Active' });
  assert.equal(await isFaulty('a'), true);
  assert.equal(await isFaulty('b'), true, 'a status that is not known is none that is over');
  assert.equal((await source.ofEverybody()).get('a')?.faulty, true);
  const told = () => world.reported.map(({ kind, key }) => `${kind} ${key}`);
  assert.deepEqual(told(), ['consent-fault c1', 'consent-fault c3']);
  assert.match(world.reported[0]?.detail ?? '', /Consent\.provision/);
  await put('c1', 'a', { ...unclear, dateTime: '2026-06-02' });
  await isFaulty('a');
  assert.equal(told().length, 3, 'changed, and still wrong');
  await put('c1', 'a');
  assert.equal(await isFaulty('a'), false);
});

test('a word that nobody knows is told as well: the Consent is decided by, and refuses whatever it may mean', async () => {
  const { world, source, put } = setUp();
  const purpose = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'RESEARCH' }];
  await put('c1', 'a', { provision: { type: 'permit', provision: [{ type: 'deny', purpose }] } });
  const { faulty, consents = [] } = (await source.of(['a'])).get('a') ?? {};
  assert.deepEqual([faulty, consents.length], [false, 1]);
  assert.deepEqual(
    world.reported.map(({ kind, key }) => [kind, key]),
    [['consent-fault', 'c1']],
  );
  assert.match(
    world.reported[0]?.detail ?? '',
    /^Consent\.provision\.provision\[0\]\.purpose\[0\]: .* a refusal with it/,
  );
  assert.doesNotMatch(world.reported[0]?.detail ?? '', /RESEARCH/);
});

test('as many Consents of a patient as the limit; one more and the record is closed, and nobody else’s', async () => {
  const { world, source, put, changes } = setUp({ consentsOfPatient: 2 });
  await put('c1', 'a');
  await put('c2', 'a');
  assert.equal((await source.of(['a'])).get('a')?.faulty, false);
  await put('c3', 'a');
  await put('d1', 'b');
  changes.tell({ kind: 'everything' });
  const found = await source.of(['a', 'b', 'c']);
  assert.deepEqual(found.get('a'), { consents: [], faulty: true });
  assert.equal(found.get('b')?.consents.length, 1);
  assert.deepEqual(
    world.reported.map(({ key }) => key),
    ['Consents of Patient/a'],
  );
});

test('E82: as many Consents of everybody as the limit; one more and there is no answer, which is told', async () => {
  const { world, source, put } = setUp({ consentsMost: 2 });
  await put('c1', 'a');
  await put('c2', 'b');
  assert.deepEqual([...(await source.ofEverybody()).keys()], ['a', 'b']);
  await put('c3', 'c');
  assert.equal((await source.ofEverybody()).size, 3, 'what was read is caught up with');
  const again = setUp({ consentsMost: 2 });
  for (const id of ['c1', 'c2', 'c3']) await again.put(id, id);
  await assert.rejects(again.source.ofEverybody(), FactsUnavailable);
  assert.deepEqual(
    again.world.reported.map(({ kind, key }) => [kind, key]),
    [['facts-limit', 'Consents']],
  );
  assert.deepEqual(world.reported, []);
});
