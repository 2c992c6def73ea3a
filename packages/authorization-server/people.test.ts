import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createPeople } from './people.ts';

const someone = { password: 'correct horse', name: 'Somebody' };

test('E74: who may declare an emergency, relabel or read the log is said by an administrator, and taken back', async (t) => {
  const { pool } = await testDatabase(t);
  const people = createPeople(pool);
  const { sub } = await people.add({ ...someone, username: 'plain' });
  const held = async () => [
    await people.mayDeclareEmergency(sub),
    await people.mayRelabel(sub),
    await people.isAuditor(sub),
  ];
  assert.deepEqual(await held(), [false, false, false]);
  const at = new Date();
  assert.deepEqual(await people.set(' Plain ', { emergency: true }, at), { sub });
  assert.deepEqual(await held(), [true, false, false]);
  await people.set('plain', { relabel: true, auditor: true }, at);
  assert.deepEqual(await held(), [true, true, true]);
  await people.set('plain', { emergency: false }, at);
  assert.deepEqual(await held(), [false, true, true]);
  const { sub: given } = await people.add({ ...someone, username: 'given', emergency: true });
  assert.equal(await people.mayDeclareEmergency(given), true);
  assert.equal(await people.mayRelabel(given), false);
});

test('E74: a disabled person holds nothing and is nobody, until the account is enabled again', async (t) => {
  const { pool } = await testDatabase(t);
  const people = createPeople(pool);
  const { sub } = await people.add({ ...someone, username: 'doctor', emergency: true });
  await people.set('doctor', { disabled: true }, new Date());
  assert.equal(await people.mayDeclareEmergency(sub), false);
  assert.equal(await people.find(sub), undefined);
  assert.equal((await people.verify('doctor', 'correct horse')).kind, 'refused');
  await people.set('doctor', { disabled: false }, new Date());
  assert.equal(await people.mayDeclareEmergency(sub), true);
  assert.equal((await people.verify('doctor', 'correct horse')).kind, 'verified');
});

test('nobody has a username that was not given, and nothing holds for a subject that is none', async (t) => {
  const { pool } = await testDatabase(t);
  const people = createPeople(pool);
  assert.equal(await people.set('nobody', { emergency: true }, new Date()), undefined);
  for (const sub of ['', 'x', '-'.repeat(36), randomUUID()]) assert.equal(await people.mayDeclareEmergency(sub), false);
});
