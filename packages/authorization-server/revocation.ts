/** An app gives its tokens back: the grant ends, on every resource server at once. RFC 7009; RFC 9700 §4.14. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { lookOn } from '@affinity/store/postgres/look.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { type BackChannelNeighbours, backChannel } from './back-channel.ts';
import { findLiveGrant, type Grant } from './grants.ts';
import { dropReferenceToken, isReference } from './reference-token.ts';
import { findRefreshToken } from './refresh-tokens.ts';
import { endFamily, type TokenNeighbours } from './token-grants.ts';

/** Either kind of token, whatever the hint says (RFC 7009 §2.1). A token of another app is as unknown as none. */
export function createRevocationEndpoint(neighbours: TokenNeighbours & BackChannelNeighbours) {
  const { pool, accessTokens, now, record } = neighbours;
  return backChannel(neighbours, async ({ client, sent, address }) => {
    const where = address === undefined ? {} : { address };
    const token = sent.get('token');
    if (token === undefined) throw new OAuthError('invalid_request', 'token is missing');
    const claims = await accessTokens.verify(token);
    if (claims?.client_id === client.id && claims.grant_id === undefined) {
      // A signed token of a backend service lives for minutes and belongs to no grant that a resource server could be told of.
      if (!isReference(token))
        throw new OAuthError('unsupported_token_type', 'a signed token of client_credentials ends by itself');
      await dropReferenceToken(pool, token);
      await record('token-revoked', 'permitted', { client: client.id, token: claims.jti, status: 200, ...where });
    }
    if (claims?.act?.sub === client.id) {
      // The grant is not this server's to end.
      throw new OAuthError('unsupported_token_type', 'a token that was exchanged ends by itself, or with its grant');
    }
    const ended = await transaction(pool, async (db): Promise<Grant | undefined> => {
      const id = claims?.grant_id ?? (await findRefreshToken(lookOn(db), token, now()))?.row.grantId;
      const grant = id === undefined ? undefined : await findLiveGrant(db, id, now());
      if (grant?.clientId !== client.id) return undefined;
      return (await endFamily(db, neighbours, grant, 'revoked-by-app')) ? grant : undefined;
    });
    if (ended !== undefined) {
      await record('token-revoked', 'permitted', {
        client: client.id,
        user: ended.sub,
        grant: ended.id,
        ...(ended.patient === undefined ? {} : { patient: ended.patient }),
        ...(claims === undefined ? {} : { token: claims.jti }),
        status: 200,
        ...where,
      });
    }
    return new Response(null, { status: 200, headers: { 'cache-control': 'no-store', pragma: 'no-cache' } });
  });
}
