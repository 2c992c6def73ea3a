/**
 * kill -9 of the server under load: no acknowledged write is lost, no transaction is there in part, and every answered
 * request has its audit record. In every second round its PostgreSQL is killed with it. Each round starts the domain on
 * the same data, writes, reads and is denied from many connections, kills the process without warning, starts it again
 * and compares what was answered with what is there.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readAuditRecords } from '@affinity/store/audit-reader.ts';
import { verifyAuditLog } from '@affinity/store/audit-verification.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { findRunning } from '@affinity/store/postgres/running.ts';
import { SignJWT } from 'jose';
import { freePort, makeDirectory, removeDirectory, startDomain } from '../journeys/domain.ts';

export interface CrashResult {
  readonly rounds: number;
  /** answered with 201 before the kill */
  readonly acknowledged: number;
  /** of these, within transactions */
  readonly transactions: number;
  /** answered with anything */
  readonly answered: number;
}

interface Answered {
  readonly requestId: string;
  readonly status: number;
  /** the path that a write was answered with, and the body's marker */
  readonly created?: { readonly path: string; readonly marker: string };
}

/** What went out in one transaction: it is there whole or not at all, and whole if it was answered. */
interface Attempted {
  readonly marker: string;
  answered: boolean;
}

const connections = 8;
const entries = 3;

/** @throws AssertionError naming what was lost */
export const proveCrash = async (rounds: number, say: (text: string) => void): Promise<CrashResult> => {
  const directory = makeDirectory();
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'writer-1', alg: 'ES384', use: 'sig' };
  const port = await freePort();
  const yaml = [
    'clients:',
    '  - client_id: writer',
    '    client_name: Writer of the proof',
    '    token_endpoint_auth_method: private_key_jwt',
    '    grant_types: [client_credentials]',
    '    scope: system/Observation.crs system/Patient.r',
    `    jwks: ${JSON.stringify({ keys: [jwk] })}`,
    '',
  ].join('\n');
  const all: Answered[] = [];
  let transactions = 0;
  try {
    let domain = await startDomain({ directory, port, yaml });
    for (let round = 1; round <= rounds; round++) {
      const token = await backendToken(domain.origin, privateKey);
      const answered: Answered[] = [];
      const attempted: Attempted[] = [];
      const load = Array.from({ length: connections }, (_, lane) =>
        loadUntilCut(domain.origin, token, lane, answered, attempted),
      );
      // A machine that is busy takes longer to its first answers: the kill comes while there are some.
      for (let waits = 0; waits < 500 && !answered.some(({ created }) => created !== undefined); waits++)
        await new Promise((done) => setTimeout(done, 20));
      await new Promise((done) => setTimeout(done, 150 + ((round * 97) % 400)));
      const ended = domain.stop('SIGKILL');
      if (round % 2 === 0) process.kill(postmasterOf(directory), 'SIGKILL');
      await Promise.all(load);
      assert.equal(await ended, 'SIGKILL');

      domain = await startDomain({ directory, port, yaml });
      all.push(...answered);
      const reader = await backendToken(domain.origin, privateKey);
      await compare(domain.origin, reader, directory, answered);
      await compareTransactions(domain.origin, reader, attempted);
      transactions += attempted.filter((one) => one.answered).length;
      const created = answered.filter((one) => one.created !== undefined).length;
      assert.ok(created > 0, 'a round without a write proves nothing');
      say(`round ${round}: ${created} acknowledged writes and ${answered.length} answers, nothing lost`);
    }
    assert.equal(await domain.stop(), 0, domain.output());
  } finally {
    removeDirectory(directory);
  }
  return {
    rounds,
    acknowledged: all.filter(({ created }) => created !== undefined).length,
    transactions,
    answered: all.length,
  };
};

/** PostgreSQL 18 documentation, 18.3: the first line of postmaster.pid. */
const postmasterOf = (directory: string): number =>
  Number(readFileSync(`${directory}/data/cluster/postmaster.pid`, 'utf8').split('\n')[0]);

