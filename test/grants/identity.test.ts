/**
 * What the servers say of themselves, and who somebody is at the clinic: the documents agree, the person's own resource can
 * be read, and the clinic follows the keys of the issuer. RFC 8414; OIDC Core 1.0; SMART App Launch 2.2.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { keyTermsOf, replaceKey, rotateKey } from '@affinity/authorization-server/key-schedule.ts';
import { defaultSettings } from '@affinity/authorization-server/settings.ts';
import type { Tokens } from '@affinity/authorization-server/testing/domain.ts';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { base, type GrantStage, issuer, openStage } from './stage.ts';

const mrn = { system: 'https://clinic.example/mrn', value: 'MRN-1' };

describe('identity at the clinic', () => {
  const closers: (() => Promise<void>)[] = [];
  let stage: GrantStage;
  before(async () => {
    stage = await openStage({ after: (work) => void closers.push(work) });
    await stage.put({ resourceType: 'Practitioner', id: 'd1', name: [{ text: 'Dr. Okafor' }] });
    // Whoever cares for nobody reaches nothing at the clinic, not even what all may look up.
    const generalPractitioner = [{ reference: 'Practitioner/d1' }];
    const name = [{ text: 'Ana' }];
    await stage.put({ resourceType: 'Patient', id: 'p1', identifier: [mrn], name, generalPractitioner });
  });
  after(async () => {
    for (const close of closers) await close();
  });
  const document = async (url: string): Promise<Record<string, unknown>> => {
    const response = url.startsWith(base)
      ? await stage.send(url.slice(base.length + 1), '')
      : await stage.server.fetch(new Request(url), {});
    assert.equal(response.status, 200, url);
    return (await response.json()) as Record<string, unknown>;
  };

  test('A02–A08, A10, A13, A15, A16, F13: the documents say what is needed, and never disagree', async () => {
    const { origin, pathname } = new URL(issuer);
    const openid = await document(`${issuer}/.well-known/openid-configuration`);
    const oauth = await document(`${origin}/.well-known/oauth-authorization-server${pathname}`);
    const smart = await document(`${base}/.well-known/smart-configuration`);
    const documents = [openid, oauth, smart];
    for (const one of documents) {
      for (const other of documents) {
        for (const name of Object.keys(one).filter((member) => member in other))
          assert.deepEqual(one[name], other[name], name);
      }
      for (const [name, value] of Object.entries(one)) {
        if (/_endpoint$|_uri$/.test(name)) assert.ok(URL.canParse(String(value)), `${name} is absolute`);
      }
      assert.deepEqual(one.code_challenge_methods_supported, ['S256']);
      const methods = one.token_endpoint_auth_methods_supported as string[];
      assert.ok(methods.includes('private_key_jwt'));
      const algorithms = one.token_endpoint_auth_signing_alg_values_supported as string[];
      assert.ok(algorithms.includes('RS384') && algorithms.includes('ES384'));
    }
    assert.equal(openid.issuer, issuer);
    for (const name of [
      'authorization_endpoint',
      'token_endpoint',
      'jwks_uri',
      'response_types_supported',
      'subject_types_supported',
      'id_token_signing_alg_values_supported',
      'userinfo_endpoint',
    ])
      assert.ok(name in openid, name);
    assert.deepEqual(openid.subject_types_supported, ['public'], 'F13');
    for (const name of [
      'introspection_endpoint',
      'revocation_endpoint',
      'management_endpoint',
      'scopes_supported',
      'response_types_supported',
      'grant_types_supported',
    ])
      assert.ok(name in smart, name);
    const capabilities = smart.capabilities as string[];
    assert.equal('issuer' in smart && 'jwks_uri' in smart, capabilities.includes('sso-openid-connect'));
    const ofHl7 = /^(launch|authorize|client|context|permission)-|^sso-openid-connect$/;
    for (const capability of capabilities) assert.ok(ofHl7.test(capability) || URL.canParse(capability), capability);
    const statement = (await document(`${base}/metadata`)) as {
      rest?: { security: { extension: { extension: { url: string; valueUri: string }[] }[] } }[];
    };
    const uris = statement.rest?.[0]?.security.extension[0]?.extension ?? [];
    const told = Object.fromEntries(uris.map(({ url, valueUri }) => [url, valueUri]));
    assert.deepEqual(
      [told.authorize, told.token, told.introspect, told.revoke, told.manage],
      [
        smart.authorization_endpoint,
        smart.token_endpoint,
        smart.introspection_endpoint,
        smart.revocation_endpoint,
        smart.management_endpoint,
      ],
      'A20',
    );
  });

  test('F04, F08: the person’s own resource is read with the same token, and its numbers are those that were told', async () => {
    const people = [
      { username: 'ana', scope: 'openid fhirUser identifiers launch/patient patient/Patient.rs', own: 'Patient/p1' },
      { username: 'doctor', scope: 'openid fhirUser user/Practitioner.rs', own: 'Practitioner/d1' },
    ];
    for (const { username, scope, own } of people) {
      const tokens = await stage.obtain({ scope, username });
      const claims = decodeJwt(tokens.id_token ?? '');
      assert.equal(claims.fhirUser, `${base}/${own}`);
      const response = await stage.send(String(claims.fhirUser).slice(base.length + 1), tokens.access_token);
      assert.equal(response.status, 200, `${own}: ${await response.clone().text()}`);
      const { identifier } = (await response.json()) as { identifier?: unknown };
      assert.deepEqual(claims.identifiers, identifier);
    }
  });

  test('F10: the clinic takes tokens of before and after a change of keys, and none of a key that was taken out', async () => {
    const { pool } = stage;
    const asked = { scope: 'openid launch/patient offline_access patient/Patient.rs' };
    const status = async ({ access_token }: Tokens) => (await stage.send('Patient/p1', access_token)).status;
    const before = await stage.obtain(asked);
    const { aheadSeconds } = keyTermsOf(defaultSettings);
    const { kid } = await rotateKey(pool, 'access-token', keyTermsOf(defaultSettings));
    assert.equal(await status(before), 200);
    await pool.query(
      `update signing_key set signs_from = signs_from - $1 * interval '1 second',
         signs_until = signs_until - $1 * interval '1 second' where use = 'access-token'`,
      [aheadSeconds + 1],
    );
    const kidOf = ({ access_token }: Tokens) => decodeProtectedHeader(access_token).kid;
    let fresh = before;
    for (let looks = 0; kidOf(fresh) !== kid; looks++) {
      assert.ok(looks < 200, 'the new key does not sign');
      fresh = (await (await stage.refresh(fresh.refresh_token)).json()) as Tokens;
      await new Promise((done) => setTimeout(done, 50));
    }
    assert.deepEqual([await status(before), await status(fresh)], [200, 200]);
    await replaceKey(pool, 'access-token');
    for (let looks = 0; (await status(fresh)) === 200; looks++) {
      assert.ok(looks < 200, 'the clinic still believes the key');
      await new Promise((done) => setTimeout(done, 50));
    }
    assert.deepEqual([await status(before), await status(fresh)], [401, 401]);
    const again = (await (await stage.refresh(fresh.refresh_token)).json()) as Tokens;
    assert.equal(await status(again), 200, 'and the app goes on with its refresh token');
  });
});
