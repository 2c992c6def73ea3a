/**
 * The claims provider by itself: the userinfo endpoint with what it needs of the domain's database and nothing more, for a
 * process and an address of its own. Tokens, grants and people are asked for as they stand now. OIDC Core 1.0 §5.3.
 */
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import { lookOn } from '@affinity/store/postgres/look.ts';
import type pg from 'pg';
import { createAccessTokens } from './access-token.ts';
import { createRecorder } from './audit-recorder.ts';
import { jsonResponse } from './back-channel.ts';
import type { ClientRegistry } from './clients.ts';
import { createCrossReference } from './cross-reference.ts';
import type { GrantConsents } from './grant-consents.ts';
import type { ReadIdentifiers } from './identifiers.ts';
import { createLiveTokens } from './live-token.ts';
import { faultName, type Log } from './log.ts';
import { createPeople } from './people.ts';
import { createTokenPresentation } from './presented-token.ts';
import { createProofOfKey } from './proof-of-key.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { loadSigningKeys } from './signing-keys.ts';
import { createUserinfoEndpoint } from './userinfo.ts';

export interface UserinfoServerOptions {
  /** of the authorization server, whose tokens it takes */
  readonly issuer: string;
  /** its own absolute URL, as the authorization server publishes it */
  readonly endpoint: string;
  readonly pool: pg.Pool;
  /** base of the server whose ids of patients and people are the domain's own */
  readonly home: string;
  readonly clients: ClientRegistry;
  readonly consents: GrantConsents;
  readonly readIdentifiers: ReadIdentifiers;
  readonly audit: AuditLog;
  readonly settings?: Partial<Settings>;
  readonly now?: () => Date;
  readonly log?: Log;
}

export interface UserinfoServer {
  fetch(request: Request): Promise<Response>;
  /** the database was heard from lately: without it no token is taken */
  hearsDatabase(): boolean;
  close(): Promise<void>;
}

export async function createUserinfoServer(options: UserinfoServerOptions): Promise<UserinfoServer> {
  const {
    issuer,
    endpoint,
    pool,
    clients,
    consents,
    readIdentifiers,
    now = () => new Date(),
    log = () => {},
  } = options;
  const settings = { ...defaultSettings, ...options.settings };
  const keys = await loadSigningKeys({ pool, settings, log });
  const proofs = createProofOfKey({ pool, keys, settings, now });
  const accessTokens = createAccessTokens({ issuer, pool, keys, resourceServers: [], settings, now });
  const crossReference = createCrossReference(options.home);
  const userinfo = createUserinfoEndpoint({
    issuer,
    endpoint,
    pool,
    clients,
    people: createPeople(pool),
    crossReference,
    liveTokens: createLiveTokens({ pool, look: lookOn(pool), consents, clients, crossReference, accessTokens, now }),
    readIdentifiers,
    record: createRecorder(options.audit, issuer, now),
    proofs,
    presentToken: createTokenPresentation(accessTokens, proofs),
  });
  const { pathname: path } = new URL(endpoint);
  return {
    async fetch(request) {
      if (new URL(request.url).pathname !== path) return jsonResponse({ error: 'not_found' }, 404);
      try {
        return await userinfo(request);
      } catch (error) {
        log('userinfo failed', { reason: faultName(error) });
        return jsonResponse({ error: 'temporarily_unavailable', error_description: 'try again' }, 503);
      }
    },
    hearsDatabase() {
      try {
        return keys.current() !== undefined;
      } catch {
        return false;
      }
    },
    close: () => keys.stop(),
  };
}
