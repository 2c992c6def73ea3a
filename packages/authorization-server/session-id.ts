/** `sid`: the name by which one app knows one session. OIDC Back-Channel Logout 1.0 §2.1; OIDC Front-Channel Logout 1.0 §3. */
import type { SigningKeys } from './signing-keys.ts';

/** How an app knows a session: another app, and whoever knows the session itself, cannot tell that it is the same one. */
export const sessionIdFor = ({ seal }: Pick<SigningKeys, 'seal'>, session: string, clientId: string): string =>
  seal(`sid ${session} ${clientId}`);
