import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smartConfiguration } from './configuration.ts';

test('A04, A16: repeats what the authorization server says, and nothing that SMART has no place for', () => {
  const metadata = {
    issuer: 'https://a.example/auth',
    token_endpoint: 'https://a.example/auth/token',
    code_challenge_methods_supported: ['S256'],
    userinfo_endpoint: 'https://a.example/auth/me',
  };
  assert.deepEqual(smartConfiguration(metadata, ['sso-openid-connect'], 'https://a.example/apps'), {
    issuer: 'https://a.example/auth',
    token_endpoint: 'https://a.example/auth/token',
    code_challenge_methods_supported: ['S256'],
    management_endpoint: 'https://a.example/apps',
    capabilities: ['sso-openid-connect'],
  });
  assert.equal(smartConfiguration(metadata, ['permission-v2']).issuer, undefined);
});
