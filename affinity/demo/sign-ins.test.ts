import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { samplePeople } from './people.ts';
import { addMissingPeople, addSamplePeople } from './sign-ins.ts';

test('a database of before gets the sample people who came since; whoever is there stays as they are', async (t) => {
  const { pool } = await testDatabase(t);
  const people = createPeople(pool);
  await addSamplePeople(people, samplePeople.slice(0, 2));
  const stored = async () => (await pool.query('select * from person order by username')).rows;
  const before = await stored();
  await addMissingPeople(pool);
  const after = await stored();
  assert.deepEqual(
    after.map(({ username }) => username),
    samplePeople.map(({ username }) => username).sort(),
  );
  assert.deepEqual(
    after.filter(({ username }) => before.some((one) => one.username === username)),
    before,
  );
  for (const { username, password } of samplePeople.slice(-1))
    assert.equal((await people.verify(username, password)).kind, 'verified');
  await addMissingPeople(pool);
  assert.deepEqual(await stored(), after);
});
