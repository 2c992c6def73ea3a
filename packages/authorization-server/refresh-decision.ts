/**
 * What a refresh request is answered, by all that is known of its token: a refusal, the answer of a moment ago, or new tokens.
 * RFC 6749 §6; RFC 9700 §4.14.2; RFC 8707 §2.2.
 */

import type { Resource } from '@affinity/core/fhir/resource.ts';
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { withinRemainder } from '@affinity/core/smart/grant-remainder.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { setCovers } from '@affinity/core/smart/scope-order.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import type pg from 'pg';
import { entitledPerson } from './grant-facts.ts';
import { grantAt } from './granted-servers.ts';
import type { Grant } from './grants.ts';
import { renewed } from './lifetimes.ts';
import { presentOf } from './present-grant.ts';
import { type Answer, type Asked, readAnswer, sameAsked } from './refresh-answer.ts';
import { openAnswer, type RefreshFacts } from './refresh-tokens.ts';
import type { Settings } from './settings.ts';
import { notGranted, type Refusal, type TokenNeighbours, type TokenRequest } from './token-grants.ts';
import type { Issue } from './token-response.ts';

export type RefreshDecision =
  | Refusal
  /** what the first use was answered */
  | { readonly kind: 'given'; readonly body: string; readonly grant: Grant }
  | {
      readonly kind: 'issue';
      readonly issue: Issue;
      readonly asked: Asked;
      /** of the first use, which was asked for something else; absent: this is the first */
      readonly given?: Answer;
      /** with the end that it has from now on */
      readonly grant: Grant;
    };

export const invalidGrant = (detail: string): OAuthError =>
  new OAuthError('invalid_grant', 'the refresh token is not valid', { detail });
const refused = (error: OAuthError, more: Partial<Refusal> = {}): Refusal => ({ kind: 'refused', error, ...more });

/** The scope of the new access token: all of the grant, or the part that was asked. Undefined where more was asked. */
export function refreshedScope(
  granted: string,
  asked: string | undefined,
  settings: Settings,
): readonly string[] | undefined {
  const whole = granted.split(' ');
  if (asked === undefined) return whole;
  const limits = { characters: settings.scopeCharacters, tokens: settings.scopeTokens };
  const [ours, theirs] = [parseScopes(granted, limits), parseScopes(asked, limits)];
  if (ours.kind !== 'scopes' || theirs.kind !== 'scopes') return undefined;
  const tokens = [...new Set(asked.split(' ').filter((token) => token !== ''))];
  const within = tokens.every((token) => {
    if (whole.includes(token)) return true;
    const parsed = parseResourceScope(token);
    return parsed.kind === 'scope' && setCovers(ours.scopes.resources, [parsed.scope]);
  });
  return within && tokens.length > 0 ? tokens : undefined;
}

export interface RefreshSituation extends RefreshFacts {
  readonly token: string;
  /** of the grant, as it is stored */
  readonly consent: Resource | undefined;
  /** what `launchStands` said */
  readonly stands: boolean;
  readonly at: Date;
}

/** @param db in a transaction its own connection */
export async function decideRefresh(
  db: pg.Pool | pg.PoolClient,
  { settings, crossReference }: Pick<TokenNeighbours, 'settings' | 'crossReference'>,
  { client, sent, jkt }: TokenRequest,
  { token, row, facts: found, session, consent, stands, at }: RefreshSituation,
): Promise<RefreshDecision> {
  if (found === undefined) return refused(invalidGrant('the grant has ended'));
  const grant = renewed(found.grant, settings, at, session?.expiresAt);
  const facts = { ...found, grant };
  if (grant.clientId !== client.id) return refused(invalidGrant('of another app'));
  if (row.jkt !== null && row.jkt !== jkt) return refused(invalidGrant('another key, or none'));
  const age = row.consumedAt === null ? 0 : at.getTime() - row.consumedAt.getTime();
  if (row.consumedAt !== null && (age > settings.refreshGraceSeconds * 1000 || row.answer === null)) {
    const replayed = 'refresh-token-replayed';
    return refused(invalidGrant('used before'), { event: replayed, grant, ends: replayed });
  }
  if (grant.online === true && session === undefined)
    return refused(invalidGrant('the session has ended'), { grant, ends: 'session-ended' });
  if (row.consumedAt === null && row.expiresAt <= at) return refused(invalidGrant('expired'));
  const present = await presentOf(db, crossReference, facts, consent, at);
  if (present === undefined)
    return refused(invalidGrant('the consent has ended'), { grant, ends: 'consent-withdrawn' });
  const resource = sent.get('resource');
  const placed = await grantAt(db, crossReference, grant, resource);
  if (placed === undefined) return refused(notGranted(), { grant });
  const asked: Asked = [placed.audience, sent.get('scope') ?? null, jkt ?? null];
  const given = row.answer === null ? undefined : readAnswer(openAnswer(token, row.answer));
  if (given !== undefined && sameAsked(given.asked, asked)) return { kind: 'given', body: given.body, grant };
  const scope = refreshedScope(grant.scope, sent.get('scope'), settings);
  if (scope === undefined) return refused(new OAuthError('invalid_scope', 'scope is more than was granted'));
  const person = entitledPerson(facts, stands);
  if (person === undefined)
    return refused(invalidGrant('the person may no longer act'), { grant, ends: 'person-gone' });
  const left = withinRemainder(scope, present.grant.scope.split(' '));
  if (left.length === 0) return refused(new OAuthError('invalid_scope', 'nothing of scope is allowed any more'));
  return {
    kind: 'issue',
    issue: {
      grant: present.grant,
      person,
      acts: facts.acts,
      client,
      scope: left,
      at,
      ...(resource === undefined ? {} : { resource }),
      ...(jkt === undefined ? {} : { jkt }),
      ...(given === undefined ? {} : { successor: { token: given.refreshToken } }),
    },
    asked,
    ...(given === undefined ? {} : { given }),
    grant,
  };
}
