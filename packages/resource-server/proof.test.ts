/** A token that is bound to a key is worth nothing without a proof of it, request by request. RFC 9449 §7; RFC 9728 §2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNonces } from '@affinity/proof/dpop-nonce.ts';
import { createProver, type Prover } from '@affinity/proof/testing/prover.ts';
import { base, type Clinic, createClinic, createSmallClinic, sending } from './testing/clinic.ts';

const read = '/Observation/o1';
const errorOf = (response: Response): string | undefined =>
  /error="([a-z_]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1];

const boundTo = (clinic: Clinic, { jkt }: Prover, claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  clinic.token({ cnf: { jkt }, ...claims });

/** A request with the token and a proof of the key, of which tests change one thing or the other. */
const prove = async (
  clinic: Clinic,
  prover: Prover,
  token: string,
  path = read,
  init: RequestInit = {},
  claims: Readonly<Record<string, unknown>> = {},
): Promise<readonly [string, string | undefined, RequestInit]> => {
  const { method = 'GET' } = init;
  const headers = new Headers(init.headers);
  const asked = { url: base + path, method, accessToken: token, now: clinic.time };
  headers.set('authorization', `DPoP ${token}`);
  headers.set('dpop', await prover.proof({ ...asked, claims }));
  return [path, undefined, { ...init, headers }];
};

test('C56, E05: a bound token with a proof is answered; with the wrong scheme, key, request or time it is not', async () => {
  const { clinic } = await createSmallClinic();
  const [own, other] = await Promise.all([createProver(), createProver()]);
  const token = await boundTo(clinic, own);
  const plain = await clinic.token();
  const good = async (claims = {}) => clinic.send(...(await prove(clinic, own, token, read, {}, claims)));
  assert.equal((await good()).status, 200);
  assert.equal((await good({ htu: `${base}${read}?_summary=true` })).status, 200, 'the query is not proved');
  const withQuery = await prove(clinic, own, token, `${read}?_pretty=true`, {}, { htu: base + read });
  assert.equal((await clinic.send(...withQuery)).status, 200);
  const head = await prove(clinic, own, token, read, { method: 'HEAD' });
  assert.equal((await clinic.send(...head)).status, 200);

  const time = Math.floor(clinic.time / 1000);
  const headersWith = (changes: Readonly<Record<string, string | undefined>>, init: RequestInit): RequestInit => {
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(changes))
      if (value === undefined) headers.delete(name);
      else headers.set(name, value);
    return { ...init, headers };
  };
  const [, , sound] = await prove(clinic, own, token);
  const forPlain = await own.proof({ url: base + read, method: 'GET', accessToken: plain, now: clinic.time });
  const refused: [string, RequestInit][] = [
    ['invalid_token', headersWith({ authorization: `Bearer ${token}` }, sound)],
    ['invalid_token', headersWith({ authorization: `Bearer ${token}`, dpop: undefined }, sound)],
    ['invalid_token', headersWith({ authorization: `DPoP ${plain}`, dpop: forPlain }, sound)],
    ['invalid_token', (await prove(clinic, other, token))[2]],
    ['invalid_dpop_proof', headersWith({ dpop: undefined }, sound)],
    ['invalid_dpop_proof', headersWith({ dpop: `${sound.headers}` }, sound)],
    ['invalid_dpop_proof', headersWith({ dpop: token }, sound)],
    ['invalid_dpop_proof', headersWith({ dpop: forPlain }, sound)],
    ['invalid_dpop_proof', (await prove(clinic, own, token, read, {}, { ath: undefined }))[2]],
    ['invalid_dpop_proof', (await prove(clinic, own, token, read, {}, { htm: 'POST' }))[2]],
    ['invalid_dpop_proof', (await prove(clinic, own, token, read, {}, { htu: `${base}/Observation/o2` }))[2]],
    ['invalid_dpop_proof', (await prove(clinic, own, token, read, {}, { htu: `http://evil.example/fhir${read}` }))[2]],
    ['invalid_dpop_proof', (await prove(clinic, own, token, read, {}, { iat: time - 61 }))[2]],
    ['invalid_dpop_proof', (await prove(clinic, own, token, read, {}, { iat: time + 61 }))[2]],
  ];
  for (const [error, init] of refused) {
    const response = await clinic.send(read, undefined, init);
    assert.deepEqual([response.status, errorOf(response)], [401, error]);
    assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm="[^"]*", .*DPoP algs="ES256 [^"]*"/);
    assert.equal(clinic.audit.at(-1)?.outcome, 'denied');
  }
  const twice = new Headers(sound.headers);
  twice.append('dpop', (await prove(clinic, own, token))[2].headers instanceof Headers ? forPlain : '');
  assert.equal((await clinic.send(read, undefined, { headers: twice })).status, 401);
  const both = new Headers(sound.headers);
  both.append('authorization', `Bearer ${plain}`);
  assert.equal((await clinic.send(read, undefined, { headers: both })).status, 400);
  assert.equal((await clinic.send(read, undefined, sound)).status, 200, 'none of these used up the proof');
  const again = await clinic.send(read, undefined, sound);
  assert.deepEqual([again.status, errorOf(again)], [401, 'invalid_dpop_proof'], 'though the token is remembered');
});

