/** Units that mean the same compare; others never do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseUnitOf, ucumSystem } from './ucum.ts';

const base = (value: number, code: string, system = ucumSystem) => {
  const { unit, toBase } = baseUnitOf(system, code);
  return { unit, value: toBase(value) };
};

test('one value in two units of UCUM is one value (N15)', () => {
  assert.deepEqual(base(1, 'g/L'), base(100, 'mg/dL'));
  assert.deepEqual(base(180, 'cm'), base(1.8, 'm'));
  assert.deepEqual(base(7.2, '10*9/L'), base(7.2, '10*3/uL'));
  assert.deepEqual(base(120, 'mm[Hg]'), base(0.12, 'm[Hg]'));
  assert.deepEqual(base(37, 'Cel'), base(98.6, '[degF]'));
  assert.deepEqual(base(72, '/min'), base(72, '{beats}/min'));
});

test('other dimensions, other systems and unknown units do not compare (N15)', () => {
  const units = [
    base(1, 'g'),
    base(1, 'm'),
    base(1, 'g', ''),
    base(1, 'g', 'http://units.example'),
    base(1, 'nonsense'),
    base(1, '[iU]'),
    base(1, ''),
    base(1, '__proto__'),
  ].map(({ unit }) => unit);
  assert.equal(new Set(units).size, units.length);
  assert.deepEqual(base(1, '[iU]/L'), base(1, '[iU]/L'));
});

test('a text that is too long for a unit is not parsed, and compares with itself (N15)', () => {
  const long = `${'m.'.repeat(20_000)}m`;
  assert.deepEqual(base(5, long), base(5, long));
  assert.equal(base(5, '('.repeat(61)).value, 5);
});
