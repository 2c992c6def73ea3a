/** The same for apps that register themselves. RFC 7591 §5; RFC 9700 §4.11; CWE-918. */
import type { RemovedDefence } from './removed-defences.ts';

const A = 'packages/authorization-server';
const without = (attack: string, file: string, find: string, replace = ''): RemovedDefence => ({
  name: `without: ${attack}`,
  attack,
  file,
  find,
  replace,
});

export const removedDefencesOfRegistration: readonly RemovedDefence[] = [
  without(
    'SSRF: the keys of an app at an address within',
    `${A}/registrable-metadata.ts`,
    "['jwks_uri', page]",
    "['jwks_uri', text]",
  ),
  without(
    'SSRF: the keys of an app behind a name that leads within',
    'packages/outbound/safe-fetch.ts',
    "    if (!addresses.every((address) => mayReach(url, address, asked))) return refused('address');\n",
  ),
  without(
    'registration: with the token of another app',
    `${A}/registration-management.ts`,
    'found === undefined || !holdsToken(found, token, now())) return refused();',
    'found === undefined) return refused();',
  ),
  without(
    'registration: a statement that the attacker has signed',
    `${A}/software-statement.ts`,
    'const { payload } = await jwtVerify(given, createLocalJWKSet(issuer.jwks), {',
    'const payload = decodeJwt(given);\n    void ({',
  ),
  without(
    'registration: an app that nobody vouches for, for the whole clinic',
    `${A}/effective-metadata.ts`,
    "return resource.scope.compartment === 'patient';",
    "return resource.scope.compartment !== 'system';",
  ),
];
