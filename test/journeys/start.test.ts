/** What an operator does: start, start again, stop, start a second one, ask for what is not there. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { type Domain, freePort, makeDirectory, removeDirectory, startDomain } from './domain.ts';

const bin = resolve(import.meta.dirname, '../../affinity/bin.mjs');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of ours in a directory, to its end. */
const run = (
  directory: string,
  args: readonly string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ended> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd: directory, env: { PATH: process.env.PATH, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
    child.stdin.end(input);
  });

let directory: string;
let port: number;
let domain: Domain;
before(async () => {
  directory = makeDirectory();
  port = await freePort();
  domain = await startDomain({ directory, port, empty: true });
});
after(async () => {
  await domain.stop();
  removeDirectory(directory);
});

test('the ready text tells the addresses, the sample app and every sample sign-in', () => {
  const text = domain.output();
  for (const part of [
    '/fhir',
    '/auth',
    '/apps/vitals/',
    'ana / ana-demo-2026',
    'okafor / okafor-demo-2026',
    'petra / petra-demo-2026',
    'Ctrl-C',
  ]) {
    assert.ok(text.includes(part), `${part} in:\n${text}`);
  }
});

test('what is public answers without a token, what is not asks for one', async () => {
  const status = async (path: string): Promise<number> => (await fetch(`${domain.origin}${path}`)).status;
  for (const path of [
    '/',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/fhir/metadata',
    '/fhir/.well-known/smart-configuration',
    '/.well-known/oauth-protected-resource/fhir',
    '/.well-known/oauth-authorization-server/auth',
    '/auth/.well-known/openid-configuration',
    '/auth/jwks',
    '/apps/vitals/',
  ]) {
    assert.equal(await status(path), 200, path);
  }
  assert.equal(await status('/fhir/Patient/patient-0001'), 401);
  assert.equal(await status('/nothing-here'), 404);
});

test('a second start on the same directory is refused in plain words, and the first goes on', async () => {
  const second = await run(directory, ['start'], { AFFINITY_PORT: String(await freePort()) });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /data directory .* is in use by process \d+/);
  const samePort = await run(directory, ['start'], { AFFINITY_PORT: String(port) });
  assert.equal(samePort.code, 1);
  assert.match(samePort.stderr, /running already: process \d+/);
  assert.equal((await fetch(`${domain.origin}/health/ready`)).status, 200);
});

test('another program on the port: the message names the port and what to do', async () => {
  const elsewhere = makeDirectory();
  try {
    const taken = await run(elsewhere, ['start'], { AFFINITY_PORT: String(port) });
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, new RegExp(`Port ${port} .* is taken.*AFFINITY_PORT`));
  } finally {
    removeDirectory(elsewhere);
  }
});

test('wrong settings: one message names every fault, and the exit code is 2', async () => {
  const wrong = await run(directory, ['start'], {
    AFFINITY_PORT: 'x',
    AFFINITY_DEMO: 'maybe',
    AFFINITY_HOST: '0.0.0.0',
  });
  assert.equal(wrong.code, 2);
  for (const name of ['AFFINITY_PORT', 'AFFINITY_DEMO', 'AFFINITY_HOST']) assert.match(wrong.stderr, new RegExp(name));
});

test('a database that does not answer: the message names the setting and the reason, not the password', async () => {
  const DATABASE_URL = `postgres://affinity:hunter2@127.0.0.1:${await freePort()}/affinity`;
  const failed = await run(directory, ['start'], { DATABASE_URL, AFFINITY_PORT: String(await freePort()) });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /DATABASE_URL names cannot be used: connect ECONNREFUSED/);
  assert.doesNotMatch(failed.stderr, /hunter2/);
});

test('a client that cannot be used is a wrong setting too', async () => {
  const elsewhere = makeDirectory();
  try {
    writeFileSync(
      join(elsewhere, 'affinity.yaml'),
      "clients:\n  - client_id: a\n    redirect_uris: ['http://example.org/cb']\n  - client_id: a\n",
    );
    const wrong = await run(elsewhere, ['start'], { AFFINITY_PORT: String(await freePort()) });
    assert.equal(wrong.code, 2, wrong.stderr);
    assert.match(wrong.stderr, /redirect_uri/);
    assert.match(wrong.stderr, /client_id is used twice/);
  } finally {
    removeDirectory(elsewhere);
  }
});

