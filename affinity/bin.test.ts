/** The command starts under an old Node and goes on under a new one, as if there were one process. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';

const bin = join(import.meta.dirname, 'bin.mjs');

const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const [major, minor] = (stdout ?? '').slice(1).split('.').map(Number);
  return major !== undefined && minor !== undefined && major < 24 && major * 100 + minor >= 1418;
});
const skip = OLD_NODE === undefined ? 'needs a Node older than 24' : false;
const nodes = [process.execPath, ...(OLD_NODE === undefined ? [] : [OLD_NODE])];

function program(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-bin-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'program.ts');
  writeFileSync(path, text);
  return path;
}

/** Says its process number, and ends with 7 when it is told to. */
const WAITING = `
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(signal); process.exit(7); });
  console.log(process.pid);
  setInterval(() => {}, 1000);`;

async function start(
  t: TestContext,
  node: string,
): Promise<{ child: ChildProcess; lines: AsyncIterator<string>; pid: number }> {
  const child = spawn(node, [bin, '--run', program(t, WAITING)], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pid = Number((await lines.next()).value);
  return { child, lines, pid };
}

for (const node of nodes) {
  test(`arguments, input, output and exit code pass through, started by ${node}`, (t) => {
    const path = program(
      t,
      `import { text } from 'node:stream/consumers';
       const major: number = Number(process.versions.node.split('.')[0]);
       console.log(JSON.stringify([major >= 24, process.argv.slice(2), await text(process.stdin)]));
       process.exitCode = 5;`,
    );
    const args = [bin, '--run', path, 'one two', '--flag', ''];
    const { stdout, status } = spawnSync(node, args, { input: 'typed', encoding: 'utf8' });
    assert.deepEqual(JSON.parse(stdout), [true, ['one two', '--flag', ''], 'typed']);
    assert.equal(status, 5);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} reaches the program, started by ${node}`, async (t) => {
      const { child, lines } = await start(t, node);
      const exited = once(child, 'exit');
      child.kill(signal);
      assert.equal((await lines.next()).value, signal);
      assert.deepEqual(await exited, [7, null]);
    });
  }
}

test('a program that dies of a signal is seen to die of it', { skip }, async (t) => {
  const { child, pid } = await start(t, OLD_NODE ?? '');
  const exited = once(child, 'exit');
  process.kill(pid, 'SIGKILL');
  assert.deepEqual(await exited, [null, 'SIGKILL']);
});

test('the program does not outlive a killed starter', { skip }, async (t) => {
  const { child, lines, pid } = await start(t, OLD_NODE ?? '');
  assert.notEqual(pid, child.pid);
  child.kill('SIGKILL');
  assert.equal((await lines.next()).done, true); // its output closed: nobody holds it
});

test('without a new Node it says what to install', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-bin-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(bin, join(folder, 'bin.mjs'));
  const { status, stderr } = spawnSync(OLD_NODE ?? '', [join(folder, 'bin.mjs'), 'start'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^Affinity needs Node\.js 24 or newer; this is v\d+\..* install Node\.js 24 from/);
  assert.equal(stderr.trimEnd().split('\n').length, 1);
});
