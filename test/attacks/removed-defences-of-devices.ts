/** The same for devices and servers in between. RFC 8628 §5; RFC 8693 §5. */
import type { RemovedDefence } from './removed-defences.ts';

const A = 'packages/authorization-server';
const without = (attack: string, file: string, find: string, replace = ''): RemovedDefence => ({
  name: `without: ${attack}`,
  attack,
  file,
  find,
  replace,
});

export const removedDefencesOfDevices: readonly RemovedDefence[] = [
  without(
    'device: a code fetched by another app',
    `${A}/token-device.ts`,
    "    if (device.clientId !== client.id) return refused(invalidGrant('of another app'));\n",
  ),
  without(
    'device: a code presented again',
    `${A}/token-device.ts`,
    "    await endFamily(db, neighbours, grant, 'code-replayed');\n",
  ),
  without(
    'device: user codes guessed',
    `${A}/device-page.ts`,
    "    if (admission.kind === 'throttled') {",
    "    if (admission.kind === 'throttled' && typed === '') {",
  ),
  without(
    'device: another site presses the button',
    `${A}/device-page.ts`,
    "    if (!isOurForm(request, issuer, form.all, csrf)) return responses.fault('bad-request', 403);\n",
  ),
  without(
    'device: two people with one code',
    `${A}/device-authorizations.ts`,
    'and decision is null and expires_at > $3',
  ),
  without('device: what was allowed before, taken for allowed', `${A}/device-page.ts`, "    prompt: 'consent',\n"),
  without('exchange: a token that was meant for another server', `${A}/token-exchange.ts`, ' || !isFor(claims, own)'),
  without('exchange: for a server that was not agreed', `${A}/token-exchange.ts`, ' || !upstreams.includes(base)'),
  without(
    'exchange: more scope than the token has',
    `${A}/token-exchange.ts`,
    "  if (within === undefined) return new OAuthError('invalid_scope', 'scope is more than the subject_token has');\n  const left = withinRemainder(within.filter(isRight), present.scope.split(' '));",
    "  const left = asked === undefined ? rights : asked.split(' ');",
  ),
  without(
    'exchange: the patient’s id of one server at another',
    `${A}/granted-servers.ts`,
    '  const server = servers.find((one) => one.base === base);\n  if (server === undefined) return undefined;\n  const there = patient === undefined ? undefined : await patientAt(db, patient, base);\n  if (there !== server.patient) return undefined;\n',
    '  const there = patient;\n',
  ),
  without(
    'exchange: on and on',
    `${A}/token-exchange.ts`,
    ' || chain.actors.length >= Math.min(settings.exchangeHops, mostActors)',
  ),
  without(
    'exchange: who holds the token speaks as the app',
    `${A}/introspection.ts`,
    ' || live.claims.act !== undefined',
  ),
  without(
    'exchange: a chain of actors that says nothing',
    'packages/resource-server/access-token.ts',
    "refuse('act is malformed')",
    '[]',
  ),
];