test('commands beside the running domain: import, people, check', async () => {
  const file = join(directory, 'records.ndjson');
  const patient = { resourceType: 'Patient', id: 'imported-1', name: [{ family: 'Imported' }] };
  writeFileSync(
    file,
    `${JSON.stringify(patient)}\n{"resourceType":"Patient","id":"imported-2","nonsense":1}\nnot json\n`,
  );
  const imported = await run(directory, ['import', file], { AFFINITY_PORT: String(port) });
  assert.equal(imported.code, 0, imported.stderr);
  assert.match(imported.stdout, /Taken: 1 resources/);
  assert.match(imported.stdout, /Refused: 2\./);
  assert.match(imported.stdout, /1 × not JSON/);
  assert.match(imported.stdout, /Patient\.nonsense/);

  const short = await run(directory, ['people', 'add', 'nora', '--name', 'Nora'], {}, 'short\n');
  assert.equal(short.code, 2);
  const vague = await run(
    directory,
    ['people', 'add', 'nora', '--name', 'Nora', '--acts-for', 'imported-1'],
    {},
    'x\n',
  );
  assert.equal(vague.code, 2);
  assert.match(vague.stdout, /ID=RELATION/);
  const added = await run(
    directory,
    ['people', 'add', 'nora', '--name', 'Nora', '--patient', 'imported-1'],
    {},
    'a long enough one\n',
  );
  assert.equal(added.code, 0, added.stderr);
  const again = await run(directory, ['people', 'add', 'nora', '--name', 'Other'], {}, 'another long one\n');
  assert.equal(again.code, 1);
  assert.match(again.stdout, /nora/);

  const checked = await run(directory, ['check']);
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  assert.match(checked.stdout, /Audit log: whole, \d+ records/);
  assert.equal((await run(directory, ['import', 'absent.json'])).code, 2);
  assert.equal((await run(directory, ['frobnicate'])).code, 2);
});

test('SIGTERM stops it cleanly, and the next start finds everything as it was', async () => {
  assert.equal(await domain.stop('SIGTERM'), 0, domain.output());
  await assert.rejects(fetch(`${domain.origin}/health/live`));
  domain = await startDomain({ directory, port });
  assert.ok(!domain.output().includes('Making the demonstration'), 'it is not made twice');
  const records = await run(directory, ['check']);
  assert.equal(records.code, 0);
  domain.process.kill('SIGINT');
  assert.equal(await domain.stop('SIGINT'), 0, 'Ctrl-C, heard twice');
  domain = await startDomain({ directory, port });
});

test('without the demonstration: empty, locked, and it says how to begin', async () => {
  const elsewhere = makeDirectory();
  const empty = await startDomain({ directory: elsewhere, env: { AFFINITY_DEMO: 'off' } });
  try {
    assert.match(empty.output(), /empty and locked/);
    assert.match(empty.output(), /people add .*--administrator/);
    assert.doesNotMatch(empty.output(), /ana-demo/);
    assert.equal((await fetch(`${empty.origin}/apps/vitals/`)).status, 404);
    assert.doesNotMatch(await (await fetch(`${empty.origin}/`)).text(), /ana-demo/);
  } finally {
    await empty.stop();
    removeDirectory(elsewhere);
  }
});

/** @returns false where there is no openssl to make one with */
const makeCertificate = (folder: string): boolean => {
  const args = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')];
  return spawnSync('openssl', [...args.split(' '), ...files], { stdio: 'ignore' }).status === 0;
};

test('with a certificate of its own it speaks TLS, and plain HTTP gets nothing', async (t) => {
  const elsewhere = makeDirectory();
  const securePort = await freePort();
  if (!makeCertificate(elsewhere)) {
    t.skip('there is no openssl to make a certificate with');
    return;
  }
  writeFileSync(join(elsewhere, 'affinity.yaml'), 'listen: { tls: { certificate: certificate.pem, key: key.pem } }\n');
  const origin = `https://localhost:${securePort}`;
  const secure = spawn(process.execPath, [bin, 'start'], {
    cwd: elsewhere,
    env: { PATH: process.env.PATH, AFFINITY_ORIGIN: origin, AFFINITY_DEMO: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise<void>((done, fail) => {
      secure.stdout.on('data', (chunk: Buffer) => String(chunk).includes('Affinity is ready') && done());
      secure.once('exit', (code) => fail(new Error(`it ended with ${code}`)));
    });
    const ca = readFileSync(join(elsewhere, 'certificate.pem'));
    const answer = await new Promise<IncomingMessage>((done, fail) => {
      get(`${origin}/fhir/.well-known/smart-configuration`, { ca }, done).once('error', fail);
    });
    assert.equal(answer.statusCode, 200);
    let body = '';
    for await (const chunk of answer) body += chunk;
    assert.equal(JSON.parse(body).issuer, `${origin}/auth`);
    await assert.rejects(fetch(`http://localhost:${securePort}/`));
  } finally {
    const ended = new Promise((done) => secure.once('exit', done));
    secure.kill();
    await ended;
    removeDirectory(elsewhere);
  }
});
