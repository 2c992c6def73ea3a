import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createPeople } from './people.ts';
import { addProxy, bindIdentity, endProxy, IdentityTaken, proofsOf, unbindIdentity } from './proofs.ts';

const someone = { password: 'correct horse', name: 'Somebody' };
const seen = { evidence: 'identity-document', by: 'Petra', at: new Date('2026-05-03T10:00:00Z') } as const;

test('K43: nothing ties a sign-in to a record but a proof: the database refuses it, however it is written', async (t) => {
  const { pool } = await testDatabase(t);
  const { sub } = await createPeople(pool).add({ ...someone, username: 'ana' });
  const refused = { constraint: 'proof' };
  await assert.rejects(pool.query(`update person set fhir_user = 'Patient/p1' where sub = $1`, [sub]), refused);
  await assert.rejects(pool.query(`insert into person_patient values ($1, 'p1', 'self')`, [sub]), refused);
  await assert.rejects(
    pool.query(`insert into person (sub, username, name, fhir_user) values ($1, 'x', 'X', 'Patient/p1')`, [
      randomUUID(),
    ]),
    refused,
  );
  await transaction(pool, (db) => bindIdentity(db, sub, 'Patient/p1', seen));
  // A proof that is taken away, or ended, while the tie stands.
  await assert.rejects(pool.query('delete from proofing_event'), refused);
  await assert.rejects(
    pool.query(`update proofing_event set ended_at = now(), ended_by = 'x', ended_reason = 'x'`),
    refused,
  );
  assert.equal((await createPeople(pool).find(sub))?.fhirUser, 'Patient/p1');
});

test('K43: a Patient is one person who may sign in, also when two are tied at once', async (t) => {
  const { pool } = await testDatabase(t);
  const people = createPeople(pool);
  const subs = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (username) => (await people.add({ ...someone, username })).sub),
  );
  const bound = await Promise.allSettled(
    subs.map((sub) => transaction(pool, (db) => bindIdentity(db, sub, 'Patient/p1', seen))),
  );
  assert.deepEqual(bound.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected', 'rejected']);
  for (const one of bound) if (one.status === 'rejected') assert.ok(one.reason instanceof IdentityTaken);
  const add = people.add({ ...someone, username: 'e', fhirUser: 'Patient/p1' });
  await assert.rejects(add, IdentityTaken);
  assert.equal(await people.findNamed('e'), undefined);

  // A closed account gives way, and finds the place taken when it is opened again.
  const first = subs[bound.findIndex(({ status }) => status === 'fulfilled')] ?? assert.fail();
  const { username = '' } = (await people.find(first)) ?? {};
  await people.disable(first, new Date());
  await people.add({ ...someone, username: 'f', fhirUser: 'Patient/p1' });
  await assert.rejects(people.set(username, { disabled: false }, new Date()), IdentityTaken);
});

test('K43: who proved it, on what evidence, when, and what ended it can be read for good', async (t) => {
  const { pool } = await testDatabase(t);
  const people = createPeople(pool);
  const { sub } = await people.add({ ...someone, username: 'ana' });
  await transaction(pool, (db) => bindIdentity(db, sub, 'Patient/p1', { ...seen, note: 'passport' }));
  const proxy = { patient: 'p2', relation: 'child', until: new Date('2030-01-01T00:00:00Z') };
  await transaction(pool, (db) => addProxy(db, sub, proxy, { ...seen, evidence: 'legal-document' }));
  assert.equal(await transaction(pool, (db) => bindIdentity(db, sub, 'Patient/p3', seen)), 'somebody-already');
  const patients = async (at: string) => (await people.patientsOf(sub, new Date(at))).map(({ patient }) => patient);
  assert.deepEqual(await patients('2029-12-31T23:59:59Z'), ['p1', 'p2']);
  assert.deepEqual(await patients('2030-01-01T00:00:00Z'), ['p1']);

  const ending = { by: 'Petra', reason: 'the wrong Ana', at: new Date('2026-06-01T00:00:00Z') };
  assert.equal(await transaction(pool, (db) => endProxy(db, sub, 'p1', ending)), false);
  assert.equal(await transaction(pool, (db) => endProxy(db, sub, 'p2', ending)), true);
  assert.equal(await transaction(pool, (db) => unbindIdentity(db, sub, ending)), 'Patient/p1');
  assert.equal((await people.find(sub))?.fhirUser, undefined);
  assert.deepEqual(await patients('2026-06-02T00:00:00Z'), []);
  const ended = { at: ending.at, by: 'Petra', reason: 'the wrong Ana' };
  const { at, ...proof } = seen;
  assert.deepEqual(await proofsOf(pool, sub), [
    { ...proof, kind: 'proxy', target: 'Patient/p2', evidence: 'legal-document', at, ended },
    { ...proof, kind: 'identity', target: 'Patient/p1', note: 'passport', at, ended },
  ]);
});

test('K43: whoever is added with a record is tied by a proof, be it the operator’s word alone', async (t) => {
  const { pool } = await testDatabase(t);
  const people = createPeople(pool);
  const patients = [
    { patient: 'p1', relation: 'self' },
    { patient: 'p2', relation: 'child' },
  ];
  const { sub } = await people.add({ ...someone, username: 'ana', fhirUser: 'Patient/p1', patients });
  assert.deepEqual(
    (await proofsOf(pool, sub)).map(({ kind, target, evidence, by }) => [kind, target, evidence, by]).sort(),
    [
      ['identity', 'Patient/p1', 'declared', 'operator'],
      ['proxy', 'Patient/p2', 'declared', 'operator'],
    ],
  );
});
