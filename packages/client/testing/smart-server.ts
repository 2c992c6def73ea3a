/** A small SMART server for tests: one client, one patient, knobs for everything that may go wrong. SMART App Launch 2.2. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as jose from 'jose';

export interface Knobs {
  issParameter: boolean;
  /** requests have to be pushed */
  pushed: boolean;
  /** replaces or adds claims; a value of undefined takes a claim away */
  claims: (claims: jose.JWTPayload) => jose.JWTPayload;
  /** the last word on the id_token */
  idToken: ((good: string) => string | Promise<string>) | undefined;
  signingKid: string;
  token: (body: Record<string, unknown>) => Record<string, unknown>;
  refresh: (body: Record<string, unknown>) => Record<string, unknown>;
  refreshStatus: number;
  refreshError: string;
  fhir: ((request: { method: string; url: string; token: string }) => Answer | undefined) | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
};

export async function startSmartServer() {
  const keys = await jose.generateKeyPair('RS256', { extractable: true });
  const jwks = { keys: [{ ...(await jose.exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  const codes = new Map<string, { nonce: string; challenge: string; scope: string }>();
  const calls: { method: string; path: string; authorization: string | undefined; body: URLSearchParams }[] = [];
  const pushed = new Map<string, URLSearchParams>();
  const alive = new Set<string>();
  let serial = 0;
  let base = '';
  const knobs: Knobs = {
    issParameter: true,
    pushed: false,
    claims: (claims) => claims,
    idToken: undefined,
    signingKid: 'one',
    token: (body) => body,
    refresh: (body) => body,
    refreshStatus: 200,
    refreshError: 'invalid_grant',
    fhir: undefined,
  };

  const issue = (scope: string): Record<string, unknown> => {
    serial += 1;
    const access = `access-secret-${serial}`;
    alive.add(access);
    return {
      access_token: access,
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: `refresh-secret-${serial}`,
      scope,
    };
  };

  async function signIdToken(nonce: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: `${base}/auth`,
      sub: 'u1',
      aud: 'app',
      iat: now,
      exp: now + 300,
      nonce,
      fhirUser: `${base}/fhir/Patient/p1`,
    };
    const good = await new jose.SignJWT(knobs.claims(claims))
      .setProtectedHeader({ alg: 'RS256', kid: knobs.signingKid })
      .sign(keys.privateKey);
    return knobs.idToken === undefined ? good : knobs.idToken(good);
  }

  async function answerToken(body: URLSearchParams): Promise<Answer> {
    if (body.get('grant_type') === 'refresh_token') {
      if (knobs.refreshStatus !== 200) return { status: knobs.refreshStatus, body: { error: knobs.refreshError } };
      const { scope, ...rest } = issue('');
      return { status: 200, body: knobs.refresh(rest) };
    }
    const code = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    const proof = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    if (code === undefined || code.challenge !== proof) return { status: 400, body: { error: 'invalid_grant' } };
    const id_token = await signIdToken(code.nonce);
    return { status: 200, body: knobs.token({ ...issue(code.scope), patient: 'p1', id_token }) };
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { method = 'GET', url = '/' } = request;
    const body = new URLSearchParams(await readBody(request));
    calls.push({ method, path: url, authorization: request.headers.authorization, body });
    const endpoints = {
      issuer: `${base}/auth`,
      authorization_endpoint: `${base}/auth/authorize`,
      token_endpoint: `${base}/auth/token`,
      revocation_endpoint: `${base}/auth/revoke`,
      jwks_uri: `${base}/auth/jwks`,
      ...(knobs.pushed
        ? {
            pushed_authorization_request_endpoint: `${base}/auth/par`,
            require_pushed_authorization_requests: true,
          }
        : {}),
    };
    if (url === '/fhir/.well-known/smart-configuration') {
      return { status: 200, body: { ...endpoints, capabilities: [], management_endpoint: `${base}/my-apps` } };
    }
    if (url === '/auth/.well-known/openid-configuration') {
      return {
        status: 200,
        body: { ...endpoints, authorization_response_iss_parameter_supported: knobs.issParameter },
      };
    }
    if (url === '/auth/jwks') return { status: 200, body: jwks };
    if (url === '/auth/par') {
      const reference = `urn:ietf:params:oauth:request_uri:${pushed.size + 1}`;
      pushed.set(reference, body);
      return { status: 201, body: { request_uri: reference, expires_in: 60 } };
    }
    if (url === '/auth/token') return answerToken(body);
    if (url === '/auth/revoke') return { status: 200 };
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (!alive.has(token)) return { status: 401 };
    return knobs.fhir?.({ method, url, token }) ?? { status: 200, body: { resourceType: 'Patient', id: 'p1' } };
  }

  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? '' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    base,
    iss: `${base}/fhir`,
    knobs,
    calls,
    callsTo: (path: string) => calls.filter((call) => call.path.startsWith(path)),
    killAccessTokens: () => alive.clear(),
    /** What the authorization endpoint does once the person allowed: the address to come back to. */
    authorize(url: string, change: Record<string, string | undefined> = {}): string {
      const sent = new URL(url).searchParams;
      const asked = pushed.get(sent.get('request_uri') ?? '') ?? sent;
      const code = `code-secret-${codes.size + 1}`;
      codes.set(code, {
        nonce: asked.get('nonce') ?? '',
        challenge: asked.get('code_challenge') ?? '',
        scope: asked.get('scope') ?? '',
      });
      const back = new URL(asked.get('redirect_uri') ?? '');
      const answer = { code, state: asked.get('state') ?? '', iss: `${base}/auth`, ...change };
      for (const [name, value] of Object.entries(answer)) if (value !== undefined) back.searchParams.set(name, value);
      return back.href;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
