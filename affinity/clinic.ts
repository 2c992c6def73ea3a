/** The clinic: the resource server of the domain that holds resources, at `/fhir`. */

import type { AuthorizationServer } from '@affinity/authorization-server/authorization-server.ts';
import type { ClientRegistry } from '@affinity/authorization-server/clients.ts';
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import type { Limits } from '@affinity/resource-server/limits.ts';
import {
  createResourceServer,
  type ResourceServer,
  type ResourceServerOptions,
} from '@affinity/resource-server/resource-server.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import { createUsedProofs } from '@affinity/store/used-proofs.ts';
import type { Validator } from '@affinity/validation/validator.ts';
import type pg from 'pg';
import { loadBrands } from './brands.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { loadPageKey } from './page-key.ts';
import { usCoreProfiles, usCoreServer } from './us-core-profiles.ts';
import { createValidate } from './validation.ts';

export interface ClinicNeighbours {
  readonly config: Config;
  readonly base: string;
  /** of the server that keeps the state of apps */
  readonly stateBase: string;
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly backend: StoreBackend;
  readonly validator: Validator;
  readonly audit: AuditLog;
  readonly grants: GrantState;
  readonly authorization: AuthorizationServer;
  readonly registry: ClientRegistry;
  readonly facts: ResourceServerOptions['facts'];
  readonly now: () => Date;
  readonly log: Log;
}

export const createClinic = async (neighbours: ClinicNeighbours): Promise<ResourceServer> => {
  const { config, base, issuer, pool, backend, audit, grants, authorization, registry, facts, now, log } = neighbours;

  const brands = await loadBrands(pool, config, now());
  return createResourceServer({
    name: 'clinic',
    base,
    backend,
    audit,
    issuer,
    keys: () => authorization.keys(),
    grants,
    proofs: {
      useOnce: createUsedProofs(pool),
      nonces: authorization.nonces,
      requireNonce: config.file.tokens.require_proof_nonce,
      required: config.file.tokens.require_proof,
    },
    introspect: (token) => authorization.introspect(token, base),
    authorizationMetadata: () => authorization.metadata(),
    managementEndpoint: `${issuer}/account`,
    associated: [{ url: neighbours.stateBase, capabilities: ['smart-app-state'] }],
    smartCapabilities: [
      'launch-ehr',
      'launch-standalone',
      'authorize-post',
      'client-public',
      'client-confidential-symmetric',
      'client-confidential-asymmetric',
      'sso-openid-connect',
      'context-banner',
      'context-style',
      'context-ehr-patient',
      'context-ehr-encounter',
      'context-standalone-patient',
      'context-standalone-encounter',
      'permission-offline',
      'permission-online',
      'permission-patient',
      'permission-user',
      'permission-v1',
      'permission-v2',
    ],
    facts,
    ...(brands === undefined ? {} : { brands }),
    pageKey: await loadPageKey(pool),
    allowsOrigin: (from) => registry.servesOrigin(from),
    limits: clinicLimits(config),
    updateCreate: config.file.fhir.update_create,
    instantiates: [usCoreServer],
    supportedProfiles: usCoreProfiles,
    validate: createValidate(neighbours.validator, backend),
    now: () => now().getTime(),
    log: (event, details) => log(event, { detail: JSON.stringify(details) }),
  });
};

/** What its settings say of how much a request may ask. */
export const clinicLimits = ({ file: { limits, tokens } }: Config): Partial<Limits> => ({
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
