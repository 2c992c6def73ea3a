/** The hospital of the demonstration: made once, whole, and every row of it a resource. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { loadMapping } from '@affinity/gateway/sql/load-mapping.ts';
import { openPostgresql } from '@affinity/gateway/sql/postgresql.ts';
import { openSqlSource } from '@affinity/gateway/sql/sql-source.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { hospitalMapping, prepareHospital } from './prepare-hospital.ts';

const task = { patients: 100, now: new Date('2026-06-01T12:00:00Z') };

test('several at once make one hospital, and it is the same a day later', async (t) => {
  const { pool } = await testDatabase(t);
  const all = await Promise.all([1, 2, 3].map(() => prepareHospital({ pool, ...task })));
  const later = await prepareHospital({ pool, ...task, now: new Date('2026-06-02T12:00:00Z') });
  for (const one of all) assert.deepEqual(one, later);
  assert.equal(later.patients.length, 36, 'those whom nobody recognized are for a steward');
  assert.deepEqual(later.patients[0], { clinic: 'patient-0001', hospital: '0047113' });
  const { rows } = await pool.query('select NAME as name from hospital.PAT where PAT_NR = $1', ['0047113']);
  assert.deepEqual(rows, [{ name: 'Ribeiro' }]);
});

test('what was begun and not finished is made whole the next time', async (t) => {
  const { pool } = await testDatabase(t);
  const broken = await pool.connect();
  await broken.query('begin');
  await broken.query('create schema hospital');
  broken.release(true);
  const { patients } = await prepareHospital({ pool, ...task });
  const { rows } = await pool.query('select count(*)::integer as count from hospital.PAT');
  assert.deepEqual([patients.length, rows[0]?.count], [36, 60]);
});

test('every row becomes a resource: nothing is withheld, and references meet', async (t) => {
  const { pool, url } = await testDatabase(t);
  await prepareHospital({ pool, ...task });
  const loaded = loadMapping(readFileSync(hospitalMapping, 'utf8'));
  assert.ok(loaded.kind === 'mapping', JSON.stringify(loaded));
  const engine = openPostgresql({ url });
  t.after(() => engine.close());
  const withheld: unknown[] = [];
  const opened = await openSqlSource({
    name: 'hospital',
    mapping: loaded.mapping,
    engine,
    onWithheld: (one) => withheld.push(one),
  });
  assert.ok(opened.kind === 'source', JSON.stringify(opened));
  const { source } = opened;
  const all = new Map<string, Resource>();
  for (const { type } of source.capabilities) {
    let cursor: string | undefined;
    do {
      const page = await source.find({
        type,
        clauses: [],
        sort: [],
        count: 1000,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { id, resource } of page.found) all.set(`${type}/${id}`, resource);
      cursor = page.next;
    } while (cursor !== undefined);
  }
  assert.deepEqual(withheld, []);
  for (const [key, { meta }] of all)
    assert.ok((meta?.lastUpdated ?? '') < task.now.toISOString(), `${key} is of the future`);
  const types = [...all.keys()].map((key) => key.split('/')[0]);
  const counts = Object.fromEntries(
    source.capabilities.map(({ type }) => [type, types.filter((one) => one === type).length]),
  );
  assert.equal(counts.Patient, 60);
  for (const [type, count] of Object.entries(counts)) assert.ok(count > 0, type);
  for (const [key, resource] of all)
    for (const [, reference] of JSON.stringify(resource).matchAll(/"reference":"([^"]+)"/g))
      assert.ok(all.has(reference ?? ''), `${key} refers to ${reference}`);
});
