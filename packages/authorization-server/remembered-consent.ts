/** When an app need not ask again. RFC 6749 §10.2; RFC 8252 §8.6: never where its identity is not assured. */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type { ClientRegistry } from './clients.ts';
import { type GivingNeighbours, giveGrant } from './grant-consents.ts';
import { findEarlierGrants, type Grant } from './grants.ts';
import type { People } from './people.ts';
import type { AuthorizationParameters } from './provider.ts';
import { needsPatient } from './requested-scope.ts';

export interface RememberNeighbours extends GivingNeighbours {
  readonly clients: ClientRegistry;
  readonly people: People;
  now(): Date;
}

/** What an earlier grant gives for these scopes: all that was granted of the same request, or a part that was granted whole. */
function reusable(earlier: Grant, tokens: readonly string[]): string | undefined {
  const asked = earlier.requestedScope.split(' ');
  const granted = earlier.scope.split(' ');
  if (!tokens.every((token) => asked.includes(token))) return undefined;
  if (asked.length === tokens.length) return earlier.scope;
  return tokens.every((token) => granted.includes(token)) ? tokens.join(' ') : undefined;
}

/** The same of claims that were asked for by name; undefined where one of them was not asked about then. */
function reusableClaims(
  earlier: Grant,
  asked: readonly string[],
): Pick<Grant, 'claims' | 'requestedClaims'> | undefined {
  const before = earlier.requestedClaims?.split(' ') ?? [];
  if (!asked.every((entry) => before.includes(entry))) return undefined;
  const allowed = earlier.claims?.split(' ').filter((entry) => asked.includes(entry)) ?? [];
  return {
    ...(asked.length === 0 ? {} : { requestedClaims: asked.join(' ') }),
    ...(allowed.length === 0 ? {} : { claims: allowed.join(' ') }),
  };
}

/**
 * A new grant under the terms and the end of a living one of the same person, app and server, as its Consent stands now.
 * Only for apps that prove who they are; where a person acts for several patients, they choose each time; and where the
 * Consent says something finer than scopes can, the person is asked again, for a new one would not have it.
 */
export const rememberGrant =
  ({ pool, consents, clients, people, now }: RememberNeighbours) =>
  async (request: AuthorizationParameters, sub: string): Promise<Grant | undefined> => {
    const client = await clients.find(request.client_id);
    if (client === undefined || client.authentication === 'none') return undefined;
    const at = now();
    const tokens = request.affinity_scope.split(' ');
    const wanted = needsPatient(tokens);
    const patients = wanted ? await people.patientsOf(sub, at) : [];
    if (wanted && patients.length !== 1) return undefined;
    const earlier = await findEarlierGrants(
      pool,
      { sub, clientId: client.id, audience: request.affinity_audience },
      at,
    );
    for (const given of earlier) {
      const alike = given.patient === patients[0]?.patient && given.purpose === request.affinity_purpose;
      const present = alike ? await transaction(pool, (client) => consents.read(client, given, at)) : undefined;
      if (present?.exact !== true) continue;
      const { grant } = present;
      const scope = reusable(grant, tokens);
      const claims = reusableClaims(grant, request.affinity_claims?.split(' ') ?? []);
      if (scope === undefined || claims === undefined) continue;
      const {
        id: _,
        authTime: __,
        signIn: ___,
        lastUsedAt: ____,
        claims: _____,
        requestedClaims: ______,
        ...terms
      } = grant;
      return giveGrant(
        { pool, consents },
        { ...terms, ...claims, scope, requestedScope: tokens.join(' '), createdAt: at },
      );
    }
    return undefined;
  };
