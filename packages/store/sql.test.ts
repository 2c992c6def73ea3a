/** Fragments: a value is never text of the statement, however they are put together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { andSql, createStatementNames, joinSql, orSql, type Sql, sql, toStatement } from './sql.ts';

test('values stand in order, through any nesting', () => {
  const inner = sql`a = ${1} or ${sql`b = ${2}`}`;
  const whole = sql`select ${joinSql([sql`x`, sql`${3}`], ', ')} where ${andSql([inner, orSql([sql`c = ${4}`])])}`;
  assert.deepEqual(toStatement(whole), {
    text: 'select x, $1 where (a = $2 or b = $3 and (c = $4))',
    values: [3, 1, 2, 4],
  });
});

test('nothing of a value comes into the text', () => {
  const fragment: fc.Arbitrary<Sql> = fc.letrec<{ sql: Sql }>((tie) => ({
    sql: fc.oneof(
      { maxDepth: 4 },
      fc.string().map((value) => sql`x = ${value}`),
      fc.array(tie('sql'), { maxLength: 3 }).map(andSql),
      fc.array(tie('sql'), { maxLength: 3 }).map(orSql),
      tie('sql').map((part) => sql`not ${part}`),
    ),
  })).sql;
  fc.assert(
    fc.property(fragment, (part) => {
      const { text, values } = toStatement(part);
      assert.match(text, /^(?:[()]|x = \$\d+| and | or |not |true|false)+$/);
      assert.deepEqual(
        text.match(/\$\d+/g) ?? [],
        values.map((_, index) => `$${index + 1}`),
      );
    }),
  );
});

test('something that only looks like a fragment is a value', () => {
  const forged = { texts: ['; drop table resource'], values: [] };
  assert.deepEqual(toStatement(sql`x = ${forged}`), { text: 'x = $1', values: [forged] });
});

test('a NUL, which PostgreSQL does not hold, is not sent', () => {
  assert.deepEqual(toStatement(sql`${'a\u0000b'}`).values, ['a\uFFFDb']);
});

test('one text, one name, also among several who share a connection; and not for ever', () => {
  const [one, other] = [createStatementNames(), createStatementNames()];
  const statement = (text: string) => ({ text, values: [] });
  assert.equal(one(statement('a')).name, other(statement('a')).name);
  assert.notEqual(one(statement('a')).name, one(statement('b')).name);
  const names = Array.from({ length: 500 }, (_, index) => one(statement(`s${index}`)).name);
  assert.equal(names.filter((name) => name !== undefined).length, 198);
  assert.notEqual(one(statement('a')).name, undefined);
});

test('a text over many types gets no name', () => {
  const named = createStatementNames();
  assert.notEqual(named({ text: 'x'.repeat(16_000), values: [] }).name, undefined);
  assert.equal(named({ text: 'x'.repeat(16_001), values: [] }).name, undefined);
});
