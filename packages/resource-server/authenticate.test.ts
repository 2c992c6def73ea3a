import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createAuthenticate } from './authenticate.ts';
import { defaultLimits } from './limits.ts';
import { base, createClinic, issuer, observation } from './testing/clinic.ts';

const read = '/Observation/o1';
const presented = (token: string) => ({
  headers: new Headers({ authorization: `Bearer ${token}` }),
  query: new URLSearchParams(),
  method: 'GET',
  url: base + read,
});

test('E01, A18: no token is 401 without an error, and says where to ask', async () => {
  const clinic = await createClinic();
  for (const headers of [undefined, { Authorization: 'Basic YTpi' }, { Authorization: 'Negotiate abc' }]) {
    const response = await clinic.send(read, undefined, headers === undefined ? {} : { headers });
    assert.equal(response.status, 401);
    assert.equal(
      response.headers.get('www-authenticate'),
      `Bearer realm="${base}", resource_metadata="http://localhost:4000/.well-known/oauth-protected-resource/fhir", ` +
        'DPoP algs="ES256 ES384 PS256 RS256 EdDSA Ed25519"',
    );
    const outcome = (await response.json()) as { resourceType: string; issue: { code: string }[] };
    assert.equal(outcome.resourceType, 'OperationOutcome');
    assert.equal(outcome.issue[0]?.code, 'login');
  }
});

test('E04: a token in the query, in a form, twice, or malformed is 400 invalid_request', async () => {
  const clinic = await createClinic();
  const token = await clinic.token();
  const form = {
    method: 'POST',
    body: `access_token=${token}`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  };
  const asked = [
    clinic.send(`${read}?access_token=${token}`),
    clinic.send(`${read}?access_token=${token}`, token),
    clinic.send(read, `${token}, Bearer ${token}`),
    clinic.send(read, `${token} ${token}`),
    clinic.send(read, 'a"b'),
    clinic.send(read, undefined, { headers: { Authorization: 'Bearer' } }),
  ];
  for (const response of await Promise.all(asked)) {
    assert.equal(response.status, 400);
    assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_request"/);
  }
  assert.equal((await clinic.send('/Observation/_search', token, form)).status, 400);
  assert.deepEqual(clinic.calls, []);
});

test('E07: an ended grant is dead at once, also for a token that is remembered', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  const token = await clinic.token();
  const other = await clinic.token({ grant_id: 'grant-2' });
  assert.equal((await clinic.send(read, token)).status, 200);
  clinic.ended.add('grant-1');
  const response = await clinic.send(read, token);
  assert.equal(response.status, 401);
  assert.match(response.headers.get('www-authenticate') ?? '', /invalid_token/);
  assert.equal((await clinic.send(read, other)).status, 200);
});

test('E82: while the feed of grants is stale, or the keys cannot be had, nothing is answered but 503', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  const token = await clinic.token();
  assert.equal((await clinic.send(read, token)).status, 200);
  clinic.feedFresh = false;
  const response = await clinic.send(read, token);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('retry-after'), '1');
  assert.equal((await clinic.send('/metadata')).status, 200, 'metadata is still served');
  const service = await clinic.token({ sub: 'app-1', grant_id: undefined, patient: undefined, scope: 'system/*.rs' });
  assert.equal((await clinic.send(read, service)).status, 200, 'a service hangs on no grant');
  clinic.feedFresh = true;
  assert.equal((await clinic.send(read, token)).status, 200);

  const deaf = await createClinic({ keys: async () => Promise.reject(new Error('unreachable')) });
  assert.equal((await deaf.send(read, token)).status, 503);
});

test('a key that is withdrawn takes what it signed with it', async () => {
  const clinic = await createClinic();
  await clinic.put(observation('o1', 'a', 'laboratory'));
  const token = await clinic.token();
  assert.equal((await clinic.send(read, token)).status, 200);
  const before = clinic.jwks;
  clinic.jwks = { keys: [] };
  assert.equal((await clinic.send(read, token)).status, 401);
  clinic.jwks = structuredClone(before);
  assert.equal((await clinic.send(read, token)).status, 200);
});

test('the memory of verified tokens is bounded, and forgets the one that was used longest ago', async () => {
  const clinic = await createClinic();
  const authenticate = createAuthenticate({
    rules: { issuer, audience: base, ownBases: [base], algorithms: ['ES256'], ...defaultLimits },
    keys: async () => clinic.jwks,
    grants: { isLive: () => true, isFresh: () => true },
    limits: { ...defaultLimits, tokenCharacters: 2_000, tokenCacheEntries: 2 },
    now: () => clinic.time,
  });
  const principalOf = async (token: string) => {
    const result = await authenticate(presented(token));
    assert.equal(result.kind, 'principal');
    return 'principal' in result ? result.principal : undefined;
  };
  const [one, two, three] = await Promise.all(['1', '2', '3'].map((jti) => clinic.token({ jti })));
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  const first = await principalOf(one);
  const second = await principalOf(two);
  assert.equal(await principalOf(one), first, 'the same object: it was remembered');
  await principalOf(three);
  assert.equal(await principalOf(one), first);
  assert.notEqual(await principalOf(two), second, 'it was forgotten and verified again');

  const long = await clinic.token({ jti: 'x'.repeat(2_000) });
  const refused = await authenticate(presented(long));
  assert.equal(refused.kind, 'invalid-token');
});

test('dropping a claim of a token never shows more', async () => {
  const clinic = await createClinic({
    facts: (who) => ({ ...wholeFacts(who), patientsOf: ['a', 'b'], wholeServer: true }),
  });
  for (const id of ['a', 'b'])
    await clinic.put(
      observation(
        `o-${id}`,
        id,
        'laboratory',
        id === 'a'
          ? { meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] } }
          : {},
      ),
    );
  const seen = async (token: string): Promise<string[]> => {
    const shown: string[] = [];
    for (const id of ['o-a', 'o-b'])
      if ((await clinic.send(`/Observation/${id}`, token)).status === 200) shown.push(id);
    return shown;
  };
  const tokens = [
    { patient: 'a', clearance: 'R' },
    { patient: 'b' },
    { patient: undefined, fhirUser: `${base}/Patient/b`, scope: 'user/*.rs' },
    { patient: undefined, fhirUser: `${base}/Practitioner/1`, scope: 'user/*.rs', clearance: 'V' },
    { patient: undefined, fhirUser: 'https://elsewhere.example/fhir/Practitioner/1', scope: 'user/*.rs' },
    { patient: 'b', scope: 'system/*.cruds user/*.cruds' },
    { sub: 'app-1', patient: undefined, grant_id: undefined, scope: 'system/*.rs', clearance: 'V' },
  ];
  const claimNames = [
    'iss',
    'aud',
    'sub',
    'client_id',
    'iat',
    'exp',
    'jti',
    'scope',
    'patient',
    'fhirUser',
    'grant_id',
    'clearance',
  ];
  const sizes: number[] = [];
  for (const claims of tokens) {
    const whole = await seen(await clinic.token(claims));
    sizes.push(whole.length);
    for (const name of claimNames) {
      const less = await seen(await clinic.token({ ...claims, [name]: undefined }));
      assert.ok(
        less.every((id) => whole.includes(id)),
        `${name} of ${JSON.stringify(claims)}`,
      );
    }
  }
  assert.deepEqual(sizes, [1, 1, 1, 2, 0, 0, 2]);
});