test('C56: a token without its cnf, or with the key of another, is not what its issuer signed', async () => {
  const { clinic } = await createSmallClinic();
  const [own, thief] = await Promise.all([createProver(), createProver()]);
  const [header, payload = '', signature] = (await boundTo(clinic, own)).split('.');
  const { cnf, ...rest } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  assert.deepEqual(cnf, { jkt: own.jkt });
  for (const claims of [rest, { ...rest, cnf: { jkt: thief.jkt } }, { ...rest, cnf: {} }]) {
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    assert.equal((await clinic.send(read, forged)).status, 401);
    assert.equal((await clinic.send(...(await prove(clinic, thief, forged)))).status, 401);
  }
});

test('C56: the Host of a request says nothing of where the proof is for', async () => {
  const { clinic } = await createSmallClinic();
  const own = await createProver();
  const token = await boundTo(clinic, own);
  const at = async (origin: string, htu: string): Promise<number> => {
    const [path, , init] = await prove(clinic, own, token, read, {}, { htu });
    return (await clinic.server.fetch(new Request(`${origin}/fhir${path}`, init), {})).status;
  };
  assert.equal(await at('http://evil.example', `http://evil.example/fhir${read}`), 401);
  assert.equal(await at('http://evil.example', base + read), 200);
});

test('C56: a Bundle is proved as a whole, and its entries cannot do without', async () => {
  const { clinic } = await createSmallClinic();
  const own = await createProver();
  const token = await boundTo(clinic, own);
  const entry = [{ request: { method: 'GET', url: 'Observation/o1' } }];
  const init = sending('POST', { resourceType: 'Bundle', type: 'batch', entry });
  assert.equal((await clinic.send(...(await prove(clinic, own, token)))).status, 200, 'the token is remembered');
  const bare = sending('POST', { resourceType: 'Bundle', type: 'batch', entry }, { authorization: `DPoP ${token}` });
  assert.equal((await clinic.send('', undefined, bare)).status, 401);
  assert.equal((await clinic.send('', token, init)).status, 401);
  const sound = await prove(clinic, own, token, '', init);
  const answer = (await (await clinic.send(...sound)).json()) as { entry: { response: { status: string } }[] };
  assert.match(answer.entry[0]?.response.status ?? '', /^200/);
  assert.equal((await clinic.send(...sound)).status, 401);
});

test('C56: while nobody can say which proofs were used, bound tokens are answered 503, others as ever', async () => {
  const { clinic, token: plain } = await createSmallClinic();
  const own = await createProver();
  const token = await boundTo(clinic, own);
  clinic.proofsFail = true;
  assert.equal((await clinic.send(...(await prove(clinic, own, token)))).status, 503);
  assert.equal((await clinic.send(read, plain)).status, 200);
  clinic.proofsFail = false;
  assert.equal((await clinic.send(...(await prove(clinic, own, token)))).status, 200);
});

