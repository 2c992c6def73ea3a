/** The guide for whoever protects a HAPI, followed as it is written: its commands from the page, its presses in a browser. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { launchBrowser } from '../../test/journeys/browser.ts';
import { freePort, makeDirectory, removeDirectory } from '../../test/journeys/domain.ts';
import { startHapi } from './hapi-server.ts';

const root = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/guides/protect-an-existing-server.md'), 'utf8');
const password = 'a long password of Ida';

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

/** The block of the guide's first part that holds this. */
const blockWith = (words: string): string => {
  const [first = ''] = guide.split('## How Affinity proves');
  const block = first
    .split(/^```[a-z]*$/m)
    .filter((_, i) => i % 2 === 1)
    .find((one) => one.includes(words));
  assert.ok(block !== undefined, `the guide has no block with ${words}`);
  return block;
};

test('from nothing to a guarded HAPI, and to data in an app and on the command line, as the guide says', async (t) => {
  const hapi = await startHapi();
  closers.push(() => hapi.stop());
  const directory = makeDirectory();
  closers.push(() => removeDirectory(directory));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const port = await freePort();
  const env = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(AFFINITY_|DATABASE_URL|NODE_TEST)/.test(name)),
    ),
    AFFINITY_PORT: String(port),
  };
  /** As written, but for the ports of this machine. */
  const here = (text: string): string =>
    text.replaceAll('http://localhost:8080/fhir', hapi.url).replaceAll('localhost:4000', `localhost:${port}`);
  const shell = (text: string): Promise<string> =>
    new Promise((done, fail) =>
      execFile('bash', ['-ec', here(text)], { cwd: directory, env }, (error, stdout, stderr) =>
        error === null ? done(stdout) : fail(new Error(`${text}\n${stdout}${stderr}`)),
      ),
    );
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(
      'bash',
      ['-c', `exec ${here(blockWith('npx affinity protect').trim()).replace(/^(\S+=\S+) /, 'env $1 ')}`],
      {
        cwd: directory,
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    closers.push(() => end(child));
    let said = '';
    await new Promise<void>((done, fail) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk;
        if (/ready/i.test(said)) done();
      });
      child.once('exit', () => fail(new Error(said)));
    });
    return child;
  };
  const end = (child: ChildProcess): Promise<unknown> | undefined => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return undefined;
    const ended = new Promise((done) => child.once('exit', done));
    process.kill(-child.pid, 'SIGTERM');
    return ended;
  };
  const began = performance.now();

  await shell(blockWith('Patient/ida'));
  const first = await start();
  assert.equal((await fetch(here('http://localhost:4000/fhir/Patient/ida'))).status, 401);
  await shell(blockWith('people add ida'));

  const browser = await launchBrowser();
  closers.push(() => browser.close());
  const page = await (await browser.newContext()).newPage();
  const signIn = async (): Promise<void> => {
    await page.fill('[name=username]', 'ida');
    await page.fill('[name=password]', password);
    await page.click('button:has-text("Sign in")');
  };
  await page.goto(here('http://localhost:4000/apps/vitals/'));
  await page.click(
    'a:has-text("Sign in"), button:has-text("Sign in"), a:has-text("Connect"), button:has-text("Connect")',
  );
  await signIn();
  await page.click('button:has-text("Allow")');
  await page.waitForSelector('text=/70/');
  t.diagnostic(`to data in the sample app: ${((performance.now() - began) / 1000).toFixed(0)} s, HAPI running`);

  await end(first);
  writeFileSync(join(directory, 'affinity.yaml'), blockWith('client_id: terminal'));
  await start();
  const asking = blockWith('device_authorization');
  const codes = JSON.parse(await shell(asking)) as { verification_uri_complete: string };
  const other = await (await browser.newContext()).newPage();
  await other.goto(codes.verification_uri_complete);
  await other.click('button:has-text("Continue")');
  await other.click('button:has-text("Go on")');
  await other.fill('[name=username]', 'ida');
  await other.fill('[name=password]', password);
  await other.click('button:has-text("Sign in")');
  await other.click('button:has-text("Allow")');
  await other.waitForLoadState();
  const [origin = ''] = /^O=.*$/m.exec(asking) ?? [];
  const answer = JSON.parse(await shell(`${origin}\n${blockWith('DEVICE_CODE=')}`)) as {
    entry: readonly { resource: { valueQuantity?: { value: number } } }[];
  };
  assert.deepEqual(
    answer.entry.map(({ resource }) => resource.valueQuantity?.value),
    [70],
  );
  t.diagnostic(`to the end of the part: ${((performance.now() - began) / 1000).toFixed(0)} s`);
});
