/** A grant as the Consent that it is, as it stands now. FHIR R4 consent.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGrantSource } from './grants.ts';
import { reportOnce } from './report.ts';
import { consent, createFeed, unclear } from './testing/consents.ts';
import { createFactsWorld, ownBases } from './testing/facts-world.ts';
import { FactsUnavailable } from './unavailable.ts';

const setUp = () => {
  const world = createFactsWorld();
  const changes = createFeed();
  const report = reportOnce(world.report);
  const grantOf = createGrantSource({ backend: world.backend, ownBases, report, feed: changes.feed, remembered: 10 });
  const put = async (more: object) => {
    await world.put(consent('grant-g1', 'a', more));
    changes.tell({ kind: 'consent', id: 'grant-g1', patient: 'a' });
  };
  return { world, changes, grantOf, put };
};

test('E07: a grant that is narrowed, ended or deleted is so at once, and costs nothing while it stands', async () => {
  const { world, changes, grantOf, put } = setUp();
  await put({});
  assert.equal((await grantOf('g1'))?.id, 'grant-g1');
  await grantOf('g1');
  assert.equal(world.asked.length, 1);
  await put({ dateTime: '2026-06-02' });
  assert.equal((await grantOf('g1'))?.given, Date.UTC(2026, 5, 2));
  await put({ status: 'inactive' });
  assert.equal(await grantOf('g1'), undefined);
  await put({});
  await world.remove('Consent', 'grant-g1');
  changes.tell({ kind: 'consent', id: 'grant-g1' });
  assert.equal(await grantOf('g1'), undefined);
});

test('a grant that is not there, or cannot be understood, is none', async () => {
  const { world, grantOf, put } = setUp();
  assert.equal(await grantOf('other'), undefined);
  await put(unclear);
  assert.equal(await grantOf('g1'), undefined);
  assert.deepEqual(
    world.reported.map(({ key }) => key),
    ['grant-g1'],
  );
});

test('E82: nothing is taken from memory while the feed is not fresh; everything is read anew when it says so', async () => {
  const { world, changes, grantOf, put } = setUp();
  await put({});
  await grantOf('g1');
  changes.fresh = false;
  await assert.rejects(grantOf('g1'), FactsUnavailable);
  changes.fresh = true;
  await world.remove('Consent', 'grant-g1');
  assert.ok(await grantOf('g1'));
  changes.tell({ kind: 'everything' });
  assert.equal(await grantOf('g1'), undefined);
});
