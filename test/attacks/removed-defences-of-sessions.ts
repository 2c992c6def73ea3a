/** The same for sign-ins, people's own pages, and signing out. RFC 9700 §4.7, §4.14; OIDC RP-Initiated Logout 1.0 §5. */
import type { RemovedDefence } from './removed-defences.ts';

const A = 'packages/authorization-server';
const without = (attack: string, file: string, find: string, replace = ''): RemovedDefence => ({
  name: `without: ${attack}`,
  attack,
  file: `${A}/${file}`,
  find,
  replace,
});

export const removedDefencesOfSessions: readonly RemovedDefence[] = [
  without(
    'account: another site ends everything',
    'account.ts',
    "    if (!isOurForm(request, issuer, form.all, csrf)) return responses.fault('bad-request', 403);\n",
  ),
  without(
    'account: the end of what somebody else has allowed',
    'account-apps.ts',
    'if (grant?.sub !== visit.session.person.sub) return undefined;',
    'if (grant === undefined) return undefined;',
  ),
  without(
    'account: our own pages as an app of the attacker',
    'authorization-server.ts',
    'createAuthorizationEndpoint({ ...shared,',
    'createAuthorizationEndpoint({ ...shared, clients: inside,',
  ),
  without(
    'account: a way back that this browser never went',
    'account-sign-in.ts',
    'nonce !== undefined && sameText(state, stateOf(nonce, page)) ? page : undefined',
    "page.startsWith('/') && nonce !== page ? page : undefined",
  ),
  without(
    'session: written once more after it ended',
    'adapter.ts',
    "${model === 'Session' ? unlessEnded : ''}",
    "${model === 'Session' ? '' : ''}",
  ),
  without(
    'session: what was allowed for now, after signing out',
    'sessions.ts',
    '  for (const grant of given) await endFamily(db, neighbours, grant, reason);\n',
  ),
  without(
    'session: a code kept back until after signing out',
    'token-code.ts',
    '  if (!grant.lasting && session === undefined) return',
    "  if (!grant.lasting && session === undefined && grant.id === '') return",
  ),
  without(
    'shared computer: a refresh token to take away',
    'consent-duration.ts',
    '  if (shared) return tokens.filter((token) => !goesOn(token));\n',
    '  if (shared && !tokens.some(goesOn)) return tokens;\n',
  ),
  without(
    'refresh: a page in a browser that goes on and on',
    'lifetimes.ts',
    "    ...(classOf(client) === 'browser' ? [later(grant.createdAt, settings.browserRefreshSeconds)] : []),\n",
  ),
  without(
    'logout: sent on to an address of the attacker',
    'logout-request.ts',
    '  if (!matchesRedirectUri(client.metadata.post_logout_redirect_uris ?? [], address, client.native))\n',
    "  if (!matchesRedirectUri([address], address, client.native) && address === '')\n",
  ),
  without(
    'logout: by a link that anybody can make',
    'logout-endpoint.ts',
    ' : ask(asked);',
    ' : ask(asked) && end(here, asked, connection, true);',
  ),
  without(
    'logout: with an id_token of somebody else',
    'logout-endpoint.ts',
    'hint !== undefined && isOf(hint, here))',
    'hint !== undefined)',
  ),
  without(
    'logout: another site answers the question',
    'logout-endpoint.ts',
    '(nonce === undefined || !isOurForm(request, issuer, sent, keys.seal(`logout ${nonce}`)))',
    "nonce === ''",
  ),
];