const backendToken = async (origin: string, key: KeyObject): Promise<string> => {
  const endpoint = `${origin}/auth/token`;
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES384', kid: 'writer-1', typ: 'JWT' })
    .setIssuer('writer')
    .setSubject('writer')
    .setAudience(endpoint)
    .setIssuedAt()
    .setJti(randomUUID())
    .setExpirationTime('4m')
    .sign(key);
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'system/Observation.crs system/Patient.r',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  assert.equal(response.status, 200, JSON.stringify(body));
  return body.access_token ?? assert.fail();
};

/** Writes, reads what it wrote, and asks for what it may not have, until the server is gone. */
const loadUntilCut = async (
  origin: string,
  token: string,
  lane: number,
  answered: Answered[],
  attempted: Attempted[],
): Promise<void> => {
  let last: string | undefined;
  for (let count = 0; ; count++) {
    const requestId = randomUUID();
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': requestId };
    const marker = `${lane}-${count}-${requestId}`;
    try {
      if (count % 4 === 3) {
        const response = await fetch(`${origin}/fhir/Condition/absent`, { headers });
        await response.arrayBuffer();
        assert.equal(response.status, 403);
        answered.push({ requestId, status: response.status });
      } else if (count % 4 === 2 && last !== undefined) {
        const response = await fetch(`${origin}${last}`, { headers });
        await response.arrayBuffer();
        answered.push({ requestId, status: response.status });
      } else if (count % 8 === 5) {
        const one: Attempted = { marker, answered: false };
        attempted.push(one);
        const response = await fetch(`${origin}/fhir`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/fhir+json' },
          body: JSON.stringify(transaction(marker)),
        });
        await response.arrayBuffer();
        assert.equal(response.status, 200);
        one.answered = true;
        answered.push({ requestId, status: 200 });
      } else {
        const response = await fetch(`${origin}/fhir/Observation`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/fhir+json' },
          body: JSON.stringify(observation(marker)),
        });
        await response.arrayBuffer();
        assert.equal(response.status, 201);
        const location = new URL(response.headers.get('location') ?? assert.fail('no Location'));
        last = location.pathname.replace(/\/_history\/.*$/, '');
        answered.push({ requestId, status: 201, created: { path: last, marker } });
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return; // the connection was cut: this request was not answered
    }
  }
};

const observation = (marker: string): object => ({
  resourceType: 'Observation',
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
  ],
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference: 'Patient/patient-0001' },
  effectiveDateTime: '2026-05-03',
  valueString: marker,
});

const transaction = (marker: string): object => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: Array.from({ length: entries }, () => ({
    resource: observation(marker),
    request: { method: 'POST', url: 'Observation' },
  })),
});

const compareTransactions = async (origin: string, token: string, attempted: readonly Attempted[]): Promise<void> => {
  for (const { marker, answered } of attempted) {
    const response = await fetch(`${origin}/fhir/Observation?value-string:exact=${marker}&_summary=count`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { total } = (await response.json()) as { total?: number };
    assert.equal(response.status, 200);
    assert.ok(
      total === entries || (total === 0 && !answered),
      `a transaction is there in part: ${total} of ${entries}`,
    );
  }
};

const compare = async (
  origin: string,
  token: string,
  directory: string,
  answered: readonly Answered[],
): Promise<void> => {
  for (const { created } of answered) {
    if (created === undefined) continue;
    const response = await fetch(`${origin}${created.path}`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200, `an acknowledged write is lost: ${created.path}`);
    assert.equal(((await response.json()) as { valueString: string }).valueString, created.marker);
  }
  const url = findRunning(`${directory}/data`)?.url ?? assert.fail('the database of the domain is not running');
  const pool = createPool({ url, max: 2, onError: () => {} });
  try {
    const audited = new Set<string>();
    for await (const record of readAuditRecords(pool, {})) {
      if (record.requestId !== undefined) audited.add(record.requestId);
    }
    const missing = answered.filter(({ requestId }) => !audited.has(requestId));
    assert.deepEqual(missing, [], 'answers without an audit record');
    assert.equal((await verifyAuditLog(pool)).kind, 'intact');
  } finally {
    await pool.end();
  }
};
