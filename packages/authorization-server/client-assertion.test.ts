/** Assertions that must be refused, each for one reason; backend services. RFC 7523; RFC 8725; SMART Backend Services. */
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createSafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createClientKeys } from './client-keys.ts';
import { createClientRegistry } from './clients.ts';
import {
  claimsOf,
  clinic,
  hospital,
  issuer,
  obtainTokens,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const scope = 'system/Patient.rs';

const ask = (domain: TestDomain, assertion: string, more: Record<string, string> = {}): Promise<Response> =>
  domain.token({
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: type,
    client_assertion: assertion,
    ...more,
  });

const errorOf = async (response: Response): Promise<string> =>
  `${response.status} ${((await response.json()) as { error: string }).error}`;
const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

test('a backend service', async (t) => {
  const domain = await startDomain(t);
  const time = (): number => Math.floor(domain.now().getTime() / 1000);

  await t.test(
    'gets a short token for what it was registered for, and no refresh token (C05, C40, C42, C49, C50)',
    async () => {
      const response = await ask(domain, await domain.assertion(), {
        scope: 'system/Patient.rs system/Condition.rs patient/Patient.rs',
      });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      const tokens = (await response.json()) as Tokens;
      assert.deepEqual(Object.keys(tokens).sort(), ['access_token', 'expires_in', 'scope', 'token_type']);
      assert.equal(tokens.scope, 'system/Patient.rs');
      assert.ok(tokens.expires_in <= 300);
      const claims = claimsOf(tokens.access_token);
      assert.equal(claims.sub, 'service');
      assert.equal(claims.grant_id, undefined);
      assert.deepEqual(claims.aud, [clinic, hospital]);
      const one = (await (await ask(domain, await domain.assertion(), { resource: `${clinic}/` })).json()) as Tokens;
      assert.equal(claimsOf(one.access_token).aud, clinic);
      assert.equal(domain.audit.at(-1)?.client, 'service');
      // an audience that is our issuer is our own, stated extension (C43)
      assert.equal((await ask(domain, await domain.assertion({ aud: issuer }))).status, 200);
    },
  );

  await t.test('is told invalid_scope where nothing is left, instead of a token without rights', async () => {
    for (const asked of [
      'system/Condition.rs',
      'patient/Patient.rs',
      'user/*.rs',
      'openid',
      'nonsense',
      'system/Patient.',
    ]) {
      assert.equal(
        await errorOf(await ask(domain, await domain.assertion(), { scope: asked })),
        '400 invalid_scope',
        asked,
      );
    }
    assert.equal(await errorOf(await ask(domain, await domain.assertion(), { scope: '' })), '400 invalid_scope');
    assert.equal(
      await errorOf(await ask(domain, await domain.assertion(), { resource: 'https://x.example' })),
      '400 invalid_target',
    );
    // a wildcard is given as far as it was registered
    const wide = (await (await ask(domain, await domain.assertion(), { scope: 'system/*.rs' })).json()) as Tokens;
    assert.deepEqual(wide.scope.split(' ').sort(), ['system/Observation.rs', 'system/Patient.rs']);
  });

  await t.test('times that are not seconds of about now are refused (C44, Q18)', async () => {
    const claims: Record<string, unknown>[] = [
      { exp: time() + 361 },
      { exp: time() - 31 },
      { exp: 1e308 },
      { exp: (time() + 100) * 1000 },
      { exp: String(time() + 100) },
      { exp: time() + 100.5 },
      { exp: -1 },
      { exp: undefined },
      { iat: time() + 61 },
      { iat: String(time()) },
      { nbf: time() + 61 },
    ];
    for (const one of claims)
      assert.equal(
        await errorOf(await ask(domain, await domain.assertion(one as never))),
        '401 invalid_client',
        JSON.stringify(one),
      );
    assert.equal((await ask(domain, await domain.assertion({ exp: time() + 300, nbf: time() - 10 }))).status, 200);
  });

  await t.test('other claims that do not fit are refused (C42, C43, C45, C48)', async () => {
    const claims: Record<string, unknown>[] = [
      { sub: 'other' },
      { iss: 'nobody' },
      { iss: 'web' },
      { aud: `${issuer}/token/` },
      { aud: 'https://localhost:4000/auth/token' },
      { aud: 'http://evil.example/auth/token' },
      { aud: [`${issuer}/token`, 'https://evil.example'] },
      { aud: undefined },
      { jti: undefined },
      { jti: '' },
      { jti: 7 },
      { jti: 'j'.repeat(256) },
    ];
    for (const one of claims)
      assert.equal(
        await errorOf(await ask(domain, await domain.assertion(one as never))),
        '401 invalid_client',
        JSON.stringify(one),
      );
  });

  await t.test('the accepted audience does not follow the Host of the request', async () => {
    const request = new Request('http://evil.example/auth/token', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope,
        client_assertion_type: type,
        client_assertion: await domain.assertion({ aud: 'http://evil.example/auth/token' }),
      }).toString(),
    });
    assert.equal(await errorOf(await domain.server.fetch(request, {})), '401 invalid_client');
  });

  await t.test('headers that bring their own key or meaning are refused (C41, C46, Q16)', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const headers: Record<string, unknown>[] = [
      { typ: undefined },
      { typ: 'at+jwt' },
      { kid: 'k2' },
      { kid: undefined },
      { kid: "k1' or '1'='1" },
      { kid: '../../k1' },
      { jku: 'https://evil.example/jwks' },
      { jku: '' },
      { jwk: publicKey.export({ format: 'jwk' }) },
      { x5u: 'https://evil.example/x5u' },
      { x5c: ['MIIB'] },
    ];
    for (const one of headers)
      assert.equal(
        await errorOf(await ask(domain, await domain.assertion({}, one))),
        '401 invalid_client',
        JSON.stringify(one),
      );
  });

  await t.test('algorithms, signatures and encodings that are not the registered ones are refused (Q16)', async () => {
    const good = await domain.assertion();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const read = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    const { kid } = read(header);
    const key = await exportJWK((await generateKeyPair('ES384', { extractable: true })).publicKey);
    const hmac = (text: string): string => createHmac('sha384', JSON.stringify(key)).update(text).digest('base64url');
    const hsHeader = encode({ alg: 'HS384', kid, typ: 'JWT' });
    const foreign = await generateKeyPair('ES384');
    const text = JSON.stringify(read(payload));
    const duplicate = encode(`${text.slice(0, -1)},"sub":"service"}`);
    const bad = [
      `${encode({ alg: 'none', kid, typ: 'JWT' })}.${payload}.`,
      `${encode({ alg: 'none', kid, typ: 'JWT' })}.${payload}.${signature}`,
      `${hsHeader}.${payload}.${hmac(`${hsHeader}.${payload}`)}`,
      `${encode({ ...read(header), crit: ['b64'], b64: false })}.${payload}.${signature}`,
      `${encode({ ...read(header), b64: false })}.${payload}.${signature}`,
      `${header}.${duplicate}.${signature}`,
      `${header}.${payload}.${Buffer.alloc(96).toString('base64url')}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.x.y`,
      `${header}.${encode({ ...read(payload), jti: 'another' })}.${signature}`,
      `${header}=.${payload}.${signature}`,
      `${encode('[]')}.${payload}.${signature}`,
      `${header}.${encode('null')}.${signature}`,
      'x',
      `${header}.${'a'.repeat(9000)}.${signature}`,
      await new SignJWT(read(payload))
        .setProtectedHeader({ alg: 'ES384', kid: String(kid), typ: 'JWT' })
        .sign(foreign.privateKey),
    ];
    for (const assertion of bad)
      assert.equal(await errorOf(await ask(domain, assertion)), '401 invalid_client', assertion.slice(0, 60));
    // none of these has used up the id of the good one
    assert.equal((await ask(domain, good)).status, 200);
    assert.equal(await errorOf(await ask(domain, good)), '401 invalid_client');
  });

  await t.test('what is signed but says something twice, or in another way, is refused (Q16)', async () => {
    const header = '"alg":"ES384","kid":"k1","typ":"JWT"';
    const claims = (): string =>
      JSON.stringify({
        iss: 'service',
        sub: 'service',
        aud: `${issuer}/token`,
        exp: time() + 100,
        jti: crypto.randomUUID(),
      }).slice(1, -1);
    const bad = [
      [`{${header}}`, `{${claims()},"sub":"service"}`],
      [`{${header}}`, `{"\\u0073ub":"admin",${claims()}}`],
      [`{${header}}`, `{${claims()},"aud":"${issuer}/token"}`],
      [`{${header},"alg":"ES384"}`, `{${claims()}}`],
      [`{${header},"crit":["exp"],"exp":1}`, `{${claims()}}`],
      [`{${header},"b64":false,"crit":["b64"]}`, `{${claims()}}`],
      [`{${header},"b64":true}`, `{${claims()}}`],
      [`{${header},"zip":"DEF"}`, `{${claims()}}`],
      [`{${header}}`, `[{${claims()}}]`],
      [`{${header}}`, `{${claims()},"nbf":"0"}`],
    ];
    for (const [first = '', second = ''] of bad) {
      assert.equal(
        await errorOf(await ask(domain, domain.signed(first, second))),
        '401 invalid_client',
        first + second,
      );
    }
    assert.equal((await ask(domain, domain.signed(`{${header}}`, `{${claims()}}`))).status, 200);
  });

  await t.test('another JWT of ours is no assertion (Q17)', async () => {
    const tokens = await obtainTokens(domain);
    for (const jwt of [tokens.id_token, tokens.access_token]) {
      assert.equal(await errorOf(await ask(domain, jwt ?? '')), '401 invalid_client');
    }
  });
});

