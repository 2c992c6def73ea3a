/** The same for pushed requests, proofs of a key, and launches. RFC 9126 §7; RFC 9449 §11; SMART App Launch 2.2. */
import type { RemovedDefence } from './removed-defences.ts';

const A = 'packages/authorization-server';
const P = 'packages/proof/dpop-proof.ts';
const without = (attack: string, file: string, find: string, replace = ''): RemovedDefence => ({
  name: `without: ${attack}`,
  attack,
  file,
  find,
  replace,
});

export const removedDefencesOfProofs: readonly RemovedDefence[] = [
  without(
    'pushed request: its reference brought by a second browser',
    `${A}/pushed-request.ts`,
    'delete from pushed_request where id = $1 and client_id = $2 and expires_at > $3 returning parameters',
    'select parameters from pushed_request where id = $1 and client_id = $2 and expires_at > $3',
  ),
  without(
    'pushed request: its reference in the name of another app',
    `${A}/pushed-request.ts`,
    'id = $1 and client_id = $2 and',
    'id = $1 and length($2::text) > 0 and',
  ),
  without(
    'pushed request: a link instead, for an app that pushes',
    `${A}/authorization-request.ts`,
    'settings.requirePushedRequests || client.metadata.require_pushed_authorization_requests',
    'settings.requirePushedRequests',
  ),
  without(
    'code injection: a code that is bound to a key, with another',
    `${A}/token-code.ts`,
    "  if (payload.dpopJkt !== undefined && payload.dpopJkt !== jkt) return refused(invalidGrant('another key, or none'));\n",
  ),
  without(
    'proof replay: on a second process',
    'packages/store/used-proofs.ts',
    'return rowCount === 1;',
    'return rowCount !== null;',
  ),
  without('proof: kept for later', P, "  if (iat < time - rules.seconds) return 'iat is too long ago';\n"),
  without(
    'proof: made for another server',
    P,
    "  if (asked === undefined || asked !== normalUri(request.url)) return 'htu is another address';\n",
  ),
  without(
    'proof: of another token',
    P,
    "  if (accessToken !== undefined && ath !== digestOf(accessToken).toString('base64url'))\n    return 'ath is of another token';\n",
  ),
  without(
    'token theft: a token that is bound to a key, borne without it, at our own endpoints',
    `${A}/presented-token.ts`,
    "    if ((confirmation.kind === 'key') !== (scheme.toLowerCase() === 'dpop'))\n      throw invalid('presented otherwise than it is bound');\n    if (confirmation.kind === 'none') return claims;\n",
    "    if (confirmation.kind === 'none' || scheme.toLowerCase() === 'bearer') return claims;\n",
  ),
  without(
    'token theft: a token that is bound to a key, borne without it, at a resource server',
    'packages/resource-server/authenticate.ts',
    "carried.scheme === 'Bearer' && principal.key === undefined && !requireProof",
    "carried.scheme === 'Bearer' && !requireProof",
  ),
  without(
    'refresh token theft: one that is bound to a key, without it or with another',
    `${A}/refresh-decision.ts`,
    "  if (row.jkt !== null && row.jkt !== jkt) return refused(invalidGrant('another key, or none'));\n",
  ),
  without(
    'launch: one handle for many, at once',
    `${A}/ehr-launches.ts`,
    'and used_at is null and sub = $3',
    'and sub = $3',
  ),
  without(
    'launch: whose record it is, for who is not signed in to the record system',
    `${A}/launch-step.ts`,
    "  if (launch.sub !== person.sub)\n    return { kind: 'refused', error: 'access_denied', reason: 'the launch belongs to another person' };\n",
  ),
];
