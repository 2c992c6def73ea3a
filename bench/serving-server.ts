/**
 * The process that is measured: the clinic as it is, the same handler and store with guard and audit taken out, and a
 * bare `node:http` with `pg` that gives the same bodies; each on a port of its own, on one PostgreSQL with fsync on.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createResourceServer } from '@affinity/resource-server/resource-server.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { followGrants } from '@affinity/store/grant-feed.ts';
import { importResources } from '@affinity/store/import.ts';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import { resourceKey } from '@affinity/store/terms.ts';
import { createAdaptorServer } from '@hono/node-server';
import { SignJWT } from 'jose';
import pg from 'pg';
import { generatePopulation } from '../affinity/demo/population.ts';
import { makeDirectory, removeDirectory } from '../test/journeys/domain.ts';
import { createUnguarded } from './unguarded.ts';

const patient = 'patient-0001';
const base = 'http://localhost/fhir';
const issuer = 'http://localhost/auth';
const ownBases = [base];

const directory = makeDirectory();
const postgres = await startEmbedded({ directory });
await migrate(postgres.url);
const pool = createPool({ url: postgres.url, max: 20, onError: () => {} });
const population = generatePopulation({ seed: 2026, patients: 100, today: '2026-11-23' });
await importResources(pool, population, { ownBases });
await pool.query('analyze');

const shared = createSharedConnection({ url: postgres.url, onError: () => {} });
const backend = createBackend({ pool, shared, ownBases });
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] };
const grants = followGrants({
  connect: () => new pg.Client({ connectionString: postgres.url }),
  staleAfterMs: 5_000,
  pollMs: 1_000,
  log: () => {},
  now: Date.now,
});
const pageKey = randomBytes(32);
const described = { name: 'clinic', base, issuer, authorizationMetadata: () => ({}), smartCapabilities: [] };
const clinic = createResourceServer({
  ...described,
  backend,
  audit: createAuditLog({ pool }),
  keys: async () => keys,
  grants,
  facts: wholeFacts,
  pageKey,
  allowsOrigin: () => false,
  now: Date.now,
  log: () => {},
});
const token = await new SignJWT({
  client_id: 'bench',
  scope: 'launch/patient patient/Observation.rs patient/Patient.r',
  patient,
  grant_id: 'bench',
})
  .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
  .setIssuer(issuer)
  .setAudience(base)
  .setSubject('ana')
  .setJti('bench-token')
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(privateKey);

const open = (fetch: (request: Request) => Promise<Response>): Promise<number> =>
  new Promise((done) => {
    const server = createAdaptorServer({ fetch });
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  });

const unguarded = createUnguarded({ backend, pageKey, described });

const readBody = { name: 'bare-read', text: 'select body from resource where rid = $1' };
const searchBodies = {
  name: 'bare-search',
  text: `select r.id, r.body from compartment c join resource r on r.rid = c.rid
    where c.patient = $1 and c.type = 'Observation' and c.terms @> $2::bigint[]
    order by c.occurred desc, c.rid desc limit 50`,
};
const laboratoryTerm = (
  await pool.query<{ term: string }>(
    `select term from (select unnest(c.terms) as term, count(*) from compartment c join resource r on r.rid = c.rid
     where c.patient = $1 and c.type = 'Observation' and r.body like '%"laboratory"%' group by 1
   ) counted order by count desc limit 1`,
    [patient],
  )
).rows[0]?.term;

/** What the fewest lines could do: one prepared statement, strings put together. */
const bare = createServer((request, response) => {
  const url = new URL(request.url ?? '/', base);
  const [, , type = '', id] = url.pathname.split('/');
  const end = (body: string): void => {
    response.writeHead(200, { 'content-type': 'application/fhir+json;charset=utf-8' });
    response.end(body);
  };
  if (id !== undefined) {
    void pool
      .query<{ body: string }>({ ...readBody, values: [resourceKey(type, id)] })
      .then(({ rows }) => end(rows[0]?.body ?? ''));
    return;
  }
  void pool
    .query<{ id: string; body: string }>({ ...searchBodies, values: [patient, [laboratoryTerm]] })
    .then(({ rows }) => {
      const entries = rows.map(
        ({ id: own, body }) => `{"fullUrl":"${base}/Observation/${own}","resource":${body},"search":{"mode":"match"}}`,
      );
      end(`{"resourceType":"Bundle","type":"searchset","entry":[${entries.join(',')}]}`);
    });
});

const bareServer = await new Promise<number>((done) => {
  bare.listen(0, '127.0.0.1', () => done((bare.address() as AddressInfo).port));
});
const { rows: found } = await pool.query<{ id: string }>(
  "select id from resource where type = 'Observation' and owner = $1 and confidentiality <= 3 order by id limit 1",
  [patient],
);
process.send?.({
  token,
  ports: {
    clinic: await open((request) => clinic.fetch(request, {})),
    unguarded: await open(unguarded),
    bare: bareServer,
  },
  read: `/fhir/Observation/${found[0]?.id}`,
  search: `/fhir/Observation?patient=${patient}&category=laboratory`,
});
process.once('message', async () => {
  await grants.close();
  await shared.close();
  await pool.end();
  await postgres.stop();
  removeDirectory(directory);
  process.exit(0);
});