test('keys behind a URL are cached no longer than their owner says, and refetched for a new kid (C46, C47)', async (t) => {
  const { publicKey } = await generateKeyPair('ES384', { extractable: true });
  const jwk = await exportJWK(publicKey);
  let [hits, control, kids] = [0, 'max-age=60', ['a']];
  const host = createServer((_, response) => {
    hits++;
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': control });
    response.end(JSON.stringify({ keys: kids.map((kid) => ({ ...jwk, kid })) }));
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  t.after(() => void host.close());
  const uri = `http://127.0.0.1:${(host.address() as AddressInfo).port}/jwks`;
  const client = await createClientRegistry([
    { client_id: 's', jwks_uri: uri, grant_types: ['client_credentials'], scope: 'system/Patient.rs' },
  ]).find('s');
  assert.ok(client !== undefined);
  let clock = Date.now();
  const keys = createClientKeys({
    fetchOutside: createSafeFetch(),
    outbound: { dangerouslyAllowLoopback: true },
    cacheSeconds: 300,
    now: () => new Date(clock),
    log: () => {},
  });
  const found = async (kid: string, kty: 'EC' | 'RSA' = 'EC'): Promise<boolean> =>
    (await keys.find(client, kid, kty)) !== undefined;

  assert.deepEqual(await Promise.all([found('a'), found('a'), found('a')]), [true, true, true]);
  assert.equal(hits, 1);
  assert.equal(await found('a', 'RSA'), false);
  kids = ['a', 'b'];
  assert.equal(await found('b'), false, 'asked again too soon');
  assert.equal(hits, 1);
  clock += 11_000;
  assert.equal(await found('b'), true);
  assert.equal(hits, 2);
  clock += 61_000;
  control = 'no-store';
  await found('a');
  await found('a');
  assert.equal(hits, 4);
  kids = ['a', 'a'];
  assert.equal(await found('a'), false, 'two keys with one kid');
  const before = hits;
  assert.equal(await found('a'), false);
  assert.equal(hits, before, 'what failed is not asked for again at once');
  [control, kids] = ['no-store', ['a']];
  clock += 61_000;
  for (let at = 0; at < 60; at++) assert.equal(await found('a'), true);
  assert.equal(await found('a'), false, 'the 61st in a minute');
  clock += 61_000;
  assert.equal(await found('a'), true);

  // The same URL registered by the app itself is a stranger's word.
  const strange = hits;
  assert.equal(await keys.find({ ...client, registered: 'listed' }, 'a', 'EC'), undefined);
  assert.equal(hits, strange);
});
