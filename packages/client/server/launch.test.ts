/** The launch from its first redirect to a session, and everything that must stop it. OpenID Connect Core §3.1.3.7; RFC 9207 §2.4. */
import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import * as jose from 'jose';
import { startSmartServer } from '../testing/smart-server.ts';
import { createSmartClient, type SmartClientOptions } from './smart-client.ts';

const server = await startSmartServer();
const scope = 'openid fhirUser launch/patient offline_access patient/Observation.rs';
const good = { ...server.knobs };
after(() => server.close());
beforeEach(() => {
  Object.assign(server.knobs, good);
  server.calls.length = 0;
});

const connect = (more: Partial<SmartClientOptions> = {}) =>
  createSmartClient({
    iss: server.iss,
    clientId: 'app',
    clientAuthentication: { kind: 'secret-basic', secret: 'client-secret' },
    redirectUri: 'http://localhost/callback',
    scope,
    allowInsecureLoopback: true,
    ...more,
  });

async function begin(client = connect()) {
  const begun = await client.begin();
  assert.equal(begun.kind, 'redirect');
  return { client, ...(begun as Extract<typeof begun, { kind: 'redirect' }>) };
}

async function launch(client = connect()) {
  const { url, pending } = await begin(client);
  return client.complete(server.authorize(url), pending);
}

test('a launch sends PKCE S256, 256 bits of state, a nonce and the FHIR base as audience', async () => {
  const { url, pending } = await begin();
  const asked = Object.fromEntries(new URL(url).searchParams);
  assert.equal(asked.aud, server.iss);
  assert.equal(asked.scope, scope);
  assert.equal(asked.response_type, 'code');
  assert.equal(asked.code_challenge_method, 'S256');
  assert.equal(Buffer.from(asked.state ?? '', 'base64url').length, 32);
  assert.equal(asked.nonce, pending.nonce);
  assert.ok(!url.includes(pending.verifier));
  assert.deepEqual(JSON.parse(JSON.stringify(pending)), pending);
});

test('B31: where the server wants requests pushed, the browser carries nothing but a reference', async () => {
  server.knobs.pushed = true;
  const { client, url, pending } = await begin();
  assert.deepEqual([...new URL(url).searchParams.keys()], ['client_id', 'request_uri']);
  const [push] = server.callsTo('/auth/par');
  assert.match(push?.authorization ?? '', /^Basic /);
  assert.equal(push?.body.get('aud'), server.iss);
  assert.equal((await client.complete(server.authorize(url), pending)).kind, 'ready');
});

test('a completed launch is a session that survives JSON', async () => {
  const completed = await launch();
  assert.equal(completed.kind, 'ready');
  if (completed.kind !== 'ready') return;
  const { session } = completed;
  assert.deepEqual(JSON.parse(JSON.stringify(session)), session);
  assert.equal(session.patient, 'p1');
  assert.equal(session.scope, scope);
  assert.equal(session.fhirUser, `${server.iss}/Patient/p1`);
  assert.equal(session.idTokenClaims?.sub, 'u1');
  assert.equal(session.server.management, `${server.base}/my-apps`);
  const [call] = server.callsTo('/auth/token');
  assert.equal(call?.authorization, `Basic ${btoa('app:client%2Dsecret')}`);
});

test('a private key proves the app with an assertion for the token endpoint', async () => {
  const { privateKey, publicKey } = await jose.generateKeyPair('ES384', { extractable: true });
  const key = await jose.exportJWK(privateKey);
  const completed = await launch(
    connect({ clientAuthentication: { kind: 'private-key-jwt', key, kid: 'k', alg: 'ES384' } }),
  );
  assert.equal(completed.kind, 'ready');
  const body = server.callsTo('/auth/token')[0]?.body;
  const { payload, protectedHeader } = await jose.jwtVerify(body?.get('client_assertion') ?? '', publicKey);
  assert.equal(payload.aud, `${server.base}/auth/token`);
  assert.equal(payload.sub, 'app');
  assert.deepEqual([protectedHeader.alg, protectedHeader.kid], ['ES384', 'k']);
});

test('what the server says of itself is asked for once', async () => {
  const client = connect();
  await Promise.all([begin(client), begin(client), begin(client)]);
  assert.equal(server.callsTo('/fhir/.well-known').length, 1);
  assert.equal(server.callsTo('/auth/.well-known').length, 1);
});

test('a person who left openid out is signed in without an identity', async () => {
  server.knobs.token = ({ id_token, ...body }) => ({ ...body, scope: 'launch/patient patient/Observation.rs' });
  const completed = await launch();
  assert.equal(completed.kind, 'ready');
  assert.ok(completed.kind === 'ready' && completed.session.idTokenClaims === undefined);
});

