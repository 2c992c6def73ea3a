/** Two processes on one database: the domain, and the claims provider at an address of its own. OIDC Core 1.0 §5.3. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import {
  authorizeUrl,
  basic,
  bearer,
  clientsYaml,
  codeOf,
  createVisitor,
  post,
  readPage,
  redeem,
  type Tokens,
} from '../hostile/caller.ts';
import { type Domain, freePort, removeDirectory, startDomain } from './domain.ts';

const bin = resolve(import.meta.dirname, '../../affinity/bin.mjs');

let domain: Domain;
let apart: ChildProcess;
let apartOrigin: string;
before(async () => {
  const port = await freePort();
  apartOrigin = `http://localhost:${port}`;
  domain = await startDomain({ yaml: `${clientsYaml}userinfo: { origin: '${apartOrigin}' }\n` });
  apart = spawn(process.execPath, [bin, 'start', '--only', 'userinfo'], {
    cwd: domain.directory,
    // As the domain: what it is called depends on where it listens.
    env: { PATH: process.env.PATH, AFFINITY_PORT: new URL(domain.origin).port },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((done, fail) => {
    apart.stdout?.on('data', (chunk: Buffer) => String(chunk).includes('Userinfo is ready') && done());
    apart.once('exit', (code) => fail(new Error(`it ended with ${code}`)));
  });
});
after(async () => {
  if (apart.exitCode === null) {
    const ended = new Promise((done) => apart.once('exit', done));
    apart.kill('SIGTERM');
    await ended;
  }
  await domain.stop();
  removeDirectory(domain.directory);
});

test('F07, F08: userinfo in a process of its own: named in discovery, only there, and it knows what is revoked', async () => {
  const { origin } = domain;
  const discovery = (await (await fetch(`${origin}/auth/.well-known/openid-configuration`)).json()) as {
    userinfo_endpoint: string;
  };
  assert.equal(discovery.userinfo_endpoint, `${apartOrigin}/userinfo`);
  assert.equal((await fetch(`${origin}/auth/userinfo`)).status, 404);
  assert.equal((await fetch(`${apartOrigin}/health/ready`)).status, 200);
  for (const path of ['/', '/auth/token', '/fhir/metadata', '/auth/userinfo'])
    assert.equal((await fetch(apartOrigin + path)).status, 404, path);

  const scope = 'openid fhirUser identifiers launch/patient patient/Patient.rs';
  const visitor = createVisitor(origin);
  let page = await readPage(await visitor.open(authorizeUrl(origin, { scope, prompt: 'consent' })));
  page = await readPage(await visitor.submit(page, { username: 'ana', password: 'ana-demo-2026' }));
  if (page.kind === 'patient') page = await readPage(await visitor.submit(page, { patient: 'patient-0001' }));
  assert.equal(page.kind, 'consent');
  const shown = page.text;
  const back = await visitor.submit(page, {
    scope: page.scopes,
    duration: '365',
    decision: 'allow',
    confidential_asked: 'yes',
    values_shown: /name="values_shown" value="([^"]+)"/.exec(shown)?.[1] ?? assert.fail(),
  });
  const tokens = (await (await redeem(origin, codeOf(back))).json()) as Tokens;
  assert.equal(tokens.scope, scope);
  assert.equal((await fetch(discovery.userinfo_endpoint)).status, 401);
  const answer = await fetch(discovery.userinfo_endpoint, { headers: bearer(tokens.access_token) });
  assert.equal(answer.status, 200);
  const told = (await answer.json()) as {
    sub: string;
    fhirUser: string;
    identifiers: readonly { system: string; value: string }[];
  };
  const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1] ?? '', 'base64url').toString());
  assert.deepEqual([told.sub, told.fhirUser, told.identifiers], [claims.sub, claims.fhirUser, claims.identifiers]);
  assert.ok(told.identifiers.length > 0);
  for (const { system, value } of told.identifiers) assert.ok(shown.includes(system) && shown.includes(value), value);
  const own = await fetch(told.fhirUser, { headers: bearer(tokens.access_token) });
  assert.equal(own.status, 200, 'F04: it can be read with the same token');
  const { identifier } = (await own.json()) as { identifier: readonly { system: string; value: string }[] };
  for (const { system, value } of told.identifiers)
    assert.ok(identifier.some((one) => one.system === system && one.value === value));

  assert.equal((await post(`${origin}/auth/revoke`, { token: tokens.access_token }, basic())).status, 200);
  assert.equal((await fetch(discovery.userinfo_endpoint, { headers: bearer(tokens.access_token) })).status, 401);
});

test('what cannot run by itself says so', async () => {
  const run = (args: readonly string[], directory = domain.directory): Promise<number | null> =>
    new Promise((done) => {
      spawn(process.execPath, [bin, ...args], {
        cwd: directory,
        env: { PATH: process.env.PATH },
        stdio: 'ignore',
      }).once('exit', done);
    });
  assert.equal(await run(['start', '--only', 'portal']), 2);
  assert.equal(await run(['start', '--only', 'userinfo'], join(domain.directory, 'data')), 2, 'no address for it');
});
