/** What every FHIR server of the domain has in common: one authorization server, one guard, one audit log, the same settings. */

import type { AuthorizationServer } from '@affinity/authorization-server/authorization-server.ts';
import type { ClientRegistry } from '@affinity/authorization-server/clients.ts';
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import { inRequest } from '@affinity/gateway/request-context.ts';
import { createPersons } from '@affinity/identity/persons.ts';
import type { Limits } from '@affinity/resource-server/limits.ts';
import {
  createResourceServer,
  type ResourceServer,
  type ResourceServerOptions,
} from '@affinity/resource-server/resource-server.ts';
import { createUsedProofs } from '@affinity/store/used-proofs.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { loadPageKey } from './page-key.ts';
import { createPatientsIdentified } from './patients-identified.ts';
import { trustedIssuersAt } from './trusted-issuers.ts';

export interface GuardedNeighbours {
  readonly config: Config;
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly audit: AuditLog;
  readonly grants: GrantState;
  readonly authorization: AuthorizationServer;
  readonly registry: ClientRegistry;
  readonly now: () => Date;
  readonly log: Log;
}

/** Of the server that keeps the index of persons. */
export const identityBase = (origin: string): string => `${origin}/identity/fhir`;

/** What is a server's own. */
export type OwnOptions = Pick<ResourceServerOptions, 'name' | 'base' | 'facts' | 'smartCapabilities'> &
  Partial<
    Pick<
      ResourceServerOptions,
      | 'associated'
      | 'brands'
      | 'updateCreate'
      | 'instantiates'
      | 'supportedProfiles'
      | 'validate'
      | 'operations'
      | 'terminologyCapabilities'
      | 'objects'
      | 'isIntermediary'
      | 'openReads'
      | 'prepare'
      | 'documents'
    >
  > & {
    readonly backend: Backend;
    /** `patient.identifier` takes any identifier that the index of persons knows, and says so */
    readonly knowsPersons?: boolean;
  };

export const createGuardedServer = async (neighbours: GuardedNeighbours, own: OwnOptions): Promise<ResourceServer> => {
  const { config, issuer, pool, audit, grants, authorization, registry, now, log } = neighbours;
  const { knowsPersons = false, ...offered } = own;
  const persons = createPersons({ db: pool, base: identityBase(config.origin) });
  const apart = config.file.policy.identifiers_apart;
  const patientsIdentified = createPatientsIdentified(persons, own.base, apart);
  const foreign = trustedIssuersAt({ config, name: own.name, patientsIdentified, now, log });
  return createResourceServer({
    ...offered,
    ...(knowsPersons ? { patientsIdentified } : {}),
    audit,
    issuer,
    ...(foreign === undefined ? {} : { foreign }),
    keys: () => authorization.keys(),
    grants,
    proofs: {
      useOnce: createUsedProofs(pool),
      nonces: authorization.nonces,
      requireNonce: config.file.tokens.require_proof_nonce,
      required: config.file.tokens.require_proof,
    },
    introspect: (token) => authorization.introspect(token, own.base),
    authorizationMetadata: () => authorization.metadata(),
    managementEndpoint: `${issuer}/account`,
    pageKey: await loadPageKey(pool),
    allowsOrigin: (from) => registry.servesOrigin(from),
    limits: serverLimits(config),
    within: inRequest,
    now: () => now().getTime(),
    log: (event, details) => log(event, { server: own.name, detail: JSON.stringify(details) }),
  });
};

/** What its settings say of how much a request may ask. */
export const serverLimits = ({ file: { limits, tokens } }: Config): Partial<Limits> => ({
  introspectedSeconds: tokens.introspected_seconds,
  introspectedServiceSeconds: tokens.introspected_service_seconds,
  proofSeconds: tokens.proof_seconds,
  bodyBytes: limits.body_bytes,
  xmlBytes: limits.xml_bytes,
  jsonDepth: limits.json_depth,
  defaultCount: limits.page_size,
  maxCount: limits.page_size_most,
  bundleEntries: limits.bundle_entries,
  patchOperations: limits.patch_operations,
  patchCharacters: limits.body_bytes,
  maxValues: limits.search_values,
  maxClauses: limits.search_parameters,
  maxChainDepth: limits.chain_depth,
  maxHasDepth: limits.has_depth,
  maxJoins: limits.joins,
  maxIncludes: limits.includes,
  questionSeconds: limits.search_seconds,
  bundleSeconds: limits.bundle_seconds,
});
