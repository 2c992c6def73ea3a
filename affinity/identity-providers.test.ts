/** External OpenID providers in the settings: what is taken, and what is refused without showing a secret. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { checkFile, type Fault } from './config-file.ts';
import { identityProvidersOf } from './identity-providers.ts';

const sound = {
  id: 'hospital',
  name: 'Hospital',
  issuer: 'https://id.example',
  client_id: 'us',
  client_secret: 'hush',
};
const faultsOf = (...identity_providers: readonly unknown[]): readonly Fault[] => {
  const faults: Fault[] = [];
  checkFile({ identity_providers }, faults);
  return faults;
};

test('F14: the provider of the guide can be used as it stands', () => {
  const guide = readFileSync(join(import.meta.dirname, '../docs/guides/signing-in.md'), 'utf8');
  const faults: Fault[] = [];
  const file = checkFile(parse(/```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''), faults);
  assert.deepEqual(faults, []);
  const [provider] = identityProvidersOf(file?.identity_providers ?? []);
  assert.equal(provider?.id, 'hospital');
  assert.equal(provider?.credential.kind, 'secret');
  assert.deepEqual(provider?.multiFactor, ['https://refeds.org/profile/mfa']);
});

test('F14: what cannot be right is told, and never with a secret', () => {
  assert.deepEqual(faultsOf(sound), []);
  assert.deepEqual(faultsOf({ ...sound, issuer: 'http://localhost:5000/auth' }), []);
  const { client_secret: _, ...bare } = sound;
  assert.deepEqual(faultsOf({ ...bare, private_key: { kty: 'EC', alg: 'ES256', d: 'hush' } }), []);
  const wrong: readonly (readonly [string, ...unknown[]])[] = [
    ['identity_providers.0.id', { ...sound, id: 'Hospital/..' }],
    ['identity_providers.0.id', { ...sound, id: 'x'.repeat(41) }],
    ['identity_providers.0.name', { ...sound, name: ' ' }],
    ['identity_providers.0.issuer', { ...sound, issuer: 'http://id.example' }],
    ['identity_providers.0.issuer', { ...sound, issuer: 'https://user:hush@id.example' }],
    ['identity_providers.0.issuer', { ...sound, issuer: 'https://id.example?x' }],
    ['identity_providers.0.scope', { ...sound, scope: 'profile' }],
    ['identity_providers.0.client_secret', bare],
    ['identity_providers.0.client_secret', { ...sound, private_key: { kty: 'EC', alg: 'ES256', d: 'hush' } }],
    ['identity_providers.0.private_key.alg', { ...bare, private_key: { kty: 'EC', d: 'hush' } }],
    ['identity_providers.0.more', { ...sound, more: 1 }],
    ['identity_providers.1.id', sound, sound],
  ];
  for (const [setting, ...given] of wrong) {
    const faults = faultsOf(...given);
    assert.ok(
      faults.some((fault) => fault.setting === setting),
      `${setting}: ${JSON.stringify(faults)}`,
    );
    assert.ok(
      !JSON.stringify(faults.filter((fault) => fault.setting !== 'identity_providers.0.issuer')).includes('hush'),
    );
  }
});
