/** Worlds of the record locator for each kind of caller. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLocator } from '@affinity/record-locator/testing/locator.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { locatorAskers, proveLocators } from './locator-interference.ts';

const [worlds, requests] = [2, 50];

for (const [at, asker] of locatorAskers.entries())
  test(`L08, hostile: ${asker.name}: two locators answer alike, and who has opted out is nobody`, async (t) => {
    const sides = [await openLocator(await testDatabase(t)), await openLocator(await testDatabase(t))] as const;
    const statuses: Record<string, number> = {};
    let telling = 0;
    for (const side of sides) {
      side.persons.set('p3', {
        places: [{ base: 'https://domain.example/fhir', patient: 'c' }],
        identifiers: [{ system: 'urn:mrn', value: '0003' }],
      });
      await side.optOuts.add('p3', 'themselves');
    }
    for (let world = 0; world < worlds; world += 1) {
      const figures = await proveLocators(sides, asker, { seed: 100 * at + world, requests });
      telling += figures.telling;
      for (const [status, count] of Object.entries(figures.statuses))
        statuses[status] = (statuses[status] ?? 0) + count;
    }
    for (const status of ['200', '404']) assert.ok((statuses[status] ?? 0) > 0, JSON.stringify(statuses));
    assert.ok(telling > worlds * 5, `${telling} answers told of an entry`);
  });
