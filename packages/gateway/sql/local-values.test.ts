/** Keys as ids and back, and dates of old systems as FHIR's. FHIR R4 datatypes.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { primitiveFault } from '@affinity/core/fhir/primitive-format.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import fc from 'fast-check';
import { dateForm } from './local-date.ts';
import { idOf, keyOf } from './local-id.ts';
import { createZone } from './local-time.ts';

test('Q21: every key has one id, from which it comes back; what is no such id has no key', () => {
  const key = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(key, fc.constantFrom('', 'lab-', 'a.'), (parts, prefix) => {
      const id = idOf(parts, prefix);
      if (id === undefined) return;
      assert.ok(isResourceId(id));
      const back = keyOf(id, parts.length, prefix);
      // Half a surrogate pair is no text of a database.
      if (parts.every((part) => part.isWellFormed())) assert.deepEqual(back, parts);
      assert.equal(keyOf(id, parts.length + 1, prefix), undefined);
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9.-]{1,20}$/), fc.integer({ min: 1, max: 3 }), (id, columns) => {
      const back = keyOf(id, columns);
      if (back !== undefined) assert.equal(idOf(back), id);
    }),
  );
  assert.equal(idOf(['4/7 118']), '4.2f7.20118');
  assert.equal(idOf(['A', '']), undefined);
  assert.equal(idOf(['x'.repeat(64)])?.length, 64);
  assert.equal(idOf(['x'.repeat(65)]), undefined);
  assert.equal(keyOf('4.2F7', 1), undefined, 'one way of writing only');
});

test('dates of old systems, in the zone of the database', () => {
  const zone = createZone('Europe/Berlin');
  const read = (form: string, text: string, partial = false) => dateForm(form, partial)?.read(text, zone);
  const cases: readonly (readonly [form: string, text: string, fhir: string | undefined])[] = [
    ['YYYYMMDD', '20260503', '2026-05-03'],
    ['YYYYMMDD', '0', 'empty'],
    ['YYYYMMDD', '00000000', 'empty'],
    ['YYYYMMDD', '20260500', undefined],
    ['YYYYMMDD', '2026053', undefined],
    ['YYYYMMDD', '20260503 ', undefined],
    ['DD.MM.YYYY HH:mm', '03.05.2026 10:15', '2026-05-03T10:15:00+02:00'],
    ['YYYYMMDDHHmmss', '20260103101530', '2026-01-03T10:15:30+01:00'],
    // In March an hour is left out, in October one comes twice: then it is the first.
    ['YYYYMMDDHHmm', '202603290230', '2026-03-29T02:30:00+01:00'],
    ['YYYYMMDDHHmm', '202610250230', '2026-10-25T02:30:00+02:00'],
    ['YYYYMMDDHHmm', '202610250330', '2026-10-25T03:30:00+01:00'],
    ['iso', '2026-05-03', '2026-05-03'],
    ['iso', '2026-05-03 10:15:30.120+00', '2026-05-03T10:15:30.120Z'],
    ['iso', '2026-05-03 10:15:30', '2026-05-03T10:15:30+02:00'],
    ['iso', '2026-05', undefined],
    ['iso', 'infinity', undefined],
    ['epoch-seconds', '1777802400', '2026-05-03T10:00:00.000Z'],
    ['epoch-milliseconds', '-1', '1969-12-31T23:59:59.999Z'],
    ['epoch-seconds', '9'.repeat(15), undefined],
  ];
  for (const [form, text, fhir] of cases) assert.equal(read(form, text), fhir, `${form} ${text}`);
  assert.equal(read('YYYYMMDD', '19600000', true), '1960');
  assert.equal(read('YYYYMMDD', '19600500', true), '1960-05');
  assert.equal(read('YYYYMMDD', '19600003', true), undefined);
  assert.equal(read('iso', '1960-05', true), '1960-05');
  assert.equal(createZone('America/St_Johns')(Date.parse('2026-01-01T00:00:00Z')), '-03:30');
});

test('a form begins with the year and has no gap; what it makes is a date of FHIR or is left to the check of resources', () => {
  for (const form of ['DDMM', 'YYYYDD', 'YYYYMMDDmm', 'YYYYMMDDYYYY', 'yyyymmdd', 'YYYY-Q', '', 'YYYYMMDDTHH'])
    assert.equal(dateForm(form), undefined, form);
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{8}$/), (digits) => {
      const read = dateForm('YYYYMMDD')?.read(digits, () => 'Z');
      if (read === undefined || read === 'empty') return;
      const wrong = primitiveFault('date', read);
      assert.ok(wrong === undefined || /no such day|not a valid/.test(wrong.diagnostics));
    }),
  );
});
