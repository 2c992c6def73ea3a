/** Who calls the domain from outside with nothing but HTTP: a browser without a screen, and apps with their proofs. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { type JWK, SignJWT } from 'jose';

export const callback = 'http://127.0.0.1:9/callback';
export const appSecret = 'canary-secret-of-the-app-0123456789';
export const usualScope =
  'openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.cruds patient/Condition.rs';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'service-1', alg: 'ES384', use: 'sig' } as JWK;
export const serviceKey: KeyObject = privateKey;

/** `web` has a secret, `spa` has none, `service` has keys; a name and an address that try to break out of the page. */
export const clientsYaml = [
  'clients:',
  '  - client_id: web',
  `    client_name: '"><script>alert(1)</script><b>Web'`,
  `    client_secret: ${appSecret}`,
  '    token_endpoint_auth_method: client_secret_basic',
  '    grant_types: [authorization_code, refresh_token]',
  `    redirect_uris: ['${callback}', '${callback}?registered=1']`,
  '  - client_id: spa',
  '    client_name: Page',
  '    token_endpoint_auth_method: none',
  '    grant_types: [authorization_code, refresh_token]',
  `    redirect_uris: ['${callback}']`,
  '  - client_id: service',
  '    token_endpoint_auth_method: private_key_jwt',
  '    grant_types: [client_credentials]',
  '    scope: system/*.cruds',
  `    jwks: ${JSON.stringify({ keys: [jwk] })}`,
  '',
].join('\n');

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export const formOf = (fields: Fields): URLSearchParams =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
    ),
  );

const unescaped = (text: string): string =>
  text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** What a page asks, as a program reads it. */
export interface Shown {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly action: string;
  readonly csrf: string;
  readonly kind: 'sign-in' | 'patient' | 'consent' | 'other';
  readonly scopes: readonly string[];
  readonly patients: readonly string[];
  /** for how long an app may be allowed */
  readonly durations: readonly string[];
}

export const readPage = async (response: Response): Promise<Shown> => {
  const text = await response.text();
  const inputs = [...text.matchAll(/<input\b[^>]*>/g)].map(([tag]) => {
    const attribute = (name: string): string | undefined => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
    return { name: attribute('name'), value: unescaped(attribute('value') ?? '') };
  });
  const valuesOf = (name: string): string[] => inputs.flatMap((input) => (input.name === name ? [input.value] : []));
  const kind = /name="decision"/.test(text)
    ? 'consent'
    : /name="password"/.test(text)
      ? 'sign-in'
      : valuesOf('patient').length > 0
        ? 'patient'
        : 'other';
  return {
    status: response.status,
    text,
    headers: response.headers,
    action: unescaped(/<form[^>]*\saction="([^"]*)"/.exec(text)?.[1] ?? ''),
    csrf: valuesOf('csrf')[0] ?? '',
    kind,
    scopes: valuesOf('scope'),
    patients: valuesOf('patient'),
    durations: valuesOf('duration'),
  };
};

