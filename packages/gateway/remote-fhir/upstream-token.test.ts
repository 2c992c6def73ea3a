/** How we prove to a foreign server who we are: each kind of credentials, on real sockets. RFC 6749 §4.4; SMART App Launch 2.2, backend-services. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { exportJWK, jwtVerify } from 'jose';
import { createDeadline } from './deadline.ts';
import type { Credentials } from './options.ts';
import { selfSigned } from './testing/self-signed.ts';
import { observation, openRemote, startUpstream, type Upstream, usualStatement } from './testing/upstream.ts';
import { rememberedToken } from './upstream-token.ts';

const at = { type: 'Observation', id: 'o1' };
const useless = (error: unknown) => error instanceof FhirError && error.status === 502;
const bearer = (token: string, more: object = {}) => ({
  access_token: token,
  token_type: 'Bearer',
  expires_in: 300,
  ...more,
});

/** A server that asks for a token, and says what it was sent at its token endpoint. */
const startGuarded = async (
  t: TestContext,
): Promise<
  Upstream & { asked: { body: URLSearchParams; authorization: string | undefined }[]; accepted: Set<string> }
> => {
  const upstream = await startUpstream(t);
  const more = {
    asked: [] as { body: URLSearchParams; authorization: string | undefined }[],
    accepted: new Set<string>(),
  };
  upstream.say = ({ path, headers, body }) => {
    if (path === '/fhir/token') {
      more.asked.push({ body: new URLSearchParams(body), authorization: headers.authorization });
      const token = `token-${more.asked.length}`;
      more.accepted.add(token);
      return { headers: { 'content-type': 'application/json' }, body: bearer(token) };
    }
    if (path === '/fhir/.well-known/smart-configuration')
      return { headers: { 'content-type': 'application/json' }, body: { token_endpoint: `${upstream.url}/token` } };
    return more.accepted.has(String(headers.authorization).replace('Bearer ', ''))
      ? { body: observation('o1', 'a') }
      : { status: 401 };
  };
  return Object.assign(upstream, more);
};

test('a fixed header, a user name with a password, and none', async (t) => {
  const upstream = await startUpstream(t);
  upstream.say = () => ({ body: observation('o1', 'a') });
  const heard = async (credentials?: Credentials) => {
    const { remote } = await openRemote(t, upstream.url, credentials === undefined ? {} : { credentials });
    await remote.read(at);
    return upstream.heard.at(-1)?.headers;
  };
  assert.equal((await heard())?.authorization, undefined);
  assert.equal((await heard({ kind: 'header', name: 'X-Key', value: 'k' }))?.['x-key'], 'k');
  const basic = await heard({ kind: 'basic', username: 'us', password: 'p:ä' });
  assert.equal(basic?.authorization, `Basic ${Buffer.from('us:p:ä').toString('base64')}`);
});

test('client credentials: the secret in the header or in the form, one token for all who wait', async (t) => {
  const upstream = await startGuarded(t);
  const credentials = {
    kind: 'client-credentials',
    tokenEndpoint: `${upstream.url}/token`,
    clientId: 'us:1',
    clientSecret: 's ecret',
    scope: 'system/*.rs',
  } as const;
  const { remote } = await openRemote(t, upstream.url, { credentials });
  await Promise.all(Array.from({ length: 20 }, () => remote.read(at)));
  assert.equal(upstream.asked.length, 1);
  const [{ body, authorization }] = upstream.asked as [(typeof upstream.asked)[0]];
  assert.deepEqual(
    [...body],
    [
      ['grant_type', 'client_credentials'],
      ['scope', 'system/*.rs'],
    ],
  );
  assert.equal(authorization, `Basic ${Buffer.from('us%3A1:s+ecret').toString('base64')}`);
  const posted = await openRemote(t, upstream.url, { credentials: { ...credentials, secretIn: 'body' } });
  await posted.remote.read(at);
  assert.equal(upstream.asked[1]?.authorization, undefined);
  assert.equal(upstream.asked[1]?.body.get('client_secret'), 's ecret');
});

for (const [algorithm, type, options] of [
  ['ES384', 'ec', { namedCurve: 'P-384' }],
  ['RS384', 'rsa', { modulusLength: 2048 }],
] as const)
  test(`SMART backend services: a statement signed by ${algorithm}, the token endpoint discovered`, async (t) => {
    const upstream = await startGuarded(t);
    const { privateKey, publicKey } =
      type === 'ec' ? generateKeyPairSync(type, options) : generateKeyPairSync(type, options);
    const key = {
      algorithm,
      keyId: 'ours',
      privateKey: algorithm === 'ES384' ? privateKey : await exportJWK(privateKey),
      jwksUrl: 'https://gateway.example/jwks',
    };
    const { remote } = await openRemote(t, upstream.url, {
      credentials: { kind: 'backend-services', clientId: 'us', scope: 'system/*.rs', key },
    });
    assert.equal((await remote.read(at)).kind, 'found');
    const [{ body, authorization }] = upstream.asked as [(typeof upstream.asked)[0]];
    assert.equal(authorization, undefined);
    assert.equal(body.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(body.get('client_assertion') ?? '', publicKey, {
      audience: `${upstream.url}/token`,
      issuer: 'us',
      subject: 'us',
    });
    assert.deepEqual(protectedHeader, { alg: algorithm, kid: 'ours', typ: 'JWT', jku: 'https://gateway.example/jwks' });
    assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 300 && String(payload.jti).length > 20);
  });

