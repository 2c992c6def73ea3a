/** Whose record a Provenance and a Binary are, while what they refer to comes, changes and goes. core/fhir/compartment.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from './backend.ts';
import { importResources } from './import.ts';
import { testDatabase } from './testing/database.ts';

const ownBases = ['http://localhost:4000/fhir'];
const content = (resource: Resource) => ({ resource, json: JSON.stringify(resource) });
const observation = (id: string, patient: string): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'x' },
  subject: { reference: `Patient/${patient}` },
});
const provenance = (id: string, ...targets: string[]): Resource => ({
  resourceType: 'Provenance',
  id,
  target: targets.map((reference) => ({ reference })),
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: { display: 'x' } }],
});
const binary = (id: string, securityContext: string): Resource => ({
  resourceType: 'Binary',
  id,
  contentType: 'text/plain',
  securityContext: { reference: securityContext },
});
const of = (patient: string): Filter => ({ kind: 'compartment', patient });

const store = async (t: Parameters<typeof testDatabase>[0]) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases });
  const put = async (resource: Resource) => {
    const at = { type: resource.resourceType, id: resource.id ?? '', content: content(resource) };
    const created = await backend.create(at);
    return created.kind === 'id-taken' ? backend.update(at, everything) : created;
  };
  /** by the three ways in which it may be asked: as a column, by a read, and by a search that starts from a patient */
  const ownersOf = async (type: string, id: string): Promise<readonly string[]> => {
    const owners = (await backend.ownersOf([{ type, id }])).get(`${type}/${id}`) ?? ['nothing'];
    for (const patient of ['a', 'b']) {
      const mine = owners.length === 1 && owners[0] === patient;
      const read = await backend.read({ type, id }, of(patient));
      assert.equal(read.kind, mine ? 'found' : 'absent', `${type}/${id} by ${patient}`);
      const clauses = [{ param: '_id', values: [{ kind: 'token' as const, code: id }] }];
      for (const asked of [[], clauses]) {
        const query = { type, clauses: asked, count: 100, sort: [], total: 'none' as const, understood: [] };
        const { matches } = await backend.searchType(query, of(patient));
        assert.equal(
          matches.some((match) => match.id === id),
          mine,
          `search of ${type}/${id} by ${patient}`,
        );
      }
    }
    return owners;
  };
  return { pool, backend, put, ownersOf };
};

test('a Provenance is in the record of its targets, before and after they change hands (J17, E21)', async (t) => {
  const { backend, put, ownersOf } = await store(t);
  await put(provenance('early', 'Observation/o'));
  assert.deepEqual(await ownersOf('Provenance', 'early'), []);
  await put(observation('o', 'a'));
  assert.deepEqual(await ownersOf('Provenance', 'early'), ['a']);
  await put(provenance('late', 'Observation/o/_history/1', 'Patient/a'));
  assert.deepEqual(await ownersOf('Provenance', 'late'), ['a']);
  await put(observation('o', 'b'));
  assert.deepEqual(await ownersOf('Provenance', 'early'), ['b']);
  assert.deepEqual(await ownersOf('Provenance', 'late'), []);
  await backend.delete({ type: 'Observation', id: 'o' }, everything);
  assert.deepEqual(await ownersOf('Provenance', 'early'), ['b']);
});

test('what is nobody’s, shared, or elsewhere leaves it to nobody (E24)', async (t) => {
  const { put, ownersOf } = await store(t);
  await put(observation('o', 'a'));
  await put({
    resourceType: 'Account',
    id: 'shared',
    status: 'active',
    subject: [{ reference: 'Patient/a' }, { reference: 'Patient/b' }],
  });
  await put({ resourceType: 'Medication', id: 'm' });
  await put(provenance('p', 'Observation/o'));
  const others = ['Account/shared', 'Medication/m', 'Observation/never', 'Provenance/p', 'urn:uuid:x', '#c'];
  for (const [index, other] of others.entries()) {
    await put(provenance(`p${index}`, 'Observation/o', other));
    assert.deepEqual(await ownersOf('Provenance', `p${index}`), [], other);
  }
  // A change of the one target that says whose it is does not make the rest say it too.
  await put(observation('o', 'b'));
  for (const index of others.keys()) assert.deepEqual(await ownersOf('Provenance', `p${index}`), []);
});

