/**
 * The access token that comes with a request to an endpoint of ours: borne by whoever has it, or used with a proof of the
 * key to which it is bound, as the token itself says. RFC 6750 §2.1; RFC 9449 §7.
 */
import { readConfirmation } from '@affinity/core/oauth/confirmation.ts';
import { OAuthError } from '@affinity/core/oauth/error.ts';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import type { AccessTokens } from './access-token.ts';
import type { ProofOfKey } from './proof-of-key.ts';

export type PresentToken = (request: Request, url: string) => Promise<AccessTokenClaims | undefined>;

const invalid = (detail: string): OAuthError =>
  new OAuthError('invalid_token', 'the access token is not valid', { detail });

/** A proof that is missing or wrong is told with 401 at a resource, where the token endpoint says 400. RFC 9449 §7.1. */
const atResource = (error: unknown): unknown =>
  error instanceof OAuthError
    ? new OAuthError(error.error, error.description, {
        status: 401,
        headers: error.headers,
        ...(error.detail === undefined ? {} : { detail: error.detail }),
      })
    : error;

/**
 * Undefined where the request comes without a token. Whether the grant of the token still lives is another question.
 * @param url of the endpoint, as it is published
 */
export const createTokenPresentation =
  (accessTokens: AccessTokens, proofs: ProofOfKey): PresentToken =>
  async (request, url) => {
    const [, scheme, token] = /^(bearer|dpop) +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    if (scheme === undefined || token === undefined) return undefined;
    const claims = await accessTokens.verify(token);
    if (claims === undefined) throw invalid('not a token of ours, or over');
    const confirmation = readConfirmation(claims.cnf);
    if (confirmation.kind === 'malformed') throw invalid('cnf is malformed');
    if ((confirmation.kind === 'key') !== (scheme.toLowerCase() === 'dpop'))
      throw invalid('presented otherwise than it is bound');
    if (confirmation.kind === 'none') return claims;
    const proved = await proofs
      .prove(request, { url, accessToken: token, key: confirmation.jkt })
      .catch((error: unknown) => Promise.reject(atResource(error)));
    if (proved === undefined) throw new OAuthError('invalid_dpop_proof', 'the DPoP proof is missing', { status: 401 });
    return claims;
  };