test('a token that was ended early is renewed once; one that is refused again is 502, and told to operators', async (t) => {
  const upstream = await startGuarded(t);
  let time = 1_000_000;
  const credentials = {
    kind: 'client-credentials',
    tokenEndpoint: `${upstream.url}/token`,
    clientId: 'us',
    clientSecret: 's',
  } as const;
  const { remote, reports } = await openRemote(t, upstream.url, { credentials, now: () => time });
  await remote.read(at);
  upstream.accepted.clear();
  time += 6_000;
  assert.equal((await remote.read(at)).kind, 'found');
  assert.equal(upstream.asked.length, 2);
  upstream.accepted.clear();
  await assert.rejects(remote.read(at), useless, 'a young token is not replaced');
  assert.equal(upstream.asked.length, 2);
  assert.deepEqual(
    reports.map(({ kind, detail }) => [kind, detail]),
    [['upstream-credentials', '401']],
  );
});

test('a token is used until half a minute before its end, a short one for half of its time', async () => {
  let time = 0;
  let fetched = 0;
  let seconds = 300;
  const next = async () => {
    fetched += 1;
    return { token: `t${fetched}`, seconds };
  };
  const token = rememberedToken(next, () => time);
  const lasting = createDeadline(60_000);
  const now = async () => (await token.headers(lasting)).authorization;
  assert.equal(await now(), 'Bearer t1');
  time = 269_999;
  assert.equal(await now(), 'Bearer t1');
  seconds = 20;
  time = 270_000;
  assert.equal(await now(), 'Bearer t2');
  time += 9_999;
  assert.equal(await now(), 'Bearer t2');
  time += 1;
  assert.equal(await now(), 'Bearer t3');
  lasting.end();
});

test('an authorization server that refuses us, or leads us elsewhere, gets nothing more; no word of it is told', async (t) => {
  const upstream = await startUpstream(t);
  const key = {
    algorithm: 'ES384',
    keyId: 'k',
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  } as const;
  const credentials = { kind: 'backend-services', clientId: 'us', scope: 'x', key } as const;
  const json = { 'content-type': 'application/json' };
  const elsewhere = [
    'http://10.0.0.1/token',
    'https://10.0.0.1/token',
    'https://169.254.169.254/latest',
    'file:///etc/passwd',
    'nonsense',
  ];
  for (const endpoint of elsewhere) {
    upstream.say = () => ({ headers: json, body: { token_endpoint: endpoint } });
    const { remote, reports } = await openRemote(t, upstream.url, { credentials });
    await assert.rejects(remote.read(at), useless, endpoint);
    assert.ok(reports.every(({ kind }) => kind === 'upstream-credentials'));
    assert.ok(upstream.heard.every(({ path }) => path.endsWith('smart-configuration')));
  }
  const answers = [
    { status: 401, body: { error: 'invalid_client', error_description: 'secret words' } },
    { body: { access_token: 'x', token_type: 'mac' } },
    { body: { access_token: 'x\r\nX-Evil: 1', token_type: 'Bearer' } },
    { body: { token_type: 'Bearer' } },
    { body: 'html' },
    { status: 302, headers: { location: '/elsewhere' } },
  ];
  for (const answer of answers) {
    upstream.say = () => ({ ...answer, headers: { ...json, ...answer.headers } });
    const { remote, reports } = await openRemote(t, upstream.url, {
      credentials: {
        kind: 'client-credentials',
        tokenEndpoint: `${upstream.url}/token`,
        clientId: 'us',
        clientSecret: 's3cret',
      },
    });
    await assert.rejects(remote.read(at), useless);
    const told = JSON.stringify(reports);
    assert.ok(reports.length > 0 && !/secret|s3cret|127\.0\.0\.1|token"/.test(told), told);
  }
});

test('a client certificate: the foreign server sees it, and is known by the authority that the operator named', async (t) => {
  const [theirs, ours] = [selfSigned('127.0.0.1'), selfSigned('gateway')];
  const seen: unknown[] = [];
  const server = createServer(
    { cert: theirs.certificate, key: theirs.key, ca: ours.certificate, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      seen.push((request.socket as TLSSocket).getPeerCertificate().subject.CN);
      const body = request.url === '/fhir/metadata' ? usualStatement : observation('o1', 'a');
      response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(body));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
  const known = { certificate: ours.certificate, key: ours.key, authorities: theirs.certificate };
  const { remote } = await openRemote(t, url, { tls: known });
  assert.equal((await remote.read(at)).kind, 'found');
  assert.deepEqual(new Set(seen), new Set(['gateway']));
  for (const tls of [{ authorities: theirs.certificate }, { certificate: ours.certificate, key: ours.key }, {}]) {
    const stranger = await openRemote(t, url, { tls });
    await assert.rejects(stranger.remote.read(at), (error) => error instanceof BackendUnavailable);
  }
  assert.deepEqual(new Set(seen), new Set(['gateway']));
});
