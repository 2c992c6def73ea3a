/** The apps that independent libraries play, as an operator declares them, and what a record system hands to one of them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { authorizeUrl, basic, bearer, createVisitor, redeem, walkFrom } from '../hostile/caller.ts';

export const appSecret = 'secret-of-the-app-0123456789';

const ehrSecret = 'secret-of-the-record-system';
const ehrCallback = 'http://127.0.0.1:9/ehr';

const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true });
const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES384', use: 'sig' } as JWK;

export const serviceKey = async () => ({ key: privateKey, kid: 'k1' });

/** @param audience the token endpoint */
export const assertionOf = (audience: string): Promise<string> =>
  new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES384', kid: 'k1', typ: 'JWT' })
    .setIssuer('service')
    .setSubject('service')
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('3m')
    .sign(privateKey);

/** @param app where the app listens */
export const clientsOf = (app: string): string => {
  const usual = { redirect_uris: [`${app}/callback`], launch_uris: [`${app}/launch`] };
  const clients = [
    { client_id: 'public-app', client_name: 'Public app', token_endpoint_auth_method: 'none', ...usual },
    { client_id: 'secret-app', client_name: 'Secret app', client_secret: appSecret, ...usual },
    { client_id: 'key-app', client_name: 'Key app', jwks: { keys: [jwk] }, ...usual },
    {
      client_id: 'service',
      grant_types: ['client_credentials'],
      jwks: { keys: [jwk] },
      scope: 'system/Patient.rs',
      affinity_purposes: ['HOPERAT'],
    },
    {
      client_id: 'ehr',
      client_name: 'Record system',
      client_secret: ehrSecret,
      affinity_ehr: true,
      redirect_uris: [ehrCallback],
    },
  ];
  return `clients: ${JSON.stringify(clients)}\n`;
};

/** A clinician at the record system launches an app for a patient in care. @returns the address that the browser is sent to */
export const launchUrlFromEhr = async (
  origin: string,
  app: string,
  patient = 'patient-0001',
): Promise<{ readonly url: string; readonly username: string; readonly patient: string }> => {
  const username = 'okafor';
  const request = { client_id: 'ehr', redirect_uri: ehrCallback, scope: 'openid user/Patient.rs user/Encounter.rs' };
  const back = await walkFrom(createVisitor(origin), authorizeUrl(origin, request), { username });
  const code = new URL(back.headers.get('location') ?? assert.fail('not sent back')).searchParams.get('code') ?? '';
  const redeemed = await redeem(origin, code, { redirect_uri: ehrCallback }, basic('ehr', ehrSecret));
  const { access_token: token = '' } = (await redeemed.json()) as { access_token?: string };
  const launched = await fetch(`${origin}/auth/launch`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: app, patient, need_patient_banner: true }),
  });
  const told = (await launched.json()) as { launch_url?: string };
  return { url: told.launch_url ?? assert.fail(JSON.stringify(told)), username, patient };
};
