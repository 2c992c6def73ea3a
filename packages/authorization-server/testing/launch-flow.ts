/** A record system in which somebody is signed in, and an app that it launches, from the handle to the tokens. */
import assert from 'node:assert/strict';
import type { Fields } from './browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  codeFields,
  issuer,
  obtainTokens,
  signIn,
  type TestDomain,
  type Tokens,
} from './domain.ts';
import { type Launched, postLaunch, readLaunch } from './launches.ts';

export const scope = 'openid fhirUser launch offline_access patient/Observation.rs';
export const ofEhr = { client_id: 'ehr', scope: 'openid fhirUser user/Patient.rs user/Encounter.rs' };

/** What the record system gets for the doctor who is signed in to it. */
export const ehrToken = async (domain: TestDomain, username = 'doctor'): Promise<string> =>
  (await obtainTokens(domain, ofEhr, [], username)).access_token;

export const launchOf = async (domain: TestDomain, token: string, body: object = {}): Promise<Launched> =>
  readLaunch(await postLaunch(domain.server, issuer, token, { client_id: 'web', patient: 'p1', ...body }));

export const redeem = async (domain: TestDomain, back: Response, changes: Fields = {}): Promise<Response> =>
  domain.token(codeFields(answerOf(back).get('code') ?? '', changes), basic('web'));

export type LaunchedTokens = Tokens & Readonly<Record<string, unknown>>;
export const launchedTokens = async (
  domain: TestDomain,
  launch: string,
  username = 'doctor',
): Promise<LaunchedTokens> => {
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl({ scope, launch }), username);
  const back = shown.headers.has('location') ? shown : await allow(browser, shown);
  const response = await redeem(domain, back);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as LaunchedTokens;
};
