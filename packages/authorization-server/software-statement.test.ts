/** Software statements: whose word counts, and for what. RFC 7591 §2.3, §3.1.1; RFC 8725. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { issuer } from './testing/domain.ts';
import { appCallback, refusalOf, register, send, startRegistration } from './testing/registration.ts';

test('H06: what a trusted issuer says of an app goes before what the app says, and no other statement is taken', async (t) => {
  const pair = await generateKeyPair('ES384', { extractable: true });
  const other = await generateKeyPair('ES384', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1' }] };
  const statementIssuers = [{ issuer: 'https://trust.example', jwks }];
  const domain = await startRegistration(t, { mode: 'with-token', statementIssuers });
  const now = Math.floor(Date.now() / 1000);
  const claims = { redirect_uris: [appCallback], client_name: 'Diary', scope: 'launch/patient patient/Observation.rs' };
  const statement = (
    more: { [name: string]: unknown } = {},
    { key = pair.privateKey, alg = 'ES384', kid = 'k1' } = {},
  ): Promise<string> =>
    new SignJWT({ iss: 'https://trust.example', exp: now + 300, ...claims, ...more })
      .setProtectedHeader({ alg, kid })
      .sign(key);
  const sent = async (text: unknown, more: object = {}) => send(domain, { ...more, software_statement: text });
  const told = await register(domain, {
    redirect_uris: ['https://evil.example/cb'],
    client_name: 'Evil',
    scope: 'system/*.rs user/*.cruds',
    policy_uri: 'https://app.example/privacy',
    software_statement: await statement({ aud: issuer, sub: 'app', grant_types: undefined }),
  });
  assert.deepEqual(
    [told.redirect_uris, told.client_name, told.scope, told.policy_uri],
    [[appCallback], 'Diary', claims.scope, 'https://app.example/privacy'],
  );
  const { rows } = await domain.database.pool.query('select status, admitted_by from registered_client');
  assert.deepEqual(rows, [{ status: 'listed', admitted_by: 'statement' }]);

  assert.equal(
    await refusalOf(await sent(await statement({ iss: 'https://evil.example' }))),
    '400 unapproved_software_statement',
  );
  const [head = '', body = '', signature = ''] = (await statement()).split('.');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  const symmetric = new TextEncoder().encode(JSON.stringify(jwks.keys[0]));
  const invalid: readonly unknown[] = [
    await statement({ exp: now - 60 }),
    await statement({ exp: undefined }),
    await statement({ aud: 'https://other.example' }),
    await statement({ nbf: now + 600 }),
    await statement({}, { key: other.privateKey }),
    await statement({}, { kid: 'k2' }),
    await statement({}, { key: symmetric as never, alg: 'HS256' }),
    `${unsigned}.${body}.`,
    `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    `${head}.${Buffer.from('{"iss":"https://trust.example"}').toString('base64url')}.${signature}`,
    'x',
    7,
    { iss: 'https://trust.example' },
    'a'.repeat(20_000),
  ];
  for (const text of invalid)
    assert.equal(await refusalOf(await sent(text)), '400 invalid_software_statement', String(text).slice(0, 60));
  // It says nothing of where people are sent to: the app's own word on that is nobody's.
  assert.equal(
    await refusalOf(await sent(await statement({ redirect_uris: undefined }), { redirect_uris: [appCallback] })),
    '401 invalid_token',
  );
  assert.equal(
    await refusalOf(await sent(await statement({ redirect_uris: ['http://a.example/'] }))),
    '400 invalid_redirect_uri',
  );
});
