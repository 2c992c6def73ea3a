/** The way from people's own pages to the sign-in page and back to the page that was wanted. OIDC Core 1.0 §3.1.2; RFC 9700 §4.7. */
import { randomBytes } from 'node:crypto';
import { accountClientId, signedInPath } from './account-client.ts';
import type { Connection } from './authorization-endpoint.ts';
import { type CookieNames, printCookie, readCookie } from './cookies.ts';
import { sameText } from './form-proof.ts';
import { openidScope } from './provider.ts';
import type { Settings } from './settings.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface AccountSignInNeighbours {
  readonly issuer: string;
  readonly cookies: CookieNames;
  readonly keys: Pick<SigningKeys, 'seal'>;
  readonly settings: Settings;
  /** the authorization endpoint, with a query of ours that needs no check */
  begin(query: URLSearchParams, request: Request, connection: Connection): Promise<Response>;
}

/** Nobody knows the verifier of this challenge: the code that comes back can never be redeemed. */
const noVerifier = 'A'.repeat(43);

export function createAccountSignIn({ issuer, cookies, keys, settings, begin }: AccountSignInNeighbours) {
  const path = new URL(issuer).pathname + signedInPath;
  const stateOf = (nonce: string, page: string): string => `${page} ${keys.seal(`account sign-in ${nonce} ${page}`)}`;
  return {
    /**
     * @param page where to go afterwards: a path of ours under the issuer
     * @param again also where somebody is signed in
     */
    async go(page: string, again: boolean, request: Request, connection: Connection): Promise<Response> {
      const nonce = randomBytes(32).toString('base64url');
      const query = new URLSearchParams({
        client_id: accountClientId,
        redirect_uri: issuer + signedInPath,
        response_type: 'code',
        scope: openidScope,
        state: stateOf(nonce, page),
        code_challenge: noVerifier,
        code_challenge_method: 'S256',
        affinity_scope: 'openid',
        affinity_audience: issuer,
        ...(again ? { prompt: 'login' } : {}),
      });
      const response = await begin(query, request, connection);
      response.headers.append(
        'set-cookie',
        printCookie(issuer, cookies.accountSignIn, nonce, path, settings.interactionSeconds),
      );
      return response;
    },
    /** The page to which this browser was on its way; undefined where it never was. */
    back(request: Request): string | undefined {
      const state = new URL(request.url).searchParams.get('state') ?? '';
      const nonce = readCookie(request, cookies.accountSignIn);
      const page = state.split(' ')[0] ?? '';
      return nonce !== undefined && sameText(state, stateOf(nonce, page)) ? page : undefined;
    },
    forget: (): string => printCookie(issuer, cookies.accountSignIn, '', path, 0),
  };
}