export interface Visitor {
  /** `path name` → value */
  readonly cookies: Map<string, { readonly name: string; readonly value: string; readonly path: string }>;
  send(url: string, init?: RequestInit): Promise<Response>;
  /** Follows redirects inside the domain. */
  open(url: string, init?: RequestInit): Promise<Response>;
  submit(page: Shown, fields: Fields, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/**
 * A browser at one process of the domain.
 * @param origin what the domain calls itself; @param at where this process listens, when that differs
 */
export const createVisitor = (origin: string, at: string = origin): Visitor => {
  const cookies: Visitor['cookies'] = new Map();
  const visitor: Visitor = {
    cookies,
    send: async (url, init = {}) => {
      const { pathname } = new URL(url);
      const sent = [...cookies.values()]
        .filter(({ path }) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
        .map(({ name, value }) => `${name}=${value}`);
      const headers = new Headers(init.headers);
      if (sent.length > 0 && !headers.has('cookie')) headers.set('cookie', sent.join('; '));
      const response = await fetch(url.replace(origin, at), { ...init, headers, redirect: 'manual' });
      for (const line of response.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split(/; */);
        const attribute = (wanted: string): string | undefined =>
          attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
        const [name = '', ...rest] = pair.split('=');
        const path = attribute('path') ?? '/';
        const expires = attribute('expires');
        if (expires !== undefined && Date.parse(expires) < Date.now()) cookies.delete(`${path} ${name}`);
        else cookies.set(`${path} ${name}`, { name, value: rest.join('='), path });
      }
      return response;
    },
    open: async (url, init = {}) => {
      let response = await visitor.send(url, init);
      for (let hops = 0; hops < 10; hops++) {
        const location = response.headers.get('location');
        if (location === null || !location.startsWith(`${origin}/`)) return response;
        response = await visitor.send(location);
      }
      throw new Error('too many redirects');
    },
    submit: (page, fields, headers = { origin }) =>
      visitor.open(page.action, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: formOf({ csrf: page.csrf, ...fields }).toString(),
      }),
  };
  return visitor;
};

export const verifier = randomBytes(32).toString('base64url');
export const challenge = createHash('sha256').update(verifier).digest('base64url');

/** An authorization request in order; a parameter set to undefined is left out. */
export const authorizeUrl = (origin: string, changes: Readonly<Record<string, string | undefined>> = {}): string => {
  const query = new URLSearchParams();
  const parameters: Record<string, string | undefined> = {
    client_id: 'web',
    redirect_uri: callback,
    response_type: 'code',
    scope: usualScope,
    state: 'a-state',
    aud: `${origin}/fhir`,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return `${origin}/auth/authorize?${query}`;
};

export interface Allowed {
  readonly username?: string;
  /** of several patients, the one that is chosen */
  readonly patient?: string;
  /** values of items that are unticked */
  readonly without?: (scope: string) => boolean;
  readonly confidential?: boolean;
  readonly request?: Readonly<Record<string, string | undefined>>;
  readonly fields?: Fields;
}

/** Signs in where that is asked, chooses, allows. @returns the answer that leaves the domain */
export const walk = (visitor: Visitor, origin: string, allowed: Allowed = {}): Promise<Response> =>
  walkFrom(visitor, authorizeUrl(origin, allowed.request), allowed);

/** The same from an authorization request that somebody else has made. */
export const walkFrom = async (
  visitor: Visitor,
  url: string,
  allowed: Omit<Allowed, 'request'> = {},
): Promise<Response> => {
  const { username = 'ana', without = () => false } = allowed;
  let response = await visitor.open(url);
  for (let steps = 0; steps < 4 && response.headers.get('location') === null; steps++) {
    const page = await readPage(response);
    if (page.kind === 'sign-in') response = await visitor.submit(page, { username, password: `${username}-demo-2026` });
    else if (page.kind === 'patient')
      response = await visitor.submit(page, { patient: allowed.patient ?? page.patients[0] ?? '' });
    else if (page.kind === 'consent') {
      response = await visitor.submit(page, {
        scope: page.scopes.filter((scope) => !without(scope)),
        duration: page.durations.includes('365') ? '365' : (page.durations.at(-1) ?? ''),
        decision: 'allow',
        confidential_asked: 'yes',
        ...(allowed.confidential === true ? {} : { leave_out_confidential: 'yes' }),
        ...allowed.fields,
      });
    } else assert.fail(`an unexpected page, ${page.status}: ${page.text.replace(/<[^>]+>/g, ' ').slice(0, 600)}`);
  }
  return response;
};

/** What came back to the app. */
export const answerOf = (response: Response): URLSearchParams => {
  const location = response.headers.get('location') ?? assert.fail(`no redirect but ${response.status}`);
  assert.ok(location.startsWith(callback), location);
  return new URL(location).searchParams;
};

export const codeOf = (response: Response): string => {
  const answer = answerOf(response);
  return answer.get('code') ?? assert.fail(`no code: ${answer}`);
};

export const basic = (id = 'web', secret = appSecret): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

export const post = (url: string, fields: Fields, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', headers, body: formOf(fields) });

export const redeem = (at: string, code: string, changes: Fields = {}, headers = basic()): Promise<Response> =>
  post(
    `${at}/auth/token`,
    { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier, ...changes },
    headers,
  );

export const refresh = (at: string, token: string, changes: Fields = {}, headers = basic()): Promise<Response> =>
  post(`${at}/auth/token`, { grant_type: 'refresh_token', refresh_token: token, ...changes }, headers);

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  readonly scope: string;
  readonly patient: string;
}

/** The whole way of the app `web`. */
export const obtainTokens = async (origin: string, allowed: Allowed = {}, at = origin): Promise<Tokens> => {
  const response = await redeem(at, codeOf(await walk(createVisitor(origin, at), origin, allowed)));
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Tokens;
};

/** @param claims replace those of an assertion in order */
export const assertion = (origin: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const time = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: 'service',
    sub: 'service',
    aud: `${origin}/auth/token`,
    iat: time,
    exp: time + 200,
    jti: randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES384', kid: 'service-1', typ: 'JWT' })
    .sign(serviceKey);
};

export const serviceFields = (signed: string, scope = 'system/*.cruds'): Fields => ({
  grant_type: 'client_credentials',
  scope,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: signed,
});

export const serviceToken = async (origin: string, scope?: string): Promise<string> => {
  const response = await post(`${origin}/auth/token`, serviceFields(await assertion(origin), scope));
  assert.equal(response.status, 200, await response.clone().text());
  return ((await response.json()) as Tokens).access_token;
};

export const bearer = (token: string): { readonly authorization: string } => ({ authorization: `Bearer ${token}` });
