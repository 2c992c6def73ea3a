/** When an app need not ask again. RFC 6749 §10.2; RFC 8252 §8.6: never where its identity is not assured. */
import type pg from 'pg';
import type { ClientRegistry } from './clients.ts';
import { addGrant, findEarlierGrants, type Grant } from './grants.ts';
import type { People } from './people.ts';
import type { AuthorizationParameters } from './provider.ts';
import { needsPatient } from './requested-scope.ts';

export interface RememberNeighbours {
  readonly pool: pg.Pool;
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

/**
 * A new grant under the terms and the end of a living one of the same person, app and server. Only for apps that prove who
 * they are; and where a person acts for several patients, they choose each time.
 */
export const rememberGrant =
  ({ pool, clients, people, now }: RememberNeighbours) =>
  async (request: AuthorizationParameters, sub: string): Promise<Grant | undefined> => {
    const client = clients.find(request.client_id);
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
    for (const grant of earlier) {
      const scope = grant.patient === patients[0]?.patient ? reusable(grant, tokens) : undefined;
      if (scope === undefined) continue;
      const { id: _, authTime: __, ...terms } = grant;
      return addGrant(pool, { ...terms, scope, requestedScope: tokens.join(' '), createdAt: at });
    }
    return undefined;
  };
