/** Other domains whose tokens count at a server, made of what the settings say of each. docs/decisions/0039-trusted-issuers.md. */
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { createSafeFetch, type SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import type { PatientsIdentified } from '@affinity/resource-server/asked.ts';
import type { ForeignIssuer, ForeignIssuers } from '@affinity/resource-server/foreign-issuers.ts';
import type { JWK } from 'jose';
import type { Config } from './config.ts';
import { createForeignKeys, onlyKey } from './foreign-keys.ts';
import type { Log } from './log.ts';
import { outboundPermissions } from './outbound.ts';
import type { TrustedIssuer } from './trusted-issuer-settings.ts';

export interface TrustedIssuersNeighbours {
  readonly config: Pick<Config, 'origin' | 'file'>;
  /** of the server */
  readonly name: string;
  readonly patientsIdentified: PatientsIdentified;
  readonly now: () => Date;
  readonly log: Log;
  readonly fetchOutside?: SafeFetch;
}

/** Undefined: none counts at this server. */
export const trustedIssuersAt = (neighbours: TrustedIssuersNeighbours): ForeignIssuers | undefined => {
  const { config, name, patientsIdentified, now, log, fetchOutside = createSafeFetch() } = neighbours;
  const keysOf = ({ jwks, jwks_uri: uri, keys_seconds, keys_again_seconds }: TrustedIssuer): ForeignIssuer['keys'] =>
    uri === undefined
      ? async (kid) => onlyKey((jwks?.keys ?? []) as readonly JWK[], kid)
      : createForeignKeys({
          uri,
          fetchOutside,
          permissions: outboundPermissions(config),
          keptSeconds: keys_seconds,
          againSeconds: keys_again_seconds,
          now: () => now().getTime(),
          log,
        });
  const here = config.file.trusted_issuers.filter(({ servers }) => servers.includes(name));
  if (here.length === 0) return undefined;
  const issuers = here.map(
    (one): ForeignIssuer => ({
      issuer: one.issuer,
      keys: keysOf(one),
      scopes: one.scopes.flatMap((text) => {
        const parsed = parseResourceScope(text);
        return parsed.kind === 'scope' ? [parsed.scope] : [];
      }),
      ...(one.clients === undefined ? {} : { clients: one.clients }),
      mostSeconds: one.most_seconds,
      purposes: one.purposes,
      identifierSystems: one.identifier_systems,
    }),
  );
  return { issuers, patientsIdentified };
};
