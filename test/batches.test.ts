/** What shares a process, and what does not. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { batchesOf } from './batches.ts';

const filesOf = (contents: Readonly<Record<string, string>>, t: { after(work: () => void): void }): string => {
  const root = mkdtempSync(join(tmpdir(), 'affinity-batches-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(contents)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
};

test('files of one package share a process; hooks of a file, and what is done to a process, keep a file alone', (t) => {
  const contents = {
    'packages/a/one.test.ts': "test('one', () => {});",
    'packages/a/hook.test.ts': 'before(() => {});',
    'packages/a/inner.test.ts': "suite('inner', () => {\n  before(() => {});\n});",
    'packages/a/environment.test.ts': "process.env.NAME = 'x';",
    'packages/b/one.test.ts': '',
    'test/grants/one.test.ts': '',
    'test/grants/two.test.ts': '',
    'test/one.test.ts': '',
    'test/two.test.ts': '',
  };
  const sorted = batchesOf(filesOf(contents, t), Object.keys(contents))
    .map((batch) => batch.join(' '))
    .sort();
  assert.deepEqual(sorted, [
    'packages/a/environment.test.ts',
    'packages/a/hook.test.ts',
    'packages/a/one.test.ts packages/a/inner.test.ts',
    'packages/b/one.test.ts',
    'test/grants/one.test.ts test/grants/two.test.ts',
    'test/one.test.ts',
    'test/two.test.ts',
  ]);
});

test('every file is run once, the longest before the others, and no process has more than a dozen', (t) => {
  const names = Array.from({ length: 30 }, (_, at) => `packages/a/${at}.test.ts`);
  const files = ['apps/a/a.test.ts', ...names, 'test/a.test.ts', 'test/attacks/attacks.test.ts'];
  const batches = batchesOf(filesOf(Object.fromEntries(files.map((file) => [file, ''])), t), files);
  assert.deepEqual(batches.flat().sort(), files.toSorted());
  assert.deepEqual(
    batches.map(({ length }) => length),
    [1, 1, 1, 10, 10, 10],
  );
  assert.deepEqual(batches.slice(0, 2).flat(), ['test/attacks/attacks.test.ts', 'test/a.test.ts']);
});