test('a Provenance of a Binary follows what the Binary belongs to (J17)', async (t) => {
  const { put, ownersOf } = await store(t);
  await put(provenance('p', 'Binary/x'));
  await put(binary('x', 'Observation/o'));
  await put(observation('o', 'a'));
  assert.deepEqual(await ownersOf('Binary', 'x'), ['a']);
  assert.deepEqual(await ownersOf('Provenance', 'p'), ['a']);
  await put(observation('o', 'b'));
  assert.deepEqual(await ownersOf('Binary', 'x'), ['b']);
  assert.deepEqual(await ownersOf('Provenance', 'p'), ['b']);
  await put(binary('x', 'Binary/x'));
  assert.deepEqual(await ownersOf('Binary', 'x'), []);
  assert.deepEqual(await ownersOf('Provenance', 'p'), []);
});

test('an import sets owners right in whatever order things come, and so does a transaction (J17)', async (t) => {
  const { pool, backend, ownersOf } = await store(t);
  const pair = (index: number): readonly Resource[] => [
    provenance(`p${index}`, `Observation/o${index}`, `Binary/x${index}`),
    binary(`x${index}`, `Observation/o${index}`),
    observation(`o${index}`, index % 2 === 0 ? 'a' : 'b'),
  ];
  const all = Array.from({ length: 8 }, (_, index) => pair(index));
  const inOrder = [...all.slice(0, 4).flat(), ...all.slice(4).flatMap((three) => three.toReversed())];
  await importResources(pool, inOrder, { ownBases, batchSize: 3 });
  const moved = { ...observation('o0', 'b') };
  await importResources(pool, [moved], { ownBases });
  for (const index of all.keys()) {
    const expected = index === 0 || index % 2 === 1 ? 'b' : 'a';
    assert.deepEqual(await ownersOf('Provenance', `p${index}`), [expected]);
    assert.deepEqual(await ownersOf('Binary', `x${index}`), [expected]);
  }
  await backend.transact(async (within) => {
    for (const resource of [provenance('t', 'Observation/t'), observation('t', 'a'), observation('o0', 'a')]) {
      const at = { type: resource.resourceType, id: resource.id ?? '', content: content(resource) };
      if ((await within.create(at)).kind !== 'created') await within.update(at, everything);
    }
  }, []);
  assert.deepEqual(await ownersOf('Provenance', 't'), ['a']);
  assert.deepEqual(await ownersOf('Provenance', 'p0'), ['a']);
});

test('a Provenance that is written while its target changes hands ends with the target’s owner (J17)', async (t) => {
  const { backend, put, ownersOf } = await store(t);
  for (let round = 0; round < 12; round += 1) {
    const id = `r${round}`;
    if (round % 3 > 0) await put(observation(id, 'a'));
    const change = () => put(observation(id, 'b'));
    const within = () =>
      backend.transact(async (transaction) => {
        const resource = observation(id, 'b');
        const at = { type: 'Observation', id, content: content(resource) };
        const created = await transaction.create(at);
        return created.kind === 'id-taken' ? transaction.update(at, everything) : created;
      }, []);
    const noted = () => put(provenance(id, `Observation/${id}`));
    const notedWithin = () =>
      backend.transact((transaction) => {
        const resource = provenance(`${id}-t`, `Observation/${id}`);
        return transaction.create({ type: 'Provenance', id: `${id}-t`, content: content(resource) });
      }, []);
    await Promise.all([round % 2 === 0 ? change() : within(), noted(), notedWithin()]);
    assert.deepEqual(await ownersOf('Observation', id), ['b']);
    assert.deepEqual(await ownersOf('Provenance', id), ['b'], id);
    assert.deepEqual(await ownersOf('Provenance', `${id}-t`), ['b'], id);
  }
});

