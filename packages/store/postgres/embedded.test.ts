/** The embedded PostgreSQL keeps what it was given through stops, kills and second starts. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Account, canReach, chooseAccount } from './account.ts';
import { startEmbedded } from './embedded.ts';
import { createPool } from './pool.ts';
import { spawnIdentity } from './program.ts';

const holder = join(import.meta.dirname, '../testing/hold-cluster.ts');
const isRoot = process.getuid?.() === 0;

// Removed last, after the servers on them have stopped.
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-embedded-'));
  folders.push(folder);
  return folder;
}

let initialized: Promise<string> | undefined;

/** A folder as a first start and a stop leave it: making a cluster takes longest, and the tests that begin without show it. */
async function folderWithCluster(): Promise<string> {
  initialized ??= (async () => {
    const directory = temporaryFolder();
    await (await startEmbedded({ directory })).stop();
    return directory;
  })();
  const [from, directory] = [await initialized, temporaryFolder()];
  execFileSync('cp', ['-a', `${from}/.`, directory]);
  return directory;
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

type Held = {
  readonly child: ChildProcess;
  readonly url: string;
  readonly postmaster: number;
  readonly errors: string;
};

/** Starts a cluster in a process of its own, which wrote `line` if one is given. */
async function hold(t: TestContext, directory: string, line?: string, account?: Account): Promise<Held> {
  const child = spawn(process.execPath, [holder, directory, '300'], {
    ...spawnIdentity(account),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) {
    await ended;
    return { child, url: '', postmaster: 0, errors };
  }
  if (line !== undefined) {
    child.stdin.write(`${line}\n`);
    assert.equal((await lines.next()).value, line);
  }
  return { child, errors, ...JSON.parse(first.value) };
}

async function killHard(held: Held): Promise<void> {
  const ended = once(held.child, 'close');
  held.child.kill('SIGKILL');
  await ended;
}

test('a cluster is durable, checked, in UTF-8, and served by a role that is no superuser', async (t) => {
  const server = await startEmbedded({ directory: temporaryFolder() });
  t.after(() => server.stop());
  const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'server_encoding'];
  const shown = await query(server.url, `select ${settings.map((name) => `current_setting('${name}')`).join()}`);
  assert.deepEqual(shown, ['on', 'on', 'on', 'on', 'UTF8']);
  assert.deepEqual(await query(server.url, "select lower('ÅÉ'), 'a' < 'B', current_setting('listen_addresses')"), [
    'åé',
    false,
    '',
  ]);
  assert.deepEqual(await query(server.url, 'select rolsuper from pg_roles where rolname = current_user'), [false]);
});

test('the socket is closed to other accounts', async (t) => {
  const server = await startEmbedded({ directory: await folderWithCluster() });
  t.after(() => server.stop());
  const folder = decodeURIComponent(new URL(server.url).hostname);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a stop and a start keep everything, and leave nothing behind outside the folder', async (t) => {
  const directory = await folderWithCluster();
  const first = await startEmbedded({ directory });
  await query(first.url, 'create table kept as select 7 as number');
  await Promise.all([first.stop(), first.stop()]);
  assert.equal(existsSync(decodeURIComponent(new URL(first.url).hostname)), false);
  const second = await startEmbedded({ directory });
  t.after(() => second.stop());
  assert.deepEqual(await query(second.url, 'select number from kept'), [7]);
});

test('a second start on the same folder is refused, naming the process and the folder', async (t) => {
  const directory = await folderWithCluster();
  const held = await hold(t, directory, 'one');
  const second = await hold(t, directory);
  assert.match(second.errors, new RegExp(`${directory} is in use by process ${held.child.pid}\\.`));
  assert.deepEqual(await query(held.url, 'select line from written'), ['one']);
});

test('a second start in the same process is refused too, and does not open the folder to others', async (t) => {
  const directory = await folderWithCluster();
  const server = await startEmbedded({ directory });
  t.after(() => server.stop());
  await assert.rejects(startEmbedded({ directory, lockPatience: 0 }), /is in use by process/);
  assert.match((await hold(t, directory)).errors, new RegExp(`is in use by process ${process.pid}\\.`));
});

test('a start waits for a stop that is under way', async () => {
  const directory = await folderWithCluster();
  const first = await startEmbedded({ directory });
  const [, second] = await Promise.all([first.stop(), startEmbedded({ directory, lockPatience: 30_000 })]);
  await second.stop();
});

test('after kill -9 of the process that started it, the next start has all that was acknowledged', async (t) => {
  const directory = await folderWithCluster();
  await killHard(await hold(t, directory, 'one'));
  const second = await hold(t, directory, 'two');
  assert.deepEqual(await query(second.url, 'select line from written order by line'), ['one', 'two']);
});

test('after kill -9 the database ends by itself, and the next start tidies its socket away', async (t) => {
  const directory = await folderWithCluster();
  const held = await hold(t, directory, 'one');
  await killHard(held);
  await gone(held.postmaster);
  await (await startEmbedded({ directory })).stop();
  assert.equal(existsSync(decodeURIComponent(new URL(held.url).hostname)), false);
});

test('after kill -9 of the process and of the database, the next start has all that was acknowledged', async (t) => {
  const directory = await folderWithCluster();
  const held = await hold(t, directory, 'one');
  process.kill(held.postmaster, 'SIGKILL');
  await killHard(held);
  const second = await hold(t, directory, 'two');
  assert.deepEqual(await query(second.url, 'select line from written order by line'), ['one', 'two']);
});

test('a database that nothing stops is stopped by the next start', async (t) => {
  const directory = await folderWithCluster();
  const held = await hold(t, directory, 'one');
  process.kill(held.postmaster, 'SIGSTOP'); // so that it cannot act when its guard tells it to
  await killHard(held);
  setTimeout(() => process.kill(held.postmaster, 'SIGCONT'), 200);
  const second = await startEmbedded({ directory });
  t.after(() => second.stop());
  assert.notEqual(second.pid, held.postmaster);
  assert.deepEqual(await query(second.url, 'select line from written'), ['one']);
});

test('a process file that names a process of another kind does not keep the cluster from starting', async (t) => {
  const directory = await folderWithCluster();
  await (await startEmbedded({ directory })).stop();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    stdio: 'ignore',
    ...(isRoot ? chooseAccount(join(directory, 'cluster')) : {}),
  });
  t.after(() => bystander.kill('SIGKILL'));
  writeFileSync(join(directory, 'cluster/postmaster.pid'), `${bystander.pid}\n${directory}/cluster\n`);
  await (await startEmbedded({ directory })).stop();
  assert.equal(bystander.exitCode ?? bystander.signalCode, null);
});

