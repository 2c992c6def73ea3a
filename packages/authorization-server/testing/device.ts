/** A device and the person who allows it, as tests of RFC 8628 need them. */
import assert from 'node:assert/strict';
import type { AuthorizationServer } from '../authorization-server.ts';
import { pageOf, type TestBrowser } from './browser.ts';
import { clinic, issuer, postForm, type TestDomain } from './domain.ts';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const devicePage = `${issuer}/device`;
export const deviceScope = 'openid fhirUser launch/patient offline_access patient/Observation.rs';

export interface DeviceCodes {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

export const askForDevice = (
  server: AuthorizationServer,
  fields: Parameters<typeof postForm>[2] = {},
  headers = {},
): Promise<Response> =>
  postForm(
    server,
    '/device_authorization',
    { client_id: 'scale', scope: deviceScope, aud: clinic, ...fields },
    headers,
  );

export async function startDevice(domain: TestDomain, fields: Parameters<typeof postForm>[2] = {}) {
  const response = await askForDevice(domain.server, fields);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as DeviceCodes;
}

export const poll = (server: AuthorizationServer, deviceCode: string, fields: Parameters<typeof postForm>[2] = {}) =>
  postForm(server, '/token', { grant_type: deviceGrant, device_code: deviceCode, client_id: 'scale', ...fields });

/** @returns the error of an answer */
export const errorOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: string }).error;

/** Types the code, whatever it is. @returns the next page */
export async function typeCode(browser: TestBrowser, code: string): Promise<Response> {
  const page = await pageOf(await browser.open(devicePage), 'device-code');
  return browser.submit(page, { user_code: code });
}

/** Types the code and goes on. @returns the sign-in page, or the next one where somebody is signed in */
export async function goOn(browser: TestBrowser, code: string): Promise<Response> {
  const page = await pageOf(await typeCode(browser, code), 'device');
  return browser.submit(page, { user_code: page.view.code, decision: 'connect' });
}

/** All the way to the consent page. */
export async function toConsent(browser: TestBrowser, code: string, username = 'ana'): Promise<Response> {
  const page = await pageOf(await goOn(browser, code), 'sign-in');
  return browser.submit(page, { username, password: 'correct horse' });
}
