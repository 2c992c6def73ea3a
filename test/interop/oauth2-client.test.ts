/** A general OAuth library that knows nothing of SMART against the domain. RFC 6749; RFC 7636; RFC 7662; RFC 7009. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { generateCodeVerifier, OAuth2Client } from '@badgateway/oauth2-client';
import { createVisitor, walkFrom } from '../hostile/caller.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import { appSecret, assertionOf, clientsOf, launchUrlFromEhr } from './domain-clients.ts';

const app = 'http://127.0.0.1:9';
const redirectUri = `${app}/callback`;

suite('@badgateway/oauth2-client', () => {
  let domain: Domain;
  before(async () => {
    domain = await startDomain({ yaml: clientsOf(app) });
  });
  after(async () => {
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(domain.directory);
  });

  const open = (clientId: string, secret?: string): OAuth2Client =>
    new OAuth2Client({
      server: `${domain.origin}/auth/`,
      discoveryEndpoint: `${domain.origin}/.well-known/oauth-authorization-server/auth`,
      clientId,
      ...(secret === undefined ? {} : { clientSecret: secret }),
      authenticationMethod: secret === undefined ? 'client_secret_post' : 'client_secret_basic',
    });

  const launch = async (
    at: OAuth2Client,
    scope: readonly string[],
    extraParams: Readonly<Record<string, string>> = {},
    username = 'ana',
  ) => {
    const codeVerifier = await generateCodeVerifier();
    const state = 'state-of-the-app-0123456789';
    const url = await at.authorizationCode.getAuthorizeUri({
      redirectUri,
      state,
      codeVerifier,
      scope: [...scope],
      extraParams: { aud: `${domain.origin}/fhir`, ...extraParams },
    });
    const back = await walkFrom(createVisitor(domain.origin), url, { username });
    const location = back.headers.get('location') ?? assert.fail('not sent back');
    return at.authorizationCode.getTokenFromCodeRedirect(location, { redirectUri, state, codeVerifier });
  };

  for (const [name, id, secret] of [
    ['public', 'public-app', undefined],
    ['confidential', 'secret-app', appSecret],
  ] as const) {
    test(`standalone launch, ${name} app; refresh; revocation`, async () => {
      const at = open(id, secret);
      const token = await launch(at, ['launch/patient', 'offline_access', 'patient/Patient.rs']);
      const next = await at.refreshToken(token);
      assert.notEqual(next.accessToken, token.accessToken);
      const read = await fetch(`${domain.origin}/fhir/Patient?_count=1`, {
        headers: { authorization: `Bearer ${next.accessToken}` },
      });
      assert.equal(read.status, 200);
      await at.revoke(next, 'access_token');
      await assert.rejects(at.refreshToken(next));
    });
  }

  test('EHR launch', async () => {
    const { url, username } = await launchUrlFromEhr(domain.origin, 'public-app');
    const handle = new URL(url).searchParams.get('launch') ?? assert.fail('no launch');
    const token = await launch(open('public-app'), ['launch', 'patient/Patient.rs'], { launch: handle }, username);
    assert.ok(token.accessToken.length > 20);
  });

  test('backend services: an assertion beside the ordinary request', async () => {
    // The library's own function wants a secret: SMART's services have none.
    const request = {
      grant_type: 'client_credentials',
      scope: 'system/Patient.rs',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertionOf(`${domain.origin}/auth/token`),
    } as const;
    const token = await open('service').request('tokenEndpoint', request);
    const read = await fetch(`${domain.origin}/fhir/Patient?_count=1`, {
      headers: { authorization: `Bearer ${token.access_token}` },
    });
    assert.equal(read.status, 200);
  });
});
