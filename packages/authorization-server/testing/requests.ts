/** What apps and browsers send to an authorization server, and what comes back to them: of no test, so that whoever measures can use it. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt, type JWTPayload } from 'jose';
import type { AuthorizationServer } from '../authorization-server.ts';
import { type Fields, formOf, pageOf, type TestBrowser } from './browser.ts';

export const issuer = 'http://localhost:4000/auth';
export const clinic = 'http://localhost:4000/fhir';
export const callback = 'http://localhost:4000/apps/vitals/callback';
export const secret = 'a:b%c d and some more';

export const postForm = (
  server: AuthorizationServer,
  path: string,
  fields: Fields,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  server.fetch(
    new Request(issuer + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: formOf(fields).toString(),
    }),
    { address: '192.0.2.9' },
  );

export const basic = (id: string, password = secret): { authorization: string } => {
  const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
  return { authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(password)}`).toString('base64')}` };
};

export const verifier = randomBytes(32).toString('base64url');
export const challenge = createHash('sha256').update(verifier).digest('base64url');

export const usualScope = 'openid fhirUser launch/patient offline_access patient/Observation.rs patient/Condition.rs';

/** An authorization request in order; a parameter set to undefined is left out. */
export function authorizeUrl(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const parameters: Record<string, string | undefined> = {
    client_id: 'web',
    redirect_uri: callback,
    response_type: 'code',
    scope: usualScope,
    state: 'a state',
    nonce: 'n-1',
    aud: clinic,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return `${issuer}/authorize?${query}`;
}

/** What came back to the app. */
export const answerOf = (response: Response): URLSearchParams => {
  const location = response.headers.get('location');
  assert.ok(location !== null, `no redirect but ${response.status}`);
  return new URL(location).searchParams;
};

export async function signIn(browser: TestBrowser, url = authorizeUrl(), username = 'ana'): Promise<Response> {
  const page = await pageOf(await browser.open(url), 'sign-in');
  return browser.submit(page, { username, password: 'correct horse' });
}

/** From the consent page: everything ticked but what is named, for a year or the longest that is offered. */
export async function allow(
  browser: TestBrowser,
  response: Response,
  options: { readonly without?: readonly string[]; readonly fields?: Fields } = {},
): Promise<Response> {
  const page = await pageOf(response, 'consent');
  const ticked = page.view.items.map(({ scope }) => scope).filter((scope) => !options.without?.includes(scope));
  const fields = {
    scope: ticked,
    confidential_asked: 'yes',
    leave_out_confidential: 'yes',
    duration:
      page.view.durations.find(({ value }) => value === '365')?.value ?? page.view.durations.at(-1)?.value ?? '',
    decision: 'allow',
    ...(page.view.valuesShown === undefined ? {} : { values_shown: page.view.valuesShown }),
    ...options.fields,
  };
  return browser.submit(page, fields);
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope: string;
  readonly patient?: string;
  readonly expires_in: number;
  readonly token_type: string;
}

export const codeFields = (code: string, changes: Fields = {}): Fields => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: callback,
  code_verifier: verifier,
  ...changes,
});

export const refreshFields = (token: string | undefined, changes: Fields = {}): Fields => ({
  grant_type: 'refresh_token',
  refresh_token: token ?? '',
  ...changes,
});

export const claimsOf = (token: string): JWTPayload => decodeJwt(token);
