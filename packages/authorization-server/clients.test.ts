/** Faults of declared apps, all at once and named. RFC 7591 §2; SMART App Launch 2.2, client registration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import { checkClients, createClientRegistry } from './clients.ts';

const callback = ['https://app.example/cb'];

test('C14: apps in order have no fault, and no secret is kept', async () => {
  const key = { ...(await exportJWK((await generateKeyPair('ES384')).publicKey)), kid: 'a' };
  const list = [
    { client_id: 'public', redirect_uris: callback },
    { client_id: 'secret', client_secret: 'a secret of sixteen', redirect_uris: callback, future_member: true },
    { client_id: 'keys', jwks: { keys: [key] }, redirect_uris: callback },
    {
      client_id: 'url',
      jwks_uri: 'https://app.example/jwks',
      grant_types: ['client_credentials'],
      scope: 'system/*.rs',
    },
  ];
  assert.deepEqual(checkClients(list), []);
  const registry = createClientRegistry(list);
  assert.deepEqual(
    (await Promise.all(['public', 'secret', 'keys', 'url'].map((id) => registry.find(id)))).map(
      (client) => client?.authentication,
    ),
    ['none', 'client_secret_basic', 'private_key_jwt', 'private_key_jwt'],
  );
  assert.equal(await registry.find('__proto__'), undefined);
  assert.ok(!JSON.stringify(await registry.find('secret')).includes('sixteen'), 'the secret is kept');
  assert.ok(await registry.servesOrigin('https://app.example'));
  assert.ok(!(await registry.servesOrigin('null')));
});

test('every fault is told, with the app that has it', async () => {
  const pair = await generateKeyPair('ES384', { extractable: true });
  const open = { ...(await exportJWK(pair.publicKey)), kid: 'a' };
  const weak = { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 1).toString('base64url'), kid: 'w' };
  const service = { grant_types: ['client_credentials'], scope: 'system/*.rs' };
  const cases: [unknown, RegExp][] = [
    ['x', /must be an object/],
    [{ client_id: '' }, /client_id/],
    [{ client_id: 'a b' }, /client_id/],
    [{ client_id: 'a' }, /redirect_uris is missing/],
    [{ client_id: 'a', redirect_uris: ['http://app.example/cb'] }, /must be https/],
    [{ client_id: 'a', redirect_uris: ['https://app.example/#x'] }, /fragment/],
    [{ client_id: 'a', redirect_uris: ['com.example.app:/cb'] }, /unless application_type is native/],
    [{ client_id: 'a', redirect_uris: 'https://app.example' }, /list/],
    [{ client_id: 'a', redirect_uris: callback, grant_types: ['implicit'] }, /grant_types/],
    [
      { client_id: 'a', redirect_uris: callback, token_endpoint_auth_method: 'client_secret_jwt' },
      /token_endpoint_auth_method/,
    ],
    [{ client_id: 'a', redirect_uris: callback, client_secret: 'short' }, /16 characters/],
    [
      {
        client_id: 'a',
        redirect_uris: callback,
        client_secret: 'a secret of sixteen',
        token_endpoint_auth_method: 'none',
      },
      /not used with none/,
    ],
    [{ client_id: 'a', redirect_uris: callback, application_type: 'desktop' }, /application_type/],
    [{ client_id: 'a', redirect_uris: callback, scope: 'patient/Observation.' }, /patient\/Observation\./],
    [{ client_id: 'a', client_secret: 'a secret of sixteen', ...service }, /private_key_jwt/],
    [{ client_id: 'a', jwks_uri: 'http://10.0.0.1/jwks', ...service }, /jwks_uri/],
    [{ client_id: 'a', jwks: { keys: [open] }, jwks_uri: 'https://app.example/jwks', ...service }, /either/],
    [{ client_id: 'a', jwks: { keys: [] }, ...service }, /jwks/],
    [{ client_id: 'a', jwks: { keys: [{ ...open, kid: undefined }] }, ...service }, /kid is missing/],
    [{ client_id: 'a', jwks: { keys: [open, open] }, ...service }, /used twice/],
    [
      { client_id: 'a', jwks: { keys: [{ ...(await exportJWK(pair.privateKey)), kid: 'a' }] }, ...service },
      /private key/,
    ],
    [{ client_id: 'a', jwks: { keys: [weak] }, ...service }, /2048/],
    [{ client_id: 'a', jwks: { keys: [open] }, grant_types: ['client_credentials'] }, /scope is missing/],
    [{ client_id: 'a', jwks: { keys: [open] }, token_endpoint_auth_signing_alg: 'HS256', ...service }, /signing_alg/],
  ];
  for (const [client, fault] of cases) {
    const faults = checkClients([client]);
    assert.ok(faults.length > 0 && faults.some((text) => fault.test(text)), `${JSON.stringify(client)}: ${faults}`);
    for (const text of faults) assert.doesNotMatch(text, /a secret of/);
  }
  const all = checkClients([
    { client_id: 'a', redirect_uris: callback },
    { client_id: 'a', redirect_uris: callback },
    { client_id: 'b' },
  ]);
  assert.equal(all.length, 2);
  assert.throws(() => createClientRegistry([{ client_id: 'a' }, { client_id: 'b' }]), /\(a\)[\s\S]*\(b\)/);
});
