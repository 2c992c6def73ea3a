/** A certified OpenID Connect library against the domain: discovery, launches, refresh, backend services, revocation. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as client from 'openid-client';
import { createVisitor, walkFrom } from '../hostile/caller.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import { appSecret, clientsOf, launchUrlFromEhr, serviceKey } from './domain-clients.ts';

const app = 'http://127.0.0.1:9';
const redirect_uri = `${app}/callback`;

suite('openid-client', () => {
  let domain: Domain;
  before(async () => {
    domain = await startDomain({ yaml: clientsOf(app) });
  });
  after(async () => {
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(domain.directory);
  });

  const discover = (id: string, authentication: client.ClientAuth): Promise<client.Configuration> =>
    client.discovery(new URL(`${domain.origin}/auth`), id, undefined, authentication, {
      execute: [client.allowInsecureRequests],
    });

  /** SMART App Launch 2.2: `typ` is JWT, and the audience is the token endpoint. */
  const byKey = async (): Promise<client.ClientAuth> =>
    client.PrivateKeyJwt(await serviceKey(), {
      [client.modifyAssertion]: (header, payload) => {
        header.typ = 'JWT';
        payload.aud = `${domain.origin}/auth/token`;
      },
    });

  const launch = async (
    config: client.Configuration,
    parameters: Readonly<Record<string, string>>,
    username = 'ana',
  ): Promise<Awaited<ReturnType<typeof client.authorizationCodeGrant>>> => {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      aud: `${domain.origin}/fhir`,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      ...parameters,
    });
    const back = await walkFrom(createVisitor(domain.origin), url.href, { username });
    const location = new URL(back.headers.get('location') ?? assert.fail('not sent back'));
    return client.authorizationCodeGrant(config, location, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    });
  };

  const standalone = 'openid fhirUser launch/patient offline_access patient/Patient.rs';

  test('standalone launch with a secret: id_token, userinfo, refresh, introspection, revocation', async () => {
    const config = await discover('secret-app', client.ClientSecretBasic(appSecret));
    const tokens = await launch(config, { scope: standalone });
    const { sub } = tokens.claims() ?? assert.fail('no id_token');
    assert.equal((await client.fetchUserInfo(config, tokens.access_token, sub)).sub, sub);
    const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? assert.fail('no refresh token'));
    assert.equal(again.claims()?.sub, sub);
    assert.equal(again.patient, tokens.patient);
    assert.equal((await client.tokenIntrospection(config, again.access_token)).active, true);
    await client.tokenRevocation(config, again.access_token);
    assert.equal((await client.tokenIntrospection(config, again.access_token)).active, false);
  });

  test('standalone launch, public app, prompt and max_age', async () => {
    const config = await discover('public-app', client.None());
    const tokens = await launch(config, { scope: standalone, prompt: 'login', max_age: '300' });
    assert.equal(typeof tokens.claims()?.auth_time, 'number');
  });

  test('standalone launch with a key, ES384', async () => {
    const config = await discover('key-app', await byKey());
    assert.ok((await launch(config, { scope: standalone })).access_token);
  });

  test('EHR launch', async () => {
    const config = await discover('public-app', client.None());
    const { url, username, patient } = await launchUrlFromEhr(domain.origin, 'public-app');
    const handle = new URL(url).searchParams.get('launch') ?? assert.fail('no launch');
    const tokens = await launch(
      config,
      { scope: 'launch openid fhirUser patient/Patient.rs', launch: handle },
      username,
    );
    assert.equal(tokens.patient, patient);
  });

  test('backend services: client_credentials with a key', async () => {
    const config = await discover('service', await byKey());
    const tokens = await client.clientCredentialsGrant(config, { scope: 'system/Patient.rs' });
    const response = await client.fetchProtectedResource(
      config,
      tokens.access_token,
      new URL(`${domain.origin}/fhir/Patient?_count=1`),
      'GET',
    );
    assert.equal(response.status, 200);
  });
});
