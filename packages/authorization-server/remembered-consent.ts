/** When an app need not ask again. RFC 6749 §10.2; RFC 8252 §8.6: never where its identity is not assured. */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type { ClientRegistry } from './clients.ts';
import type { CrossReference } from './cross-reference.ts';
import { type EhrLaunch, findLaunch, LaunchUsed, useLaunch } from './ehr-launches.ts';
import { type GivingNeighbours, giveGrant } from './grant-consents.ts';
import { coverServers, keptServers, sameServers } from './granted-servers.ts';
import { findEarlierGrants, type Grant, type NewGrant } from './grants.ts';
import type { LaunchRecords } from './launch-records.ts';
import { launchContext } from './launch-step.ts';
import { accessSeconds, renewed } from './lifetimes.ts';
import type { People } from './people.ts';
import type { AuthorizationParameters } from './provider.ts';
import { goesOn, needsEncounter, needsPatient } from './requested-scope.ts';
import type { Settings } from './settings.ts';

export interface RememberNeighbours extends GivingNeighbours {
  readonly clients: ClientRegistry;
  readonly people: People;
  readonly launchRecords: LaunchRecords;
  readonly settings: Settings;
  readonly crossReference: CrossReference;
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

/** On a computer that others use too, what was allowed for long is given for now. */
const onceOf = (grant: NewGrant, settings: Settings): NewGrant => ({
  ...grant,
  scope: grant.scope
    .split(' ')
    .filter((token) => !goesOn(token))
    .join(' '),
  lasting: false,
  online: false,
  renews: false,
  expiresAt: new Date(grant.createdAt.getTime() + (settings.codeSeconds + accessSeconds(settings)) * 1000),
});

/**
 * A new grant under the terms and the end of a living one of the same person, app and server, as its Consent stands now.
 * Only for apps that prove who they are; where a person acts for several patients, they choose each time; and where the
 * Consent says something finer than scopes can, the person is asked again, for a new one would not have it. A launch says
 * whose record it is, and is used by the new grant; a visit is chosen each time.
 */
export const rememberGrant = (neighbours: RememberNeighbours) => {
  const { pool, consents, clients, people, crossReference, launchRecords, settings, now } = neighbours;
  /** The launch, where it is this person's and is good for a grant still. */
  const openFor = async (request: AuthorizationParameters, sub: string): Promise<EhrLaunch | undefined> => {
    const { affinity_launch: digest = '', affinity_audience: audience, client_id: clientId } = request;
    const launch = await findLaunch(pool, digest);
    const person = await people.find(sub);
    const isTheirs = launch?.sub === sub && launch.clientId === clientId && launch.audience === audience;
    if (!isTheirs || launch.used !== undefined || person === undefined) return undefined;
    const { patient } = launch;
    return patient === undefined || (await launchRecords.reaches(person, audience, patient)) ? launch : undefined;
  };
  return async (request: AuthorizationParameters, sub: string, shared: boolean): Promise<Grant | undefined> => {
    const client = await clients.find(request.client_id);
    if (client === undefined || client.authentication === 'none') return undefined;
    const at = now();
    const tokens = request.affinity_scope.split(' ');
    const digest = request.affinity_launch;
    const launch = digest === undefined ? undefined : await openFor(request, sub);
    if (launch === undefined && digest !== undefined) return undefined;
    if (needsEncounter(tokens) && launch?.context.encounter === undefined) return undefined;
    const wanted = launch?.patient === undefined && needsPatient(tokens);
    const patients = launch?.patient !== undefined ? [launch] : wanted ? await people.patientsOf(sub, at) : [];
    if (wanted && patients.length !== 1) return undefined;
    const patient = patients[0]?.patient;
    const servers = (request.affinity_servers ?? '').split(' ').filter((base) => base !== '');
    const covered = await coverServers(pool, crossReference, { audience: request.affinity_audience, servers }, patient);
    if (covered === undefined) return undefined;
    const asked = keptServers(covered, patient).servers;
    const earlier = await findEarlierGrants(
      pool,
      { sub, clientId: client.id, audience: request.affinity_audience },
      at,
    );
    for (const given of earlier) {
      const alike =
        given.patient === patient &&
        given.purpose === request.affinity_purpose &&
        (given.launched === true) === (launch !== undefined) &&
        sameServers(given.servers, asked);
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
        context: _______,
        ...kept
      } = grant;
      const terms = {
        ...kept,
        ...claims,
        ...launchContext(launch, undefined),
        scope,
        requestedScope: tokens.join(' '),
        createdAt: at,
      };
      const again = shared ? onceOf(terms, settings) : renewed(terms, settings, at, undefined);
      return giveGrant({ pool, consents }, again, async (db, added) => {
        if (launch !== undefined) await useLaunch(db, launch.digest, added, at);
      }).catch((error: unknown) => {
        if (error instanceof LaunchUsed) return undefined;
        throw error;
      });
    }
    return undefined;
  };
};
