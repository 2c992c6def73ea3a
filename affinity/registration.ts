/** Whether apps may register themselves here, and who vouches for them. RFC 7591; docs/decisions/0021-registered-clients.md. */
import { keyFaults } from '@affinity/authorization-server/key-set.ts';
import type { Registration } from '@affinity/authorization-server/registration-endpoint.ts';
import { defaultSettings, type Settings } from '@affinity/authorization-server/settings.ts';
import type { JSONWebKeySet } from 'jose';
import type { ConfigFile, Fault } from './config-file.ts';

interface RegistrationConfig {
  /** undefined: a domain with real people */
  readonly demonstration: object | undefined;
  readonly file: ConfigFile;
}

/** Strangers may try the demonstration; a domain with real people says itself whom it lets in. */
export const registrationOf = ({ demonstration, file }: RegistrationConfig): Registration | undefined => {
  const { mode = demonstration === undefined ? 'off' : 'open', software_statement_issuers: issuers } =
    file.registration;
  if (mode === 'off') return undefined;
  return {
    mode,
    statementIssuers: issuers.map(({ issuer, jwks }) => ({ issuer, jwks: jwks as unknown as JSONWebKeySet })),
  };
};

export const registrationSettings = ({ registration }: Pick<ConfigFile, 'registration'>): Settings['registration'] => ({
  ...defaultSettings.registration,
  perAddress: registration.per_address,
  windowSeconds: registration.window_seconds,
  pendingMost: registration.pending_most,
  pendingSeconds: registration.pending_days * 86_400,
  secretOverlapSeconds: registration.secret_overlap_hours * 3600,
});

/** The keys of those who vouch have to be as good as those of apps. */
export const registrationFaults = ({ registration }: ConfigFile): readonly Fault[] =>
  registration.software_statement_issuers.flatMap(({ issuer, jwks }) =>
    keyFaults(jwks).map((fault) => ({
      setting: 'registration.software_statement_issuers',
      fault: `${issuer}: ${fault}.`,
    })),
  );
