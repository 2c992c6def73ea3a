/** A clinic on real PostgreSQL within the process: resource server, guard, store and audit log as they are, and keys of its own. */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import {
  createResourceServer,
  type ResourceServer,
  type ResourceServerOptions,
} from '@affinity/resource-server/resource-server.ts';
import { createAuditLog, type PostgresAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import { SignJWT } from 'jose';
import type pg from 'pg';

export const base = 'http://localhost:4000/fhir';
export const issuer = 'http://localhost:4000/auth';
export const ownBases = [base];

export type StoredBackend = ReturnType<typeof createBackend>;

export interface StandingClinic {
  readonly server: ResourceServer;
  readonly backend: StoredBackend;
  readonly pool: pg.Pool;
  readonly audit: PostgresAuditLog;
  /** what operators would be told */
  readonly log: readonly string[];
  /** An access token; claims given replace the usual ones, which are those of a backend service with all rights. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A request of the path under the base. */
  send(path: string, token?: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'clinic', alg: 'ES256', use: 'sig' }] };

type ClinicOptions = Partial<ResourceServerOptions> & { readonly connections?: number };

/** `url` is a migrated database, which the clinic does not own. */
export const openClinic = async (url: string, given: ClinicOptions = {}): Promise<StandingClinic> => {
  const { connections = 20, ...options } = given;
  const pool = createPool({ url, max: connections, onError: () => {} });
  const shared = createSharedConnection({ url, onError: () => {} });
  const clock = options.now === undefined ? {} : { now: options.now };
  const backend = createBackend({ pool, shared, ownBases, ...clock });
  const audit = createAuditLog({ pool });
  const close = async (): Promise<void> => {
    await audit.settle();
    await shared.close();
    await pool.end();
  };
  return openAgain({ backend, pool, audit, close }, options);
};

/** Another resource server on the same connections. Its `close` is theirs. */
export const openAgain = (
  { backend, pool, audit, close }: Pick<StandingClinic, 'backend' | 'pool' | 'audit' | 'close'>,
  options: Partial<ResourceServerOptions> = {},
): StandingClinic => {
  const log: string[] = [];
  const server = createResourceServer({
    name: 'clinic',
    base,
    issuer,
    backend,
    audit,
    keys: async () => keys,
    grants: { isLive: () => true, isFresh: () => true },
    authorizationMetadata: () => ({ issuer }),
    smartCapabilities: ['permission-v2'],
    facts: wholeFacts,
    pageKey: randomBytes(32),
    allowsOrigin: (origin) => origin === 'https://app.example',
    now: Date.now,
    log: (event, details) => log.push(`${event} ${JSON.stringify(details)}`),
    ...options,
  });
  return {
    server,
    backend,
    pool,
    audit,
    log,
    token: (claims = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const usual = {
        iss: issuer,
        aud: base,
        sub: 'service',
        client_id: 'service',
        iat: now,
        exp: now + 3600,
        jti: randomUUID(),
        scope: 'system/*.cruds',
      };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'clinic', typ: 'at+jwt' })
        .sign(privateKey);
    },
    send: (path, token, init = {}) => {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
      return server.fetch(new Request(`${base}${path}`, { ...init, headers }), { address: '192.0.2.1' });
    },
    close,
  };
};

/** Claims of an app with this patient in context. */
export const patientClaims = (
  patient: string,
  scope = 'launch/patient patient/*.cruds',
): Readonly<Record<string, unknown>> => ({ sub: 'user-1', client_id: 'app-1', grant_id: 'grant-1', scope, patient });

/** A request that sends a resource. */
export const sending = (
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'Content-Type': 'application/fhir+json', ...headers },
});
