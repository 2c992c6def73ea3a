/** A RelatedPerson acts for its patient while it is active and in period. FHIR R4 relatedperson.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relationOf } from './related-person.ts';
import { createFactsWorld, ownBases, to } from './testing/facts-world.ts';

test('E31: exactly the patient that is linked, while the relation holds', async () => {
  const world = createFactsWorld();
  const ask = () => relationOf('r', world.time, world.backend, ownBases);
  const put = (more: object = {}) =>
    world.put({ resourceType: 'RelatedPerson', id: 'r', patient: to('Patient/child'), ...more });
  assert.deepEqual(await ask(), { kind: 'unknown' });
  await put();
  assert.deepEqual(await ask(), { kind: 'holds', patient: 'child' });
  await put({ active: true, period: { start: '2026-06-15', end: '2026-06-15' } });
  assert.deepEqual(await ask(), { kind: 'holds', patient: 'child' });
  for (const more of [
    { active: false },
    { period: { end: '2026-06-14' } },
    { period: { start: '2026-06-16' } },
    { period: { end: 'soon' } },
  ]) {
    await put(more);
    assert.deepEqual(await ask(), { kind: 'does-not-hold', patient: 'child' }, JSON.stringify(more));
  }
  await put({ patient: to('https://other.example/fhir/Patient/child') });
  assert.deepEqual(await ask(), { kind: 'does-not-hold' });
  await world.remove('RelatedPerson', 'r');
  assert.deepEqual(await ask(), { kind: 'does-not-hold' });
});