test('an AuditEvent is of its one patient; several owners are all told (J01, E24)', async (t) => {
  const { backend, put } = await store(t);
  const event = (id: string, ...patients: string[]): Resource => ({
    resourceType: 'AuditEvent',
    id,
    type: { code: 'rest' },
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ requestor: true }],
    source: { observer: { display: 'x' } },
    entity: patients.map((patient) => ({ what: { reference: `Patient/${patient}` }, role: { code: '1' } })),
  });
  await put(event('one', 'a'));
  await put(event('two', 'a', 'b'));
  await put({
    resourceType: 'Account',
    id: 'x',
    status: 'active',
    subject: [{ reference: 'Patient/a' }, { reference: 'Patient/b' }],
  });
  const owners = await backend.ownersOf([
    { type: 'AuditEvent', id: 'one' },
    { type: 'AuditEvent', id: 'two' },
    { type: 'Account', id: 'x' },
    { type: 'Account', id: 'never' },
  ]);
  assert.deepEqual([...owners].toSorted(), [
    ['Account/x', ['a', 'b']],
    ['AuditEvent/one', ['a']],
    ['AuditEvent/two', []],
  ]);
  const read = await backend.read({ type: 'Account', id: 'x' }, everything);
  assert.deepEqual(read.kind === 'found' && read.version.patients, ['a', 'b']);
});

const levels = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const sensitivities = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

test('what speaks of a resource becomes as confidential as that becomes, and bears its labels (E57, E58)', async (t) => {
  const { backend, put, pool } = await store(t);
  const labelled = (code: string): Resource => ({
    ...observation('o', 'a'),
    meta: { security: [{ system: code === 'R' ? levels : sensitivities, code }] },
  });
  const speaking = [
    provenance('of-it', 'Observation/o'),
    provenance('of-several', 'Observation/o', 'http://elsewhere.example/fhir/Observation/1'),
    provenance('of-patient', 'Patient/a'),
    binary('in-it', 'Observation/o'),
    provenance('of-binary', 'Binary/in-it'),
  ];
  const seen = async (filter: Filter): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const { resourceType: type, id = '' } of speaking) {
      const read = await backend.read({ type, id }, filter);
      const vread = await backend.vread({ type, id, versionId: '1' }, filter);
      const clauses = [{ param: '_id', values: [{ kind: 'token' as const, code: id }] }];
      const query = { type, clauses, count: 10, sort: [], total: 'none' as const, understood: [] };
      const { matches } = await backend.searchType(query, filter);
      assert.deepEqual([vread.kind, matches.length === 1 ? 'found' : 'absent'], [read.kind, read.kind], id);
      if (read.kind === 'found') found.push(id);
    }
    return found;
  };
  const normal: Filter = { kind: 'confidentiality', atMost: 'N' };
  const hiv: Filter = { kind: 'label', system: sensitivities, code: 'HIV' };
  const all = speaking.map(({ id }) => id);
  await put({ resourceType: 'Patient', id: 'a' });
  await put(observation('o', 'a'));
  for (const resource of speaking) await put(resource);
  assert.deepEqual(await seen(normal), all);
  await put(labelled('R'));
  assert.deepEqual(await seen(normal), ['of-patient']);
  await put(labelled('HIV'));
  assert.deepEqual(await seen(normal), ['of-patient']);
  assert.deepEqual(await seen({ kind: 'not', filter: hiv }), ['of-patient']);
  assert.deepEqual(await seen(hiv), ['of-it', 'of-several', 'in-it', 'of-binary']);
  await put({ resourceType: 'Patient', id: 'a', meta: { security: [{ system: levels, code: 'V' }] } });
  assert.deepEqual(await seen(normal), []);
  await put({ resourceType: 'Patient', id: 'a' });
  await put(observation('o', 'a'));
  assert.deepEqual(await seen(normal), all);

  const imported = [labelled('R'), provenance('imported', 'Observation/o'), provenance('of-a', 'Patient/a')];
  await importResources(pool, imported, { ownBases });
  assert.equal((await backend.read({ type: 'Provenance', id: 'imported' }, normal)).kind, 'absent');
  assert.deepEqual(await seen(normal), ['of-patient']);
  assert.equal((await backend.read({ type: 'Provenance', id: 'of-a' }, normal)).kind, 'found');
});
