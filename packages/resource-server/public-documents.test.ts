import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, createClinic, issuer } from './testing/clinic.ts';

const origin = new URL(base).origin;
const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
  const clinic = await createClinic();
  return clinic.server.fetch(new Request(`${origin}${path}`, { method, headers }), {});
};

test('A01, A02, A05, A11: smart-configuration without a token, whatever is accepted, for every origin', async () => {
  for (const accept of ['application/json', 'application/fhir+xml', '*/*']) {
    const response = await get('/fhir/.well-known/smart-configuration', {
      Accept: accept,
      Origin: 'https://any.example',
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    const configuration = (await response.json()) as Record<string, unknown>;
    assert.equal(configuration.token_endpoint, `${issuer}/token`);
    assert.deepEqual(configuration.code_challenge_methods_supported, ['S256']);
    assert.ok(Array.isArray(configuration.capabilities));
    for (const [name, value] of Object.entries(configuration)) {
      if (name.endsWith('_endpoint')) assert.ok(URL.canParse(String(value)), name);
    }
  }
  for (const path of ['/fhir/.well-known/smart-configuration', '/fhir/metadata']) {
    const origin = { Origin: 'https://any.example' };
    const preflight = await get(path, { ...origin, 'Access-Control-Request-Method': 'GET' }, 'OPTIONS');
    assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, '*'], path);
    assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /GET/);
    assert.equal((await get(path, origin)).headers.get('access-control-allow-origin'), '*', path);
  }
});

test('A17: the protected resource, its path between host and path, and exactly its base', async () => {
  const response = await get('/.well-known/oauth-protected-resource/fhir');
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.deepEqual(await response.json(), {
    resource: base,
    authorization_servers: [issuer],
    scopes_supported: ['patient/*.rs'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA', 'Ed25519'],
    resource_name: 'clinic',
  });
  assert.equal((await get('/.well-known/oauth-protected-resource')).status, 404);
  assert.equal((await get('/fhir/.well-known/udap')).status, 404, 'A22');
  assert.equal((await get('/elsewhere')).status, 404);
  assert.equal((await get('/fhirx/Patient/1')).status, 404);
});

test('A19, A20, A23: the CapabilityStatement, its tag, and 304', async () => {
  const response = await get('/fhir/metadata');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/fhir+json;charset=utf-8');
  const statement = (await response.json()) as {
    fhirVersion: string;
    date: string;
    rest: {
      security: {
        cors: boolean;
        service: { coding: { code: string }[] }[];
        extension: { url: string; extension: { url: string; valueUri: string }[] }[];
      };
    }[];
  };
  assert.equal(statement.fhirVersion, '4.0.1');
  assert.equal(statement.date, '2026-01-02T03:04:05.000Z');
  assert.equal(statement.rest[0]?.security.service[0]?.coding[0]?.code, 'SMART-on-FHIR');
  const [oauthUris, ...others] = statement.rest[0]?.security.extension ?? [];
  assert.equal(oauthUris?.url, 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris', 'A20');
  assert.deepEqual(
    [others.length, Object.fromEntries((oauthUris?.extension ?? []).map(({ url, valueUri }) => [url, valueUri]))],
    [0, { authorize: `${issuer}/authorize`, token: `${issuer}/token`, manage: 'https://a.example/account' }],
    'what is not offered is not named',
  );
  const tag = response.headers.get('etag') ?? '';
  assert.equal((await get('/fhir/metadata', { 'If-None-Match': tag })).status, 304);
  assert.equal((await get('/fhir/metadata', { 'If-None-Match': 'W/"x"' })).status, 200);
  const more = await createClinic({}, {});
  const fewer = await createClinic({ backend: { ...more.backend, capabilities: more.backend.capabilities.slice(1) } });
  assert.notEqual((await fewer.send('/metadata')).headers.get('etag'), tag);
  const post = await get('/fhir/metadata', {}, 'POST');
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  assert.equal(await (await get('/fhir/metadata', {}, 'HEAD')).text(), '');
});

test('a base that is not in its one form is refused at the start', async () => {
  for (const wrong of [
    'http://localhost:4000/fhir/',
    'HTTP://localhost:4000/fhir',
    'http://localhost:80/fhir',
    'http://localhost:4000/a/../fhir',
  ]) {
    await assert.rejects(createClinic({ base: wrong }), /base must be/, wrong);
  }
});
