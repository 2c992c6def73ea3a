/** The programs run without the package's install script, from a folder that is read-only or closed to their account. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canReach, chooseAccount } from './account.ts';
import { findBinaries, packageRoot } from './binaries.ts';
import { spawnIdentity } from './program.ts';

const account = chooseAccount('');
const skip = account && !canReach(process.execPath, account) ? 'needs a Node that all may read' : false;

function openFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-binaries-'));
  chmodSync(folder, 0o755);
  t.after(() => {
    execFileSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** The package as npm unpacks it, its install script not run: in a folder of its own, without links. */
function unpack(folder: string): string {
  const native = join(folder, 'package/native');
  cpSync(packageRoot(), native, { recursive: true, verbatimSymlinks: true });
  cpSync(join(packageRoot(), '../package.json'), join(folder, 'package/package.json'));
  for (const name of readdirSync(join(native, 'lib'))) {
    const path = join(native, 'lib', name);
    if (lstatSync(path).isSymbolicLink()) rmSync(path);
  }
  return native;
}

const FIND = `
  const { findBinaries } = await import(process.argv[1]);
  process.stdout.write(JSON.stringify(findBinaries(undefined, [process.argv[2]], process.argv[3])));`;

/** Finds the programs in another process, as an account that is not root. */
function findElsewhere(scratch: string, source: string): ReturnType<typeof findBinaries> {
  const module = join(import.meta.dirname, 'binaries.ts');
  const args = ['--input-type=module', '-e', FIND, module, scratch, source];
  return JSON.parse(execFileSync(process.execPath, args, { ...spawnIdentity(account), encoding: 'utf8', cwd: '/' }));
}

function versionOf(binaries: ReturnType<typeof findBinaries>, program: string): string {
  const result = spawnSync(join(binaries.root, 'bin', program), ['--version'], {
    ...spawnIdentity(account),
    env: binaries.environment,
    cwd: '/',
    encoding: 'utf8',
  });
  return result.error?.message ?? result.stdout + result.stderr;
}

test('the links are made where the install script has not made them', { skip }, (t) => {
  const source = unpack(openFolder(t));
  assert.equal(existsSync(join(source, 'lib/libpq.so.5')), false);
  const [first, second] = [findBinaries(undefined, [], source), findBinaries(undefined, [], source)];
  assert.deepEqual(first, second);
  assert.match(versionOf(first, 'initdb'), /^initdb \(PostgreSQL\) 18/);
});

test('a read-only package is run with links of our own', { skip }, (t) => {
  const folder = openFolder(t);
  const source = unpack(folder);
  execFileSync('chmod', ['-R', 'a-w', source]);
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch);
  if (account) chownSync(scratch, account.uid, account.gid);
  const found = findElsewhere(scratch, source);
  assert.deepEqual(Object.values(found.environment), [`${join(scratch, 'libraries')}:${join(source, 'lib')}`]);
  assert.deepEqual(findElsewhere(scratch, source), found);
  assert.match(versionOf(found, 'initdb'), /^initdb \(PostgreSQL\) 18/);
  assert.match(versionOf(found, 'postgres'), /^postgres \(PostgreSQL\) 18/);
});

test('a package that the account cannot read is copied to where it can', {
  skip: account ? false : 'needs root',
}, (t) => {
  assert.ok(account);
  const closed = openFolder(t);
  const source = unpack(closed);
  chmodSync(closed, 0o700);
  const open = openFolder(t);
  assert.throws(
    () => findBinaries(account, [closed], source),
    new RegExp(`"${account.name}" can read neither ${source}`),
  );
  const found = findBinaries(account, [closed, open], source);
  assert.ok(found.root.startsWith(open));
  assert.deepEqual(findBinaries(account, [closed, open], source), found);
  assert.match(versionOf(found, 'initdb'), /^initdb \(PostgreSQL\) 18/);
  assert.match(versionOf(found, 'postgres'), /^postgres \(PostgreSQL\) 18/);
  chmodSync(found.root, 0o777);
  assert.throws(() => findBinaries(account, [open], source), /is not a folder that only this user can write/);
});
