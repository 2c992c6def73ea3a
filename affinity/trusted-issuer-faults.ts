/** What is wrong with trusted issuers beside their shape: one that is our own, and servers that are not there. docs/decisions/0039-trusted-issuers.md. */
import type { ConfigFile, Fault } from './config-file.ts';

/**
 * Whoever speaks for us is not somebody else, and a name that no server has would be trust that nobody sees.
 * @param names of the servers of the domain
 */
export const trustedIssuerFaults = (
  { origin, file }: { readonly origin: string; readonly file: Pick<ConfigFile, 'trusted_issuers'> },
  names: readonly string[],
): readonly Fault[] =>
  file.trusted_issuers.flatMap(({ issuer, servers }, at) => {
    const setting = `trusted_issuers.${at}`;
    const own =
      issuer === `${origin}/auth`
        ? [{ setting: `${setting}.issuer`, fault: 'It is the issuer of this domain itself.' }]
        : [];
    const unknown = servers.filter((name) => !names.includes(name));
    const allowed = `names of servers of the domain: ${names.join(', ')}`;
    return [
      ...own,
      ...unknown.map((name) => ({ setting: `${setting}.servers`, given: JSON.stringify(name), allowed })),
    ];
  });
