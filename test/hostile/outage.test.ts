/**
 * Fail closed: the database stopped, frozen, or not taking audit records under a running domain; and what holds over a kill.
 * Nothing is answered that was not decided on and recorded, and it recovers by itself. FHIR R4 security.html#audit.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { startTestCluster, type TestCluster } from '@affinity/store/testing/cluster.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import { basic, bearer, clientsYaml, obtainTokens, post, refresh, serviceToken, type Tokens } from './caller.ts';

suite('outages', () => {
  let cluster: TestCluster;
  let domain: Domain;
  let origin: string;
  let tokens: Tokens;
  let service: string;
  const yaml = `${clientsYaml}limits:\n  database_patience_seconds: 1\n`;
  before(async () => {
    cluster = await startTestCluster();
    domain = await startDomain({ yaml, env: { DATABASE_URL: cluster.url, AFFINITY_DEMO_PATIENTS: '4' } });
    origin = domain.origin;
    tokens = await obtainTokens(origin);
    service = await serviceToken(origin);
  });
  after(async () => {
    await domain.stop();
    removeDirectory(domain.directory);
    await cluster.stop();
  });

  const observation = JSON.stringify({
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    subject: { reference: 'Patient/patient-0001' },
  });
  const requests = (): Readonly<Record<string, Promise<Response>>> => {
    const get = (path: string, token: string): Promise<Response> =>
      fetch(`${origin}/fhir/${path}`, { headers: bearer(token) });
    const json = { 'content-type': 'application/fhir+json' };
    return {
      'a read': get('Patient/patient-0001', tokens.access_token),
      'a read of what is not there': get('Patient/absent', tokens.access_token),
      'a read by a service': get('Patient/patient-0001', service),
      'a search': get('Observation', tokens.access_token),
      'a search by a service': get('Patient', service),
      'a history': get('Patient/patient-0001/_history', service),
      'a denial': get('Encounter', tokens.access_token),
      nobody: fetch(`${origin}/fhir/Patient/patient-0001`),
      'a wrong token': get('Patient', 'x.y.z'),
      'no path of ours': get('Nothing', service),
      'a create': fetch(`${origin}/fhir/Observation`, {
        method: 'POST',
        headers: { ...bearer(service), ...json },
        body: observation,
      }),
      'a delete': fetch(`${origin}/fhir/Observation/absent`, { method: 'DELETE', headers: bearer(service) }),
      'a refresh': refresh(origin, 'x'.repeat(43)),
      userinfo: fetch(`${origin}/auth/userinfo`, { headers: bearer(tokens.access_token) }),
      introspection: post(`${origin}/auth/introspect`, { token: tokens.access_token }, basic()),
    };
  };
  /** @returns milliseconds that the slowest answer took */
  const assertNothingIsAnswered = async (): Promise<number> => {
    const began = performance.now();
    for (const [name, asked] of Object.entries(requests())) {
      const response = await asked;
      const text = await response.text();
      assert.equal(response.status, 503, `${name}: ${text}`);
      assert.doesNotMatch(text, /postgres|connect|socket|ECONN|relation|\bat \S+ \(/i, name);
      if (response.url.includes('/fhir/')) assert.match(text, /"resourceType":"OperationOutcome"/, name);
    }
    return performance.now() - began;
  };
  const assertRecovered = async (): Promise<void> => {
    const began = performance.now();
    for (;;) {
      const answers = await Promise.all(
        [tokens.access_token, service].map((token) =>
          fetch(`${origin}/fhir/Patient/patient-0001`, { headers: bearer(token) }),
        ),
      );
      if (answers.every(({ status }) => status === 200)) return;
      assert.ok(performance.now() - began < 15_000, answers.map(({ status }) => status).join());
      await sleep(50);
    }
  };
  /** Runs work as the cluster's owner of the tables. */
  const inDatabase = async (text: string): Promise<void> => {
    const pool = createPool({ url: cluster.url, max: 1, onError: () => {} });
    try {
      await pool.query(text);
    } finally {
      await pool.end();
    }
  };

  test('audit records that cannot be written: 503 for everything, whatever the answer would be', async () => {
    await inDatabase('alter table audit_segment add constraint closed check (false) not valid');
    try {
      const { introspection: _, userinfo: __, 'a refresh': ___, ...recorded } = requests();
      for (const [name, asked] of Object.entries(recorded)) {
        const response = await asked;
        assert.equal(response.status, 503, `${name}: ${await response.text()}`);
      }
      const before = await (await refresh(origin, tokens.refresh_token)).json();
      assert.equal((before as Partial<Tokens>).access_token, undefined, 'no token without its record');
    } finally {
      await inDatabase('alter table audit_segment drop constraint closed');
    }
    await assertRecovered();
    const made =
      (await (await fetch(`${origin}/fhir/Observation?_count=1000`, { headers: bearer(service) })).text()) ?? '';
    assert.doesNotMatch(made, /"code":\{"text":"x"\}/, 'a write without its record was not made');
    // The app whose answer was not given tries again, and gets the tokens that it could not have then.
    const again = await refresh(origin, tokens.refresh_token);
    assert.equal(again.status, 200, await again.clone().text());
    tokens = (await again.json()) as Tokens;
  });

  test('connections cut under load: nobody is answered wrongly, and all is well again', async () => {
    const reads = Array.from({ length: 200 }, () =>
      fetch(`${origin}/fhir/Patient/patient-0001`, { headers: bearer(tokens.access_token) }),
    );
    await inDatabase(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = current_user',
    );
    for (const response of await Promise.all(reads)) {
      const body = (await response.json()) as { resourceType: string; id?: string };
      assert.ok([200, 500, 503].includes(response.status), String(response.status));
      assert.equal(body.resourceType, response.status === 200 ? 'Patient' : 'OperationOutcome');
    }
    await assertRecovered();
  });

  // Which processes are the database's is read from /proc.
  const freezable = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);
  test('a frozen database: 503 in bounded time, and all is well when it goes on', { skip: !freezable }, async (t) => {
    const folder = decodeURIComponent(new URL(cluster.url).host);
    const postmaster = Number(readFileSync(`${folder}/.s.PGSQL.5432.lock`, 'utf8').split('\n')[0]);
    const backends = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    const all = [postmaster, ...backends];
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    try {
      t.diagnostic(`answered with 503 within ${(await assertNothingIsAnswered()).toFixed(0)} ms`);
    } finally {
      for (const pid of all) process.kill(pid, 'SIGCONT');
    }
    await assertRecovered();
  });

  test('killed without warning: what was given before holds after, what was ended stays ended', async () => {
    const ended = await obtainTokens(origin, { request: { prompt: 'consent' } });
    await post(`${origin}/auth/revoke`, { token: ended.refresh_token }, basic());
    const port = Number(new URL(origin).port);
    assert.equal(await domain.stop('SIGKILL'), 'SIGKILL');
    domain = await startDomain({
      directory: domain.directory,
      port,
      yaml,
      env: { DATABASE_URL: cluster.url, AFFINITY_DEMO_PATIENTS: '4' },
    });
    const status = async (token: string): Promise<number> =>
      (await fetch(`${origin}/fhir/Patient/patient-0001`, { headers: bearer(token) })).status;
    assert.equal(await status(ended.access_token), 401, 'from the first request on');
    assert.equal(await status(tokens.access_token), 200);
    assert.equal(await status(service), 200);
    assert.equal((await refresh(origin, ended.refresh_token)).status, 400);
    const next = await refresh(origin, tokens.refresh_token);
    assert.equal(next.status, 200);
    tokens = (await next.json()) as Tokens;
  });

  test('the database stopped: 503 for everything, at once', async (t) => {
    await cluster.stop();
    t.diagnostic(`answered with 503 within ${(await assertNothingIsAnswered()).toFixed(0)} ms`);
    assert.equal((await fetch(`${origin}/health/ready`)).status, 503, 'a load balancer is told');
    assert.equal((await fetch(`${origin}/health/live`)).status, 200);
    assert.equal((await fetch(`${origin}/fhir/metadata`)).status, 200, 'what is public needs no database');
    const page = await fetch(`${origin}/auth/authorize`, { redirect: 'manual' });
    assert.ok(page.status >= 400);
  });
});
