/** The checks of `npm run check` as tests: types, lint and format hold for every file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

const run = (program: string, args: readonly string[]): { readonly code: number | null; readonly output: string } => {
  const { status, stdout, stderr, error } = spawnSync(join(root, 'node_modules/.bin', program), args, {
    cwd: root,
    encoding: 'utf8',
  });
  return { code: status, output: error?.message ?? `${stdout}${stderr}` };
};

test('the types hold', () => {
  const { code, output } = run('tsc', ['--noEmit']);
  assert.equal(code, 0, output);
});

test('lint and format hold', () => {
  const { code, output } = run('biome', ['ci', '--colors=off', '--diagnostic-level=error', '.']);
  assert.equal(code, 0, output);
});
