/** What an app says of signing out: where people come back to, and where we tell it. OIDC RP-Initiated Logout 1.0 §3.1; Back-Channel Logout 1.0 §2.2. */
import { redirectUriFault } from './redirect-uri.ts';

export interface LogoutMetadata {
  /** compared as redirect_uris are */
  readonly post_logout_redirect_uris?: readonly string[];
  /** told by us of the end of every session in which it was given an id_token */
  readonly backchannel_logout_uri?: string;
  /** the app cannot do without `sid`: it is always told */
  readonly backchannel_logout_session_required?: boolean;
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

export function logoutFaults(given: Record<string, unknown>, grantTypes: readonly string[]): string[] {
  const {
    post_logout_redirect_uris: uris = [],
    backchannel_logout_uri: told,
    backchannel_logout_session_required: bySession,
  } = given;
  const faults: string[] = [];
  if (!isStrings(uris) || uris.length > 50)
    faults.push('post_logout_redirect_uris must be a list of at most 50 strings');
  else {
    for (const uri of uris) {
      const fault = redirectUriFault(uri, given.application_type === 'native');
      if (fault !== undefined) faults.push(`post_logout_redirect_uris: ${JSON.stringify(uri)} ${fault}`);
    }
  }
  if (told !== undefined) {
    const fault = redirectUriFault(String(told), false);
    if (fault !== undefined) faults.push(`backchannel_logout_uri: ${JSON.stringify(told)} ${fault}`);
  }
  if (bySession !== undefined && typeof bySession !== 'boolean')
    faults.push('backchannel_logout_session_required must be true or false');
  const speaks = told !== undefined || (isStrings(uris) && uris.length > 0);
  if (speaks && !grantTypes.includes('authorization_code'))
    faults.push('post_logout_redirect_uris and backchannel_logout_uri are for apps that people sign in to');
  return faults;
}
