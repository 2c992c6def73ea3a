/** Packages from the command line: loaded with what they depend on, listed, and refused with the reason. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { packed } from '@affinity/store/testing/packed.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

test('M14: a package is loaded from the command line, names what it depends on, and is there the second time', async (t) => {
  const { url } = await testDatabase(t);
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, folder);
  assert.ok(read.kind === 'config');
  const run = async (...args: readonly string[]): Promise<readonly [code: number, printed: string]> => {
    const printed: string[] = [];
    const { config } = read;
    const code = await findCommand('registry')?.run({
      config,
      args,
      log: () => {},
      print: (text) => printed.push(text),
    });
    return [code ?? assert.fail(), printed.join('\n')];
  };
  const manifest = {
    name: 'x.example',
    version: '1.0.0',
    dependencies: { 'hl7.fhir.r4.core': '4.0.1', 'y.example': '2' },
  };
  const valueSet = { resourceType: 'ValueSet', id: 'v', url: 'http://x.example/v', version: '1', status: 'active' };
  const file = join(folder, 'x.tgz');
  const files = [
    ['package/package.json', JSON.stringify(manifest)] as const,
    ['package/v.json', JSON.stringify(valueSet)] as const,
  ];
  writeFileSync(file, await packed(files));
  const bad = join(folder, 'bad.tgz');
  writeFileSync(bad, await packed([...files, ['../out.json', '{}']]));

  assert.equal((await run('load'))[0], 2);
  assert.equal((await run('fetch', file))[0], 2);
  assert.equal((await run('load', join(folder, 'none.tgz')))[0], 2);
  assert.match((await run('list'))[1], /No package is loaded/);
  const needs = '  needs hl7.fhir.r4.core 4.0.1: there\n  needs y.example 2: not loaded';
  assert.deepEqual(await run('load', file), [0, `x.example 1.0.0: 1 definitions new, 0 there already.\n${needs}`]);
  assert.deepEqual(await run('load', file), [0, `x.example 1.0.0: 0 definitions new, 1 there already.\n${needs}`]);
  assert.deepEqual(await run('load', bad), [
    1,
    `${bad} was not loaded: it holds a file whose name leads out of it: ../out.json.`,
  ]);
  assert.match((await run())[1], /^x\.example 1\.0\.0: 1 definitions, loaded .* by the command line\n {2}needs/);
});
