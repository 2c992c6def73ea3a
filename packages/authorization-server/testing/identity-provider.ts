/** An external OpenID provider in memory, which can also answer wrongly: what a hospital's could send by fault or by malice. */
import { createHash } from 'node:crypto';
import type { OutboundAnswer, SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface Wrong {
  readonly claims?: JWTPayload;
  readonly without?: readonly string[];
  readonly status?: number;
  readonly unreachable?: boolean;
  /** signed by a key that its JWKS does not hold */
  readonly foreignKey?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface TestProvider {
  readonly issuer: string;
  readonly fetch: SafeFetch;
  /** what it was asked at its token endpoint */
  readonly redeemed: URLSearchParams[];
  wrong: Wrong;
  subject: string;
  /** Somebody signs in there. @returns the address that their browser is sent back to */
  signIn(authorizationUrl: string, changes?: Readonly<Record<string, string | undefined>>): string;
}

export async function createTestProvider(issuer = 'https://id.hospital.example'): Promise<TestProvider> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const { privateKey: foreign } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  const asked = new Map<string, URLSearchParams>();
  const answer = (body: unknown, status = 200): OutboundAnswer => ({
    kind: 'answer',
    status,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: Buffer.from(JSON.stringify(body)),
  });
  const provider: TestProvider = {
    issuer,
    redeemed: [],
    wrong: {},
    subject: 'subject-1',
    signIn(authorizationUrl, changes = {}) {
      const request = new URL(authorizationUrl).searchParams;
      const code = `code-${asked.size}`;
      asked.set(code, request);
      const back = new URL(request.get('redirect_uri') ?? '');
      const parameters = { code, state: request.get('state') ?? '', iss: issuer, ...changes };
      for (const [name, value] of Object.entries(parameters))
        if (value !== undefined) back.searchParams.set(name, value);
      return back.href;
    },
    fetch: async ({ url, body }) => {
      const { wrong } = provider;
      if (wrong.unreachable === true) return { kind: 'refused', why: 'unreachable' };
      const { pathname, origin } = new URL(url);
      if (origin !== issuer) return { kind: 'refused', why: 'address' };
      if (pathname === '/.well-known/openid-configuration') {
        return answer({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ['code'],
          id_token_signing_alg_values_supported: ['RS256'],
          authorization_response_iss_parameter_supported: true,
          ...wrong.metadata,
        });
      }
      if (pathname === '/jwks') return answer({ keys: [jwk] });
      const sent = new URLSearchParams(body);
      provider.redeemed.push(sent);
      if (wrong.status !== undefined) return answer({ error: 'server_error' }, wrong.status);
      const request = asked.get(sent.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(sent.get('code_verifier') ?? '')
        .digest('base64url');
      if (request === undefined || request.get('code_challenge') !== challenge)
        return answer({ error: 'invalid_grant' }, 400);
      asked.delete(sent.get('code') ?? '');
      const time = Math.floor(Date.now() / 1000);
      const claims: JWTPayload = {
        iss: issuer,
        sub: provider.subject,
        aud: 'affinity',
        nonce: request.get('nonce'),
        iat: time,
        exp: time + 60,
        auth_time: time,
        name: 'Ana Elsewhere',
        email: 'ana@example.com',
        ...wrong.claims,
      };
      for (const name of wrong.without ?? []) delete claims[name];
      const id_token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .sign(wrong.foreignKey === true ? foreign : privateKey);
      return answer({ access_token: 'a', token_type: 'Bearer', id_token });
    },
  };
  return provider;
}
