/** What a caller sends never becomes text of a statement. OWASP, SQL injection; FHIR R4 search.html. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { SearchValue } from '@affinity/core/fhir/search-query.ts';
import type { SqlEngine } from './engine.ts';
import type { Statement } from './statement.ts';
import { queryOf } from './testing/asking.ts';
import { engineNames, openDatabase, openSource } from './testing/opened.ts';

const corpus: readonly string[] = [
  "' or '1'='1",
  '\'; drop table "PAT"; --',
  '" or 1=1 --',
  "') or ('a'='a",
  '0047113\' union select "NAME" from "ARZT" --',
  '1; select pg_sleep(10)',
  '$1',
  '?',
  '\\\'; delete from "PAT"; --',
  "%' or true --",
  '_______',
  '%',
  '!%',
  "' || (select current_user) || '",
  '1 and affinity_goes_on()',
  '/**/',
  '--',
  '\u0000',
  "x\u0000' or 1=1 --",
  'ʼ or 1=1',
  '9223372036854775808',
  '-9223372036854775809',
  '1e999',
  'NaN',
  '\ud800',
  'a'.repeat(9000),
];

/** The engine, which notes what it is given. */
const listening = (engine: SqlEngine): { readonly engine: SqlEngine; readonly statements: Statement[] } => {
  const statements: Statement[] = [];
  const select: SqlEngine['select'] = (statement, options) => {
    statements.push(statement);
    return engine.select(statement, options);
  };
  return { engine: { ...engine, select }, statements };
};

for (const name of engineNames)
  describe(`hostile texts against ${name}`, () => {
    test('Q29: in ids, values and cursors they are parameters: statements read as they do for harmless ones', async (t) => {
      const { engine, statements } = listening((await openDatabase(name, t)).engine);
      const { source } = await openSource(engine);
      const parameters = source.capabilities.flatMap(({ type, searchParams }) =>
        searchParams.map((one) => ({
          type,
          param: one.name,
          kind: one.type,
          modifiers: one.type === 'string' ? [undefined, 'exact', 'contains'] : [undefined],
        })),
      );
      const valuesOf = (kind: string, text: string): readonly SearchValue[] => {
        if (kind === 'token')
          return [
            { kind: 'token', code: text },
            { kind: 'token', system: text, code: text },
          ];
        return kind === 'reference' ? [{ kind: 'reference', type: 'Patient', id: text }] : [{ kind: 'string', text }];
      };
      const shapes = async (texts: readonly string[]): Promise<ReadonlySet<string>> => {
        statements.length = 0;
        for (const text of texts) {
          for (const { type } of source.capabilities) await source.read({ type, id: text });
          for (const { type, param, kind, modifiers } of parameters)
            for (const modifier of modifiers)
              for (const value of valuesOf(kind, text)) {
                const clause = { param, values: [value], ...(modifier === undefined ? {} : { modifier }) };
                await source.find({ type, clauses: [clause], sort: [], count: 5 });
              }
        }
        return new Set(statements.map((statement) => statement.text));
      };
      const harmless = await shapes([
        '0047113',
        'A-1',
        'lab-1',
        '1',
        'vital-0047113..1',
        'GLU',
        '2345-7',
        'male',
        'final',
        'DE',
      ]);
      const hostile = await shapes(corpus);
      assert.ok(harmless.size > 15, 'there is something to compare with');
      assert.deepEqual(
        [...hostile].filter((text) => !harmless.has(text)),
        [],
      );
      const candidates = (await source.find({ type: 'Patient', clauses: [], sort: [], count: 100 })).found;
      assert.equal(candidates.length, 4, 'everything is still there');
    });

    test('Q29: in names of parameters, modifiers and sort keys they are refused, or change nothing', async (t) => {
      const { engine, statements } = listening((await openDatabase(name, t)).engine);
      const { source } = await openSource(engine);
      for (const text of corpus.filter((one) => one.isWellFormed())) {
        for (const question of [
          `Patient?${encodeURIComponent(text)}=1`,
          `Patient?family:${encodeURIComponent(text)}=x`,
          `Patient?_sort=${encodeURIComponent(text)}`,
        ])
          assert.equal(queryOf(source, question), undefined, question);
        statements.length = 0;
        const sort = [{ param: text, descending: false }];
        await assert.rejects(source.find({ type: 'Patient', clauses: [], sort, count: 5 }), { status: 400 });
        const unknown = { param: text, values: [{ kind: 'token', code: text } as const] };
        await source.find({ type: 'Patient', clauses: [unknown], sort: [], count: 5 });
        await source.find({ type: text, clauses: [], sort: [], count: 5 });
        assert.deepEqual(
          statements.filter((one) => text.length > 2 && one.text.includes(text)),
          [],
        );
      }
    });

    test('Q29: a cursor that was made up is refused or is a place like any other', async (t) => {
      const { engine, statements } = listening((await openDatabase(name, t)).engine);
      const { source } = await openSource(engine);
      const ask = (cursor: string, sort = false) =>
        source.find({
          type: 'Patient',
          clauses: [],
          sort: sort ? [{ param: '_lastUpdated', descending: true }] : [],
          count: 5,
          cursor,
        });
      for (const cursor of [
        ...corpus,
        '[]',
        '{}',
        '[1]',
        '[[[],[]]]',
        '[[["x"],["y"]]]',
        '[[[],["y","z"]]]',
        '[[[],[null]]]',
        'null',
      ])
        await assert.rejects(ask(cursor), { status: 400 });
      for (const text of corpus) {
        const made = JSON.stringify([[['20260101000000'], [text]]]);
        await ask(JSON.stringify([[[], [text]]])).catch(({ status }) => assert.equal(status, 400));
        await ask(made, true).catch(({ status }) => assert.equal(status, 400));
      }
      assert.equal(new Set(statements.map((one) => one.text)).size, 2);
    });

    test('Q21: an id that is none leads to no statement', async (t) => {
      const { engine, statements } = listening((await openDatabase(name, t)).engine);
      const { source } = await openSource(engine);
      for (const id of [
        '..',
        '.',
        '../Practitioner/A-1',
        '%2e%2e',
        'a/b',
        'a?b',
        'a#b',
        '@',
        '',
        '.2',
        '.2F',
        '.ff',
        'x..',
        '..x',
        'a'.repeat(65),
      ])
        for (const { type } of source.capabilities) {
          statements.length = 0;
          assert.deepEqual(await source.read({ type, id }), { kind: 'absent' });
          assert.deepEqual(statements, [], `${type}/${id}`);
        }
    });
  });

test('Q29: SQL is made in fragments whose values are bound: nothing else puts text into a statement', () => {
  const folder = import.meta.dirname;
  const makers = globSync('*.ts', { cwd: folder }).filter((file) => {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    return (
      !file.endsWith('.test.ts') &&
      /\b(fromMapping|qualified|name)\(/.test(text) &&
      /from '\.\/statement\.ts'/.test(text)
    );
  });
  assert.deepEqual(makers, ['postgresql-dialect.ts', 'postgresql.ts', 'sqlite-dialect.ts', 'sqlite.ts']);
});
