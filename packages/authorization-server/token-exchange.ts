/**
 * A resource server goes on to another one for the same person: a token that it was sent, for one that is never worth more.
 * RFC 8693; docs/decisions/0019-devices-and-exchange.md.
 */
import { mostActors, readActors, withActor } from '@affinity/core/oauth/actor.ts';
import { readConfirmation } from '@affinity/core/oauth/confirmation.ts';
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { withinRemainder } from '@affinity/core/smart/grant-remainder.ts';
import { type AccessTokenClaims, consentClaim } from '@affinity/core/smart/launch-context.ts';
import { purposeClaim, readPurposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { lookOn } from '@affinity/store/postgres/look.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { canonicalBase } from './audience.ts';
import type { ClientRegistry } from './clients.ts';
import { entitledPerson, findGrantFacts } from './grant-facts.ts';
import { grantAt } from './granted-servers.ts';
import type { Grant } from './grants.ts';
import { isFor } from './live-token.ts';
import { presentOf } from './present-grant.ts';
import { storeReferenceToken } from './reference-token.ts';
import { refreshedScope } from './refresh-decision.ts';
import { launchStands, type TokenNeighbours, type TokenOutcome, type TokenRequest } from './token-grants.ts';

export interface ExchangeNeighbours extends TokenNeighbours {
  readonly clients: ClientRegistry;
}

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

const refused = (error: OAuthError): TokenOutcome => ({ kind: 'refused', error, event: 'token-refused' });
const malformed = (description: string): TokenOutcome => refused(new OAuthError('invalid_request', description));
/** RFC 8693 §2.2.2 has one error for a subject token that is invalid for any reason. */
const unfit = (detail: string): OAuthError =>
  new OAuthError('invalid_request', 'the subject_token cannot be exchanged', { detail });

/** What is wrong with how it is asked, before any token is looked at. */
function faultOf(sent: ReadonlyMap<string, string>): string | undefined {
  if (!sent.has('subject_token')) return 'subject_token is missing';
  if (sent.get('subject_token_type') !== accessTokenType) return `subject_token_type must be ${accessTokenType}`;
  if ((sent.get('requested_token_type') ?? accessTokenType) !== accessTokenType)
    return `requested_token_type must be ${accessTokenType}`;
  if (sent.has('actor_token') || sent.has('actor_token_type'))
    return 'actor_token is not supported: the server that asks is the actor';
  return undefined;
}

/** One of our servers that the caller is declared to ask in turn. `resource` and `audience` mean the same here. */
function targetOf({ client, sent }: TokenRequest, { resourceServers }: TokenNeighbours): string | OAuthError {
  const [resource, audience] = [sent.get('resource'), sent.get('audience')];
  const asked = resource ?? audience;
  if (asked === undefined) return new OAuthError('invalid_request', 'resource is missing: the server to go on to');
  const base = canonicalBase(asked);
  const upstreams = (client.metadata.affinity_upstreams ?? []).map(canonicalBase);
  const known = resourceServers.some((server) => canonicalBase(server.base) === base);
  if (!known || !upstreams.includes(base) || (audience !== undefined && canonicalBase(audience) !== base))
    return new OAuthError('invalid_target', 'this server may not go on to that one');
  return base;
}

const isRight = (token: string): boolean => parseResourceScope(token).kind === 'scope';

const levels = ['N', 'R', 'V'];
/** The lower of two levels; absent is N. */
const lower = (one = 'N', other = 'N'): string | undefined => {
  const level = levels[Math.min(levels.indexOf(one), levels.indexOf(other))];
  return level === 'N' ? undefined : level;
};

/** The claims of a token that may be exchanged by this caller, or why not. */
async function subjectOf(
  { accessTokens, clients, settings }: ExchangeNeighbours,
  { client, sent, jkt }: TokenRequest,
): Promise<AccessTokenClaims | OAuthError> {
  const claims = await accessTokens.verify(sent.get('subject_token') ?? '');
  if (claims === undefined) return unfit('not a token of ours, or over');
  const own = client.metadata.resource_server;
  if (own === undefined || !isFor(claims, own)) return unfit('for another server than the one that asks');
  if (claims.grant_id === undefined) return unfit('a backend service asks for its own tokens');
  if ((await clients.find(claims.client_id)) === undefined) return unfit('its app is gone');
  const confirmation = readConfirmation(claims.cnf);
  // Nobody may get rid of a binding: what comes of a bound token is bound again, to the key of the server that asks.
  if (confirmation.kind === 'malformed' || (confirmation.kind === 'key' && jkt === undefined))
    return unfit('bound to a key, and the request proves none');
  const chain = readActors(claims.act);
  if (chain.kind === 'malformed' || chain.actors.length >= Math.min(settings.exchangeHops, mostActors))
    return unfit('exchanged too often');
  return claims;
}

/** What of the token is left now: never more than it says, than the grant still says, and than was asked. */
function scopeOf(
  claims: AccessTokenClaims,
  present: Grant,
  asked: string | undefined,
  { settings }: TokenNeighbours,
): readonly string[] | OAuthError {
  // Rights over resources alone: who signed in is told to the app, and offline access is the app's.
  const rights = claims.scope.split(' ').filter(isRight);
  const within = rights.length === 0 ? [] : refreshedScope(rights.join(' '), asked, settings);
  if (within === undefined) return new OAuthError('invalid_scope', 'scope is more than the subject_token has');
  const left = withinRemainder(within.filter(isRight), present.scope.split(' '));
  return left.length > 0 ? left : new OAuthError('invalid_scope', 'nothing of scope is left to be exchanged');
}

export async function exchangeToken(neighbours: ExchangeNeighbours, request: TokenRequest): Promise<TokenOutcome> {
  const { client, sent, jkt } = request;
  const fault = faultOf(sent);
  if (fault !== undefined) return malformed(fault);
  const target = targetOf(request, neighbours);
  if (target instanceof OAuthError) return refused(target);
  const { pool, look, consents, crossReference, accessTokens, now } = neighbours;
  const claims = await subjectOf(neighbours, request);
  if (claims instanceof OAuthError) return refused(claims);
  const grantId = claims.grant_id ?? '';
  const stands = await launchStands(neighbours, await findGrantFacts(look, grantId, now()));
  return transaction(pool, async (db): Promise<TokenOutcome> => {
    const at = now();
    const facts = await findGrantFacts(lookOn(db), grantId, at);
    const consent = await consents.look(grantId, db);
    const person = facts === undefined ? undefined : entitledPerson(facts, stands);
    const present = facts === undefined ? undefined : await presentOf(db, crossReference, facts, consent, at);
    if (facts === undefined || present === undefined || person === undefined)
      return refused(unfit('its grant has ended'));
    const { grant } = facts;
    const scope = scopeOf(claims, present.grant, sent.get('scope'), neighbours);
    if (scope instanceof OAuthError) return { ...refused(scope), grant };
    // The patient's id on that server; never one from another.
    const patient = (await grantAt(db, crossReference, present.grant, target))?.patient;
    if (patient === undefined && scope.some((token) => token.startsWith('patient/'))) {
      const unknown = new OAuthError('invalid_target', 'the patient of the subject_token is not known at that server');
      return { ...refused(unknown), grant };
    }
    // Who the person is there; an absolute URL of the home where nobody there is known to be them.
    const { fhirUser } = await crossReference.personAt(db, person, target);
    const purposes = readPurposeClaim(claims.extensions);
    if (purposes === undefined) return { ...refused(unfit('purpose_of_use is malformed')), grant };
    const clearance = lower(claims.clearance, present.grant.clearance);
    const extensions = {
      ...(purposes.length === 0 ? {} : purposeClaim(purposes)),
      ...(patient === undefined ? {} : consentClaim(`${target}/Patient/${patient}`, consents.urlOf(grant.id))),
    };
    const issued = await accessTokens.issue(
      {
        aud: target,
        sub: claims.sub,
        // The app that was allowed: Consents name it. The server that asks is the actor.
        client_id: claims.client_id,
        scope: scope.join(' '),
        grant_id: grant.id,
        act: withActor(client.id, claims.act),
        ...(jkt === undefined ? {} : { cnf: { jkt } }),
        ...(claims.auth_time === undefined ? {} : { auth_time: claims.auth_time }),
        ...(claims.acr === undefined ? {} : { acr: claims.acr }),
        ...(patient === undefined ? {} : { patient }),
        ...(claims.fhirUser === undefined || fhirUser === undefined ? {} : { fhirUser }),
        ...(clearance === undefined ? {} : { clearance }),
        ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
      },
      { seconds: claims.exp - Math.floor(at.getTime() / 1000), until: present.grant.expiresAt },
    );
    await storeReferenceToken(db, issued.row);
    const body = JSON.stringify({
      access_token: issued.token,
      issued_token_type: accessTokenType,
      token_type: jkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: issued.expiresIn,
      scope: scope.join(' '),
      ...(patient === undefined ? {} : { patient }),
    });
    return { kind: 'issued', body, event: 'token-exchanged', token: issued.jti, grant };
  });
}
