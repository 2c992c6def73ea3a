/** Records become persons: the same by whatever order and however many at once, and never what a steward keeps apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numbers, openIndex } from './testing/index-of-persons.ts';

const ada = { family: 'Moreau', given: 'Ada', birthDate: '1958-01-30' };
const steward = { by: 'steward-1', why: 'looked at both cards' };

test('K30: records of one human being that arrive at once by many connections end as one person, and none is lost', async (t) => {
  const index = await openIndex(t);
  const records = Array.from({ length: 12 }, (_, at) => `r${at}`);
  await Promise.all(
    records.map(async (record, at) => {
      await index.put(record, { ...ada, number: String(at) });
      await index.link();
    }),
  );
  const persons = await Promise.all(records.map(index.personOf));
  const [person = ''] = persons;
  assert.deepEqual(new Set(persons).size, 1);
  const { rows } = await index.pool.query('select count(*)::int as n from indexed_person where survivor is null');
  assert.deepEqual(rows, [{ n: 1 }]);
  assert.equal((await index.persons.identifiersOf(person)).length, 12);
  assert.equal(await index.persons.personByIdentifier({ system: numbers, value: '7' }), person);
  assert.equal(await index.persons.personByIdentifier({ system: numbers, value: '77' }), undefined);
});

test('K32: two persons that a record ties together become one; the id of the younger leads to the older', async (t) => {
  const index = await openIndex(t);
  await index.put('a', ada);
  await index.put('b', { ...ada, given: 'Adele' });
  await index.link();
  const [a = '', b = ''] = [await index.personOf('a'), await index.personOf('b')];
  assert.notEqual(a, b);
  await index.put('b', ada);
  await index.link();
  assert.equal(await index.personOf('b'), a);
  assert.equal(await index.persons.survivorOf(b), a);
  const [merge] = await index.stewardship.historyOf(b);
  assert.deepEqual([merge?.kind, merge?.by, merge?.from, merge?.to], ['merge', 'matcher', b, a]);
});

test('K33: what is only possible waits for a steward, whose first decision counts and is kept', async (t) => {
  const index = await openIndex(t);
  await index.put('a', ada);
  await index.put('b', { ...ada, given: 'Eva' });
  await index.link();
  const { cases, total } = await index.stewardship.waiting({ count: 10 });
  const [open] = cases;
  assert.deepEqual([total, open?.one.record, open?.other.record, open?.score], [1, 'a', 'b', 0.6]);
  assert.deepEqual(open?.reasons, ['family: same', 'given: different']);
  const { id = '' } = open ?? {};
  const race = await Promise.all([
    index.stewardship.decide(id, 'same', steward),
    index.stewardship.decide(id, 'different', { ...steward, by: 'steward-2' }),
  ]);
  assert.deepEqual(race.sort(), ['decided-already', 'done']);
  const decided = await index.stewardship.findCase(id);
  assert.equal(decided?.state === 'same', (await index.personOf('a')) === (await index.personOf('b')));
  assert.equal((await index.stewardship.waiting({ count: 10 })).total, 0);
});

test('K33: what a steward keeps apart is never linked again: not by a new feed, not after a removal, not by a third record', async (t) => {
  const index = await openIndex(t);
  await index.put('a', ada);
  await index.put('b', ada);
  await index.link();
  assert.equal(await index.personOf('a'), await index.personOf('b'));
  assert.equal(await index.stewardship.unlink('b', steward), 'done');
  const apart = async (): Promise<void> => {
    await index.link();
    assert.notEqual(await index.personOf('a'), await index.personOf('b'));
  };
  await apart();
  await index.put('b', { ...ada, number: '1' });
  await apart();
  await index.put('b', undefined);
  await index.link();
  await index.put('b', ada);
  await apart();
  await index.put('c', ada);
  await apart();
  // The third one is tied to both and can be of one of them alone: somebody has to look.
  assert.equal((await index.stewardship.waiting({ count: 10 })).total, 1);
  const [one = '', other = ''] = [await index.personOf('a'), await index.personOf('b')];
  assert.equal(await index.stewardship.merge(one, other, steward), 'kept-apart');
});

test('K32: a merge is taken back, what it moved goes home, and the matcher leaves it there', async (t) => {
  const index = await openIndex(t);
  await index.put('a', ada);
  await index.put('b', { ...ada, family: 'Okafor' });
  await index.link();
  const [a = '', b = ''] = [await index.personOf('a'), await index.personOf('b')];
  assert.equal(await index.stewardship.merge(a, b, steward), 'done');
  assert.equal(await index.personOf('b'), a);
  const [merged] = await index.stewardship.historyOf(a);
  assert.equal(await index.stewardship.unmerge(merged?.event ?? '', steward), 'done');
  assert.deepEqual([await index.personOf('a'), await index.personOf('b')], [a, b]);
  assert.equal(await index.persons.survivorOf(b), b);
  await index.put('b', ada);
  await index.link();
  assert.equal(await index.personOf('b'), b);
  assert.deepEqual(
    (await index.stewardship.historyOf(b)).map(({ kind, by }) => `${kind} ${by}`),
    ['unmerge steward-1', 'merge steward-1'],
  );
});

test('K32: merges, unlinks and feeds at once: every record has one person, and what was kept apart is apart', async (t) => {
  const index = await openIndex(t);
  const records = ['a', 'b', 'c', 'd'];
  for (const record of records) await index.put(record, ada);
  await index.link();
  const [person = ''] = await Promise.all(records.map(index.personOf));
  await index.put('x', { ...ada, family: 'Okafor' });
  await index.link();
  const other = (await index.personOf('x')) ?? '';
  await Promise.all([
    index.stewardship.unlink('b', steward),
    index.stewardship.merge(person, other, steward),
    index.stewardship.unlink('c', steward),
    index.put('d', { ...ada, number: '9' }).then(index.link),
    index.put('e', ada).then(index.link),
  ]);
  await index.link();
  const persons = await Promise.all([...records, 'x', 'e'].map(index.personOf));
  assert.ok(persons.every((one) => one !== undefined));
  const { rows } = await index.pool.query(
    `select count(*)::int as n from person_different join person_record a on a.record = one
       join person_record b on b.record = other where a.person = b.person`,
  );
  assert.deepEqual(rows, [{ n: 0 }]);
  assert.equal(await index.personOf('x'), await index.personOf('a'));
  assert.notEqual(await index.personOf('b'), await index.personOf('c'));
});

test('K31, K32: a record that its source has replaced is the other person from then on, and takes it back', async (t) => {
  const index = await openIndex(t);
  await index.put('new', { ...ada, number: '994' });
  await index.put('old', { family: 'Maiden', given: 'Ada', birthDate: '1958-01-30', number: 'm94' });
  await index.link();
  const [survivor = '', before = ''] = [await index.personOf('new'), await index.personOf('old')];
  assert.notEqual(survivor, before);
  await index.put('old', { family: 'Maiden', number: 'm94', replacedBy: '994' });
  await index.link();
  assert.equal(await index.personOf('old'), survivor);
  assert.equal(await index.persons.personByIdentifier({ system: numbers, value: 'm94' }), survivor);
  // The number that was given up is no number of the person any more.
  assert.deepEqual(await index.persons.identifiersOf(before), [{ system: numbers, value: '994' }]);
  await index.put('old', { family: 'Maiden', given: 'Ada', birthDate: '1958-01-30', number: 'm94' });
  await index.link();
  assert.notEqual(await index.personOf('old'), await index.personOf('new'));
  const kinds = (await index.stewardship.historyOf(survivor)).map(({ kind, by }) => `${kind} ${by}`);
  assert.deepEqual(kinds, ['unlink source', 'merge source']);
});

test('K33: a linked record that its source changes into somebody else is doubted, and a steward takes it out', async (t) => {
  const index = await openIndex(t);
  for (const record of ['a', 'b', 'c']) await index.put(record, ada);
  await index.link();
  await index.put('c', { family: 'Quist', given: 'Nils', birthDate: '2001-05-05' });
  await index.link();
  const [doubt] = (await index.stewardship.waiting({ count: 10 })).cases;
  assert.deepEqual(doubt?.reasons, ['changed: fits no other record']);
  assert.equal(await index.stewardship.decide(doubt?.id ?? '', 'different', steward), 'done');
  assert.notEqual(await index.personOf('c'), await index.personOf('a'));
  assert.equal(await index.personOf('b'), await index.personOf('a'));
});

test('K30: what was begun when the connection is cut is done by the next one: nothing is linked by half', async (t) => {
  let cut = true;
  const index = await openIndex(t, {
    changed: async (db) => {
      if (!cut) return;
      cut = false;
      await db.query('select pg_terminate_backend(pg_backend_pid())');
    },
  });
  await index.put('a', ada);
  await index.put('b', ada);
  await assert.rejects(index.link());
  assert.equal(await index.personOf('a'), undefined);
  await index.link();
  assert.equal(await index.personOf('a'), await index.personOf('b'));
  assert.notEqual(await index.personOf('a'), undefined);
});

test('K33: a person of more records than the limit is not made by a matcher', async (t) => {
  const index = await openIndex(t, { recordsMost: 3 });
  for (const record of ['a', 'b', 'c', 'd']) await index.put(record, ada);
  await index.link();
  const { rows } = await index.pool.query(
    'select count(*)::int as n from person_record group by person order by n desc',
  );
  assert.deepEqual(rows, [{ n: 3 }, { n: 1 }]);
  assert.ok((await index.stewardship.waiting({ count: 10 })).total > 0);
});
