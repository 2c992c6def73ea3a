/** The locator's documents over a database of a test, behind the guard, with an issuer and a clock of the test's own. */
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type { PersonIdentifier, Place } from '@affinity/core/identity/person-index.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createResourceServer } from '@affinity/resource-server/resource-server.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { createIndexing } from '@affinity/store/reindexing.ts';
import type { TestDatabase } from '@affinity/store/testing/database.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createDocuments, type Documents } from '../documents.ts';
import { generateMetadata } from '../metadata/generate-metadata.ts';
import { optOutOperations } from '../opt-out-operations.ts';
import { createOptOuts } from '../opt-outs.ts';
import type { Persons } from '../persons.ts';

export const base = 'https://domain.example/locator/fhir';
export const clinic = 'https://domain.example/fhir';
const issuer = 'https://domain.example/auth';
const key = generateKeyPair('ES256', { extractable: true });

export interface TestPerson {
  readonly places?: readonly Place[];
  readonly identifiers?: readonly PersonIdentifier[];
  readonly survivor?: string;
}

/** Who is who in a test; changed by changing the map. */
export const personsOf = (all: Map<string, TestPerson>): Persons => {
  const found = (test: (person: TestPerson) => boolean | undefined): string | undefined =>
    [...all].find(([, person]) => test(person) === true)?.[0];
  return {
    personByIdentifier: async ({ system, value }) =>
      found(({ identifiers }) => identifiers?.some((one) => one.system === system && one.value === value)),
    personAt: async (place) =>
      found(({ places }) => places?.some((one) => one.base === place.base && one.patient === place.patient)),
    placesOf: async (person) => all.get(person)?.places ?? [],
    identifiersOf: async (person) => all.get(person)?.identifiers ?? [],
    survivorOf: async (person) => (all.has(person) ? (all.get(person)?.survivor ?? person) : undefined),
  };
};

export interface TestLocator {
  readonly documents: Documents;
  readonly store: ReturnType<typeof createBackend>;
  readonly optOuts: ReturnType<typeof createOptOuts>;
  readonly persons: Map<string, TestPerson>;
  readonly audit: AuditRecord[];
  /** epoch milliseconds */
  time: number;
  facts: (known: DecisionFacts) => DecisionFacts;
  token(scope: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  send(path: string, token: string, init?: RequestInit): Promise<Response>;
}

/** @param main where the opt-outs stand, if elsewhere */
export const openLocator = async ({ pool }: Pick<TestDatabase, 'pool'>, main = pool): Promise<TestLocator> => {
  const { privateKey, publicKey } = await key;
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'k1' }] };
  const state = { time: Date.now(), facts: (known: DecisionFacts) => known };
  const persons = new Map<string, TestPerson>([
    ['p1', { places: [{ base: clinic, patient: 'a' }], identifiers: [{ system: 'urn:mrn', value: '0001' }] }],
    ['p2', { places: [{ base: clinic, patient: 'b' }], identifiers: [{ system: 'urn:mrn', value: '0002' }] }],
  ]);
  const indexing = createIndexing({ pool, ownBases: [base], share: 1, log: () => {} });
  const store = createBackend({ pool, ownBases: [base], now: () => state.time, parameters: indexing.parameters });
  const optOuts = createOptOuts(main);
  const documents = await createDocuments({
    base,
    store,
    pool,
    persons: personsOf(persons),
    optOuts,
    lifetimes: { locatedDays: 30, publishedDays: 3650 },
    now: () => state.time,
  });
  await indexing.catchUp();
  const audit: AuditRecord[] = [];
  const server = createResourceServer({
    name: 'locator',
    base,
    issuer,
    ...documents,
    operations: [...optOutOperations(optOuts), generateMetadata],
    audit: { append: async (record) => void audit.push(record) },
    keys: async () => jwks,
    grants: { isLive: () => true, isFresh: () => true },
    authorizationMetadata: () => ({ issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` }),
    smartCapabilities: ['permission-v2'],
    facts: async (principal) => state.facts(await wholeFacts(principal)),
    pageKey: new Uint8Array(32).fill(7),
    allowsOrigin: () => false,
    now: () => state.time,
    log: () => {},
  });
  return Object.assign(state, {
    documents,
    store,
    optOuts,
    persons,
    audit,
    token: async (scope: string, claims: Readonly<Record<string, unknown>> = {}) => {
      const iat = Math.floor(state.time / 1000);
      const usual = {
        iss: issuer,
        aud: base,
        sub: 'source-1',
        client_id: 'source-1',
        iat,
        exp: iat + 300,
        jti: 'token',
        scope,
      };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
        .sign(privateKey);
    },
    send: (path: string, token: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      headers.set('Authorization', `Bearer ${token}`);
      return server.fetch(new Request(`${base}${path}`, { ...init, headers }), {});
    },
  });
};