test('an initdb that was cut short is done again', async () => {
  const directory = temporaryFolder();
  mkdirSync(join(directory, 'cluster.new/base'), { recursive: true });
  writeFileSync(join(directory, 'cluster.new/PG_VERSION'), '18\n');
  await (await startEmbedded({ directory })).stop();
  assert.equal(existsSync(join(directory, 'cluster.new')), false);
});

test('a cluster of another version is refused by name and left alone', async () => {
  const directory = temporaryFolder();
  mkdirSync(join(directory, 'cluster'));
  writeFileSync(join(directory, 'cluster/PG_VERSION'), '16\n');
  await assert.rejects(startEmbedded({ directory }), /was written by PostgreSQL 16, and this is PostgreSQL 18/);
});

test('a cluster that cannot start says why, and gives the folder free', async () => {
  const directory = await folderWithCluster();
  await (await startEmbedded({ directory })).stop();
  rmSync(join(directory, 'cluster/global/pg_control'));
  await assert.rejects(startEmbedded({ directory }), /did not start.*pg_control/s);
  await assert.rejects(startEmbedded({ directory }), /did not start/);
});

test('the end of the database is told, and neither the pool nor the process fails by it', async (t) => {
  const directory = await folderWithCluster();
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = await startEmbedded({ directory, onUnexpectedExit: resolve });
  const lost: Error[] = [];
  const pool = createPool({ url: server.url, onError: (error) => lost.push(error) });
  t.after(() => pool.end());
  const [idle, busy] = await Promise.all([pool.connect(), pool.connect()]);
  idle.release();
  const sleeping = assert.rejects(busy.query('select pg_sleep(60)'));
  process.kill(server.pid, 'SIGQUIT');
  await sleeping;
  busy.release(true);
  assert.match(await promise, /ended by itself/);
  while (lost.length === 0) await delay(10);
  await assert.rejects(pool.query('select 1'));
  await server.stop();
  const again = await startEmbedded({ directory });
  await again.stop();
});

test('a temporary folder with a long name is not a hindrance', async (t) => {
  const long = join(temporaryFolder(), 'x'.repeat(120));
  mkdirSync(long);
  const before = process.env.TMPDIR;
  t.after(() => restore('TMPDIR', before));
  process.env.TMPDIR = long;
  const server = await startEmbedded({ directory: join(long, 'data') });
  t.after(() => server.stop());
  assert.deepEqual(await query(server.url, 'select 1'), [1]);
});

test('root keeps its data where no other account can go', { skip: isRoot ? false : 'needs root' }, async (t) => {
  const closed = temporaryFolder();
  chmodSync(closed, 0o700);
  const directory = join(closed, 'data');
  const first = await startEmbedded({ directory });
  assert.notEqual(statSync(join(directory, 'cluster')).uid, 0);
  await query(first.url, 'create table kept as select 7 as number');
  await first.stop();
  const second = await startEmbedded({ directory });
  t.after(() => second.stop());
  assert.deepEqual(await query(second.url, 'select number from kept'), [7]);
});

const unprivileged = isRoot ? chooseAccount('') : undefined;
const noOther =
  unprivileged && canReach(process.execPath, unprivileged) ? false : 'needs root, and programs that all may read';

test('an account that is not root has its own cluster', { skip: noOther }, async (t) => {
  const directory = temporaryFolder();
  chownSync(directory, unprivileged?.uid ?? 0, unprivileged?.gid ?? 0);
  await killHard(await hold(t, directory, 'one', unprivileged));
  const second = await hold(t, directory, 'two', unprivileged);
  assert.deepEqual(second.errors, '');
  assert.deepEqual(await query(second.url, 'select line from written order by line'), ['one', 'two']);
});

test('a folder of another user is refused by name', { skip: noOther }, async (t) => {
  const directory = temporaryFolder();
  await (await startEmbedded({ directory })).stop();
  chmodSync(directory, 0o755);
  const other = await hold(t, directory, undefined, unprivileged);
  assert.match(other.errors, new RegExp(`${directory} belongs to another user`));
});

async function gone(pid: number): Promise<void> {
  for (let alive = true; alive; await delay(10)) {
    try {
      process.kill(pid, 0);
    } catch {
      alive = false;
    }
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
