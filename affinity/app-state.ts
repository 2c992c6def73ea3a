/** The state of apps as a server of the domain, at `/state/fhir`, beside the clinic whose tokens count there. */
import type { AuthorizationServer } from '@affinity/authorization-server/authorization-server.ts';
import type { ClientRegistry } from '@affinity/authorization-server/clients.ts';
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import { createProofCheck } from '@affinity/proof/dpop-check.ts';
import { defaultAlgorithms } from '@affinity/resource-server/access-token.ts';
import { createAppState } from '@affinity/resource-server/app-state/app-state.ts';
import type { StateCaller } from '@affinity/resource-server/app-state/state-rights.ts';
import { createAuthenticate } from '@affinity/resource-server/authenticate.ts';
import { carriedToken } from '@affinity/resource-server/bearer.ts';
import { challenge } from '@affinity/resource-server/challenge.ts';
import { defaultLimits } from '@affinity/resource-server/limits.ts';
import { protectedResourcePath } from '@affinity/resource-server/public-documents.ts';
import { createUsedProofs } from '@affinity/store/used-proofs.ts';
import type pg from 'pg';
import type { Config } from './config.ts';

export const statePath = '/state/fhir';

export interface AppStateNeighbours {
  readonly base: string;
  /** of the clinic */
  readonly recordsBase: string;
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly audit: AuditLog;
  readonly grants: GrantState;
  readonly authorization: Pick<AuthorizationServer, 'keys' | 'introspect' | 'nonces'>;
  readonly registry: ClientRegistry;
  readonly settings: {
    readonly bytes: number;
    readonly states: number;
    readonly requireProof: boolean;
    readonly requireNonce: boolean;
    readonly proofSeconds: number;
  };
  readonly now: () => Date;
}

export const stateSettings = ({ limits, tokens }: Config['file']): AppStateNeighbours['settings'] => ({
  bytes: limits.state_bytes,
  states: limits.states_most,
  requireProof: tokens.require_proof,
  requireNonce: tokens.require_proof_nonce,
  proofSeconds: tokens.proof_seconds,
});

export const createStateServer = (neighbours: AppStateNeighbours): ReturnType<typeof createAppState> => {
  const { base, recordsBase, issuer, pool, audit, grants, authorization, registry, settings } = neighbours;
  const now = (): number => neighbours.now().getTime();
  const { expiredSkewSeconds, futureSkewSeconds, scope, proofCharacters } = defaultLimits;
  const introspect = (token: string) => authorization.introspect(token, recordsBase);
  const rules = { seconds: settings.proofSeconds, skewSeconds: futureSkewSeconds, characters: proofCharacters };
  const authenticate = createAuthenticate({
    rules: {
      issuer,
      audience: recordsBase,
      ownBases: [recordsBase],
      algorithms: defaultAlgorithms,
      expiredSkewSeconds,
      futureSkewSeconds,
      scope,
    },
    keys: () => authorization.keys(),
    grants,
    introspect,
    checkProof: createProofCheck({
      rules,
      nonces: authorization.nonces,
      requireNonce: settings.requireNonce,
      useOnce: createUsedProofs(pool),
      now,
    }),
    requireProof: settings.requireProof,
    limits: defaultLimits,
    now,
  });
  const realm = {
    base: recordsBase,
    metadata: new URL(protectedResourcePath(recordsBase), recordsBase).href,
    proofs: settings.requireProof ? 'needed' : 'taken',
  } as const;
  const login = (status: number, error?: 'invalid_token' | 'invalid_request'): FhirError =>
    new FhirError(status, [{ severity: 'error', code: 'login', diagnostics: 'a valid access token is needed' }], {
      'WWW-Authenticate': challenge(realm, error === undefined ? undefined : { error }),
    });

  return createAppState({
    base,
    recordsBase,
    issuer,
    pool,
    audit,
    allowsOrigin: (origin) => registry.servesOrigin(origin),
    limits: settings,
    now,
    callerOf: async (request, url): Promise<StateCaller | FhirError> => {
      const { headers, method } = request;
      const query = new URL(request.url).searchParams;
      const known = await authenticate({ headers, query, method, url });
      if (known.kind === 'unavailable') return fhirError(503, 'transient', 'access cannot be decided now');
      if (known.kind === 'anonymous') return login(401);
      if (known.kind === 'invalid-request') return login(400, 'invalid_request');
      if (known.kind === 'invalid-token') return login(401, 'invalid_token');
      const carried = carriedToken(headers, query);
      // Few and small requests: what the Consent of the grant leaves of the scopes is asked each time.
      const present = carried.kind === 'token' ? await introspect(carried.token) : undefined;
      if (present === undefined) return login(401, 'invalid_token');
      const parsed = parseScopes(present.scope, scope);
      const client = await registry.find(known.principal.clientId);
      return {
        principal: known.principal,
        scopes: parsed.kind === 'scopes' ? parsed.scopes.resources : [],
        codes: client?.metadata.affinity_app_state ?? [],
        ...(present.fhirUser === undefined ? {} : { fhirUser: present.fhirUser }),
      };
    },
  });
};