test('C56: 403 names the scheme of the token; an ended grant is told before its proof is looked at', async () => {
  const { clinic } = await createSmallClinic();
  const own = await createProver();
  const token = await boundTo(clinic, own, { scope: 'patient/Condition.rs' });
  const denied = await clinic.send(...(await prove(clinic, own, token)));
  assert.equal(denied.status, 403);
  assert.match(denied.headers.get('www-authenticate') ?? '', /DPoP algs="[^"]*", error="insufficient_scope", scope=/);
  clinic.ended.add('grant-1');
  const ended = await clinic.send(...(await prove(clinic, own, token)));
  assert.deepEqual([ended.status, errorOf(ended)], [401, 'invalid_token']);
});

test('C56: a nonce that is needed is told with the refusal, and the next one with every answer', async () => {
  const nonces = createNonces(
    (text) => text.replaceAll(' ', '-'),
    120,
    () => clinic.time,
  );
  const used = new Set<string>();
  const useOnce = async (id: Uint8Array) => used.size < used.add(Buffer.from(id).toString('hex')).size;
  const { clinic } = await createSmallClinic({ proofs: { useOnce, nonces, requireNonce: true, required: false } });
  const own = await createProver();
  const token = await boundTo(clinic, own);
  const refused = await clinic.send(...(await prove(clinic, own, token)));
  const nonce = refused.headers.get('dpop-nonce') ?? '';
  assert.deepEqual([refused.status, errorOf(refused), nonce], [401, 'use_dpop_nonce', nonces.current()]);
  const taken = await clinic.send(...(await prove(clinic, own, token, read, {}, { nonce })));
  assert.deepEqual([taken.status, taken.headers.get('dpop-nonce')], [200, nonce]);
});

test('A17, C56: a server that takes bound tokens only says so, and takes no others; one that takes none says nothing', async () => {
  const used = async () => true;
  const nonces = createNonces((text) => text, 120, Date.now);
  const { clinic, token: plain } = await createSmallClinic({
    proofs: { useOnce: used, nonces, requireNonce: false, required: true },
  });
  const own = await createProver();
  const refused = await clinic.send(read, plain);
  assert.deepEqual([refused.status, errorOf(refused)], [401, 'invalid_token']);
  assert.match(refused.headers.get('www-authenticate') ?? '', /^DPoP realm=/);
  assert.match((await clinic.send(read)).headers.get('www-authenticate') ?? '', /^DPoP realm="[^"]*"/);
  assert.equal((await clinic.send(...(await prove(clinic, own, await boundTo(clinic, own))))).status, 200);
  const metadataOf = async ({ server }: Clinic): Promise<Record<string, unknown>> => {
    const url = 'http://localhost:4000/.well-known/oauth-protected-resource/fhir';
    return (await (await server.fetch(new Request(url), {})).json()) as Record<string, unknown>;
  };
  const { dpop_bound_access_tokens_required: needed, bearer_methods_supported: bearer } = await metadataOf(clinic);
  assert.deepEqual([needed, bearer], [true, undefined]);

  const without = await createClinic({ proofs: undefined as never });
  assert.ok(!('dpop_signing_alg_values_supported' in (await metadataOf(without))));
  assert.ok(!('dpop_bound_access_tokens_required' in (await metadataOf(without))));
  assert.doesNotMatch((await without.send(read)).headers.get('www-authenticate') ?? '', /DPoP/);
  const bound = await boundTo(without, own);
  assert.equal((await without.send(...(await prove(without, own, bound)))).status, 401);
  assert.equal((await without.send(read, bound)).status, 401);
});

test('C56: a token that is not bound costs no question about proofs', async () => {
  let asked = 0;
  const useOnce = async () => {
    asked += 1;
    return true;
  };
  const nonces = createNonces((text) => text, 120, Date.now);
  const { clinic, token } = await createSmallClinic({
    proofs: { useOnce, nonces, requireNonce: false, required: false },
  });
  const stray = { headers: { dpop: 'a.b.c' } };
  assert.equal((await clinic.send(read, token, stray)).status, 200);
  assert.equal((await clinic.send(read, token, stray)).status, 200);
  assert.equal(asked, 0);
});
