import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exactNumber, isExactNumber, isExactObject, numberText, parseExact, printExact } from './exact-json.ts';

test('numbers keep their text through parsing and printing (N25)', () => {
  for (const text of [
    '0.10',
    '1.0',
    '-0',
    '-0.00',
    '1e5',
    '1E+5',
    '9e999999',
    '1e-999999',
    '9007199254740993',
    '0.1000000000000000055',
  ])
    for (const json of [text, `[${text}]`, `{"a":{"b":[${text},"x"]}}`])
      assert.equal(printExact(parseExact(json)), json);
});

test('everything else is as JSON has it, members in their order', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      assert.equal(printExact(parseExact(json)), json);
      assert.equal(printExact(parseExact(json), 2), JSON.stringify(value, null, 2));
    }),
  );
});

test('a number is told from an object that looks like one', () => {
  assert.ok(isExactNumber(parseExact('1.0')));
  const lookalike = parseExact('{"rawJSON":"1.0"}');
  assert.ok(!isExactNumber(lookalike) && isExactObject(lookalike));
  assert.equal(printExact(lookalike), '{"rawJSON":"1.0"}');
  for (const none of ['[1]', 'null', '"1"', 'true', '1']) assert.ok(!isExactObject(parseExact(none)), none);
});

test('a number is made only of what JSON takes for one', () => {
  for (const text of ['0', '-1', '0.10', '1e5', '12345678901234567890.5']) {
    const made = exactNumber(text);
    assert.ok(made !== undefined && numberText(made) === text);
  }
  for (const text of [
    '',
    '+1',
    '01',
    '.5',
    '1.',
    '1e',
    '0x1',
    'NaN',
    'Infinity',
    '1 ',
    ' 1',
    '1,0',
    '1}',
    '"1"',
    '1\n',
  ])
    assert.equal(exactNumber(text), undefined, text);
});
