/** A resource server over a backend in memory, with an issuer, a clock and an audit log that tests can look into. */
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createNonces } from '@affinity/proof/dpop-nonce.ts';
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';
import { createResourceServer, type ResourceServer, type ResourceServerOptions } from '../resource-server.ts';

export const base = 'http://localhost:4000/fhir';
export const issuer = 'http://localhost:4000/auth';
export const types = ['Patient', 'Observation', 'Condition', 'Practitioner', 'Provenance', 'DocumentReference'];

export interface ClinicOptions {
  /** true: the backend is trusted to apply the Filter; false, as it comes: the guard judges what comes out */
  readonly appliesFilter?: boolean;
  /** a foreign system that passes the Filter over: everything comes out */
  readonly leaky?: boolean;
}

/** What tests change under the server's feet. */
export interface Outside {
  /** the clock, epoch milliseconds */
  time: number;
  /** while true no audit record can be kept */
  auditFails: boolean;
  feedFresh: boolean;
  /** while true nobody can say which proofs were used */
  proofsFail: boolean;
  jwks: JSONWebKeySet;
}

export interface Clinic extends Outside {
  readonly server: ResourceServer;
  readonly backend: Backend;
  /** what was asked of the backend, by method */
  readonly calls: string[];
  put(resource: Resource & { readonly id: string }): Promise<void>;
  readonly audit: AuditRecord[];
  readonly log: string[];
  readonly ended: Set<string>;
  /** An access token: claims given replace the usual ones, and undefined takes them out. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A request of the path under the base, with this token. */
  send(path: string, token?: string, init?: RequestInit): Promise<Response>;
}

const recording = (backend: Backend, calls: string[]): Backend => ({
  ...backend,
  read: (...given) => note(calls, 'read', backend.read(...given)),
  vread: (...given) => note(calls, 'vread', backend.vread(...given)),
  create: (...given) => note(calls, 'create', backend.create(...given)),
  update: (...given) => note(calls, 'update', backend.update(...given)),
  delete: (...given) => note(calls, 'delete', backend.delete(...given)),
  historyInstance: (...given) => note(calls, 'history', backend.historyInstance(...given)),
  searchType: (...given) => note(calls, 'search', backend.searchType(...given)),
});
const note = <Result>(calls: string[], name: string, result: Promise<Result>): Promise<Result> => {
  calls.push(name);
  return result;
};

const keys = generateKeyPair('ES256', { extractable: true });

export const createClinic = async (
  given: Partial<ResourceServerOptions> = {},
  { appliesFilter = false, leaky = false }: ClinicOptions = {},
): Promise<Clinic> => {
  const { privateKey, publicKey } = await keys;
  const state: Outside = {
    time: Date.UTC(2026, 0, 2, 3, 4, 5),
    auditFails: false,
    feedFresh: true,
    proofsFail: false,
    jwks: { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'k1' }] },
  };
  const audit: AuditRecord[] = [];
  const log: string[] = [];
  const ended = new Set<string>();
  const calls: string[] = [];
  const usedProofs = new Set<string>();
  const memory = createMemoryBackend({
    ownBases: [base],
    now: () => state.time,
    evaluate: leaky ? () => true : evaluate,
  });
  const backend = recording(
    { ...memory, appliesFilter, capabilities: memory.capabilities.filter(({ type }) => types.includes(type)) },
    calls,
  );
  const server = createResourceServer({
    name: 'clinic',
    base,
    issuer,
    backend,
    audit: {
      append: async (record) => {
        if (state.auditFails) throw new Error('disk full');
        audit.push(record);
      },
    },
    keys: async () => state.jwks,
    grants: { isLive: (grant) => !ended.has(grant), isFresh: () => state.feedFresh },
    proofs: {
      useOnce: async (id) => {
        if (state.proofsFail) throw new Error('the database is down');
        return usedProofs.size < usedProofs.add(Buffer.from(id).toString('hex')).size;
      },
      nonces: createNonces(
        (text) => `sealed-${text.replaceAll(' ', '-')}`,
        120,
        () => state.time,
      ),
      requireNonce: false,
      required: false,
    },
    authorizationMetadata: () => ({
      issuer,
      token_endpoint: `${issuer}/token`,
      authorization_endpoint: `${issuer}/authorize`,
      jwks_uri: `${issuer}/jwks`,
      grant_types_supported: ['authorization_code'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['patient/*.rs'],
    }),
    smartCapabilities: ['launch-standalone', 'sso-openid-connect', 'permission-v2'],
    managementEndpoint: 'https://a.example/account',
    facts: wholeFacts,
    pageKey: new Uint8Array(32).fill(7),
    allowsOrigin: (origin) => origin === 'https://app.example',
    now: () => state.time,
    log: (event, details) => log.push(`${event} ${JSON.stringify(details)}`),
    ...given,
  });
  return Object.assign(state, {
    server,
    backend,
    calls,
    put: async (resource: Resource & { readonly id: string }) => {
      const content = { resource, json: JSON.stringify(resource) };
      await memory.create({ type: resource.resourceType, id: resource.id, content });
    },
    audit,
    log,
    ended,
    token: (claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) => {
      const iat = Math.floor(state.time / 1000);
      const usual = {
        iss: issuer,
        aud: base,
        sub: 'user-1',
        client_id: 'app-1',
        iat,
        exp: iat + 300,
        jti: 'token-1',
        scope: 'openid launch/patient patient/*.cruds',
        patient: 'a',
        grant_id: 'grant-1',
      };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header })
        .sign(privateKey);
    },
    send: (path: string, token?: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
      return server.fetch(new Request(`${base}${path}`, { ...init, headers }), { address: '192.0.2.1' });
    },
  } satisfies Omit<Clinic, keyof Outside>);
};

const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';

export const observation = (
  id: string,
  patient: string,
  category: string,
  more: Readonly<Record<string, unknown>> = {},
): Resource & { readonly id: string } => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  category: [{ coding: [{ system: categorySystem, code: category }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference: `Patient/${patient}` },
  ...more,
});

export const patient = (id: string): Resource & { readonly id: string } => ({ resourceType: 'Patient', id });

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

/** A clinic with patients a and b, a laboratory result of each, and a token for all of a's record. */
export const createSmallClinic = async (given: Partial<ResourceServerOptions> = {}, options: ClinicOptions = {}) => {
  const clinic = await createClinic(given, options);
  for (const id of ['a', 'b']) await clinic.put(patient(id));
  await clinic.put(observation('o1', 'a', 'laboratory'));
  await clinic.put(observation('o2', 'b', 'laboratory'));
  return { clinic, token: await clinic.token() };
};