describe('an id_token is refused (F06)', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const bad: Record<string, () => void> = {
    'of another issuer': () => {
      server.knobs.claims = (c) => ({ ...c, iss: 'https://evil.example' });
    },
    'for another audience': () => {
      server.knobs.claims = (c) => ({ ...c, aud: 'other' });
    },
    'for several audiences without azp': () => {
      server.knobs.claims = (c) => ({ ...c, aud: ['app', 'other'] });
    },
    'with a foreign azp': () => {
      server.knobs.claims = (c) => ({ ...c, azp: 'other' });
    },
    'that is over': () => {
      server.knobs.claims = (c) => ({ ...c, exp: now() - 61 });
    },
    'from the future': () => {
      server.knobs.claims = (c) => ({ ...c, iat: now() + 120 });
    },
    'issued long before the launch': () => {
      server.knobs.claims = (c) => ({ ...c, iat: now() - 3600 });
    },
    'with another nonce': () => {
      server.knobs.claims = (c) => ({ ...c, nonce: 'other' });
    },
    'without a nonce': () => {
      server.knobs.claims = ({ nonce, ...c }) => c;
    },
    'without a subject': () => {
      server.knobs.claims = (c) => ({ ...c, sub: '' });
    },
    'with a changed signature': () => {
      server.knobs.idToken = (t) => `${t.slice(0, -8)}AAAAAAAA`;
    },
    'signed by nobody': () => {
      server.knobs.idToken = (t) => new jose.UnsecuredJWT(jose.decodeJwt(t)).encode();
    },
    'signed with the public client secret': () => {
      server.knobs.idToken = (t) =>
        new jose.SignJWT(jose.decodeJwt(t))
          .setProtectedHeader({ alg: 'HS256' })
          .sign(Buffer.alloc(32, 'client-secret'));
    },
    'signed by another key of the same name': () => {
      server.knobs.idToken = async (t) => {
        const { privateKey } = await jose.generateKeyPair('RS256');
        return new jose.SignJWT(jose.decodeJwt(t)).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey);
      };
    },
    'that is not there though openid was granted': () => {
      server.knobs.token = ({ id_token, ...body }) => body;
    },
  };
  for (const [name, spoil] of Object.entries(bad)) {
    test(name, async () => {
      spoil();
      const completed = await launch();
      assert.equal(completed.kind, 'failed');
      assert.equal(completed.kind === 'failed' && completed.failure.category, 'identity');
      assert.doesNotMatch(JSON.stringify(completed), /secret|eyJ/);
    });
  }
  test('of an unknown key, after looking for the key once more', async () => {
    server.knobs.signingKid = 'unknown';
    assert.equal((await launch()).kind, 'failed');
    assert.equal(server.callsTo('/auth/jwks').length, 2);
  });
});

describe('no token call is made (B08, B19)', () => {
  const wrong: Record<string, Record<string, string | undefined>> = {
    'for another state': { state: 'other' },
    'without a state': { state: undefined },
    'for another issuer': { iss: 'https://evil.example' },
    'for an issuer that differs by a slash': { iss: `${server.base}/auth/` },
    'without an issuer where one is promised': { iss: undefined },
    'for an error': { code: undefined, error: 'server_error' },
    'without a code': { code: undefined },
  };
  for (const [name, change] of Object.entries(wrong)) {
    test(name, async () => {
      const { client, url, pending } = await begin();
      const completed = await client.complete(server.authorize(url, change), pending);
      assert.equal(completed.kind, 'failed');
      assert.equal(server.callsTo('/auth/token').length, 0);
    });
  }
  test('when the person denied', async () => {
    const { client, url, pending } = await begin();
    const completed = await client.complete(
      server.authorize(url, { code: undefined, error: 'access_denied' }),
      pending,
    );
    assert.deepEqual(completed, { kind: 'denied' });
    assert.equal(server.callsTo('/auth/token').length, 0);
  });
  test('when the person took too long, and one is made at the limit', async () => {
    let now = Date.now();
    const client = connect({ now: () => now, launchSeconds: 30, toleranceSeconds: 60 });
    const { url, pending } = await begin(client);
    now += 30_001;
    assert.equal((await client.complete(server.authorize(url), pending)).kind, 'failed');
    assert.equal(server.callsTo('/auth/token').length, 0);
    now -= 1;
    assert.equal((await client.complete(server.authorize(url), pending)).kind, 'ready');
  });
});

test('an issuer that promises no iss parameter may leave it out', async () => {
  server.knobs.issParameter = false;
  const { client, url, pending } = await begin();
  assert.equal((await client.complete(server.authorize(url, { iss: undefined }), pending)).kind, 'ready');
});

for (const patient of ['Patient/p1', '../p1', 12, '', 'x'.repeat(65)]) {
  test(`a patient of the form ${JSON.stringify(patient).slice(0, 20)} is refused`, async () => {
    server.knobs.token = (body) => ({ ...body, patient });
    assert.equal((await launch()).kind, 'failed');
  });
}

test('a patient scope without a patient, and an answer without scope, are refused', async () => {
  server.knobs.token = ({ patient, ...body }) => body;
  assert.equal((await launch()).kind, 'failed');
  server.knobs.token = ({ scope: granted, ...body }) => body;
  assert.equal((await launch()).kind, 'failed');
});

test('B17: an EHR launch of another server is refused before anything is asked', async () => {
  const client = connect();
  const begun = await client.begin({ ehr: { iss: 'https://evil.example/fhir', launch: 'x' } });
  assert.equal(begun.kind, 'failed');
  assert.equal(server.calls.length, 0);
  const known = await client.begin({ ehr: { iss: `${server.iss}/`, launch: 'abc' } });
  assert.ok(known.kind === 'redirect' && new URL(known.url).searchParams.get('launch') === 'abc');
});

test('nothing is sent without encryption unless the danger is allowed, and then to loopback alone', async () => {
  const closed = await connect({ allowInsecureLoopback: false }).begin();
  assert.equal(closed.kind === 'failed' && closed.failure.category, 'address');
  const far = await connect({ iss: 'http://ehr.example/fhir' }).begin();
  assert.equal(far.kind === 'failed' && far.failure.category, 'address');
  assert.equal(server.calls.length, 0);
});

test('a refused code names the reason and no secret', async () => {
  const { client, url, pending } = await begin();
  const completed = await client.complete(server.authorize(url), { ...pending, verifier: 'other'.repeat(10) });
  assert.equal(completed.kind === 'failed' && completed.failure.code, 'invalid_grant');
  assert.doesNotMatch(JSON.stringify(completed), /secret|other/);
});
