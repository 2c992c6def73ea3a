/** Tokens of another domain: what was agreed with it is given, and nothing that it claims beyond that. RFC 9068 §4; RFC 8725 §3.8–3.10. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import { parseResourceScope, type ResourceScope } from '@affinity/core/smart/scope.ts';
import { createProver } from '@affinity/proof/testing/prover.ts';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { ForeignIssuer } from './foreign-issuers.ts';
import { base, createSmallClinic, observation, issuer as ours, sending } from './testing/clinic.ts';

const theirs = 'https://lab.example/auth';
const system = 'urn:oid:2.999.1';
const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
};

const scopes = (...texts: string[]): readonly ResourceScope[] =>
  texts.map((text) => {
    const parsed = parseResourceScope(text);
    return parsed.kind === 'scope' ? parsed.scope : assert.fail(text);
  });

const pairOf = async (kid: string) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), alg: 'ES256', kid } as JWK };
};
/** The second has the name that our own key has. */
const pairs = { lab: pairOf('lab-1'), like: pairOf('k1') };

/** A clinic that trusts the issuer of a laboratory; both know patient a as `known`. */
const setUp = async (agreed: Partial<ForeignIssuer> = {}) => {
  const [lab, like] = await Promise.all([pairs.lab, pairs.like]);
  const world = { silent: false };
  const { clinic, token } = await createSmallClinic({
    foreign: {
      issuers: [
        {
          issuer: theirs,
          keys: async (kid) => {
            if (world.silent) throw new Error('unreachable');
            return { keys: [lab.jwk, like.jwk].filter((key) => key.kid === kid) };
          },
          scopes: scopes('patient/Observation.rs', 'system/Observation.rs'),
          mostSeconds: 300,
          purposes: ['TREAT'],
          identifierSystems: [system],
          ...agreed,
        },
      ],
      patientsIdentified: async ({ value }) => ({ known: ['a'], twice: ['a', 'b'] })[value] ?? [],
    },
  });
  const claims = (changes: object = {}): Record<string, unknown> => {
    const iat = Math.floor(clinic.time / 1000);
    const usual = {
      ...{ iss: theirs, aud: base, sub: 'user-9', client_id: 'viewer', iat, exp: iat + 300, jti: 'their-1' },
      ...{ scope: 'patient/Observation.rs', patient_identifier: { system, value: 'known' } },
    };
    return { ...usual, ...changes };
  };
  const sign = (changes: object = {}, header: object = {}, key: CryptoKey = lab.privateKey): Promise<string> =>
    new SignJWT(claims(changes)).setProtectedHeader({ alg: 'ES256', kid: 'lab-1', typ: 'at+jwt', ...header }).sign(key);
  const status = async (given: string, path = '/Observation/o1') => (await clinic.send(path, given)).status;
  return { clinic, token, world, lab, like, claims, sign, status };
};

test('E05, Q18: a token of a trusted issuer reads the record of the patient whom both domains know, and no other', async () => {
  const { clinic, sign, status } = await setUp();
  await clinic.put(observation('secret', 'a', 'laboratory', restricted));
  const theirToken = await sign();
  assert.equal(await status(theirToken), 200);
  assert.equal(await status(theirToken, '/Observation/o2'), 404, 'of another patient');
  assert.equal(await status(theirToken, '/Observation/secret'), 404, 'above normal');
  assert.equal(await status(theirToken, '/Patient/a'), 403, 'no scope for it was agreed');
  assert.equal(await status(await sign({ clearance: 'V' }), '/Observation/secret'), 404, 'their clearance is not ours');
  const found = (await (await clinic.send('/Observation', theirToken)).json()) as {
    entry: { resource: { id: string } }[];
  };
  assert.deepEqual(
    found.entry.map(({ resource }) => resource.id),
    ['o1'],
  );
});

test('J07: what was done with a foreign token is recorded with its issuer, its client and whom it names there', async () => {
  const { clinic, sign, status } = await setUp();
  await status(await sign({ sub: 'user-1', client_id: 'app-1', extensions: purposeClaim(['TREAT']) }));
  await status(await sign({ iss: 'https://nobody.example', sub: 'user-1' }));
  const [first, second] = clinic.audit;
  const { client, user, issuer, patient, token, purpose, outcome, grant } = first ?? assert.fail();
  assert.deepEqual(
    { client, user, issuer, patient, token, purpose, outcome, grant },
    {
      ...{ client: `${theirs} app-1`, user: 'user-1', issuer: theirs, patient: 'a', token: 'their-1' },
      ...{ purpose: 'TREAT', outcome: 'permitted', grant: undefined },
    },
  );
  assert.equal(second?.outcome, 'denied');
  assert.equal(second?.user, undefined, 'what nobody vouches for is not written down as somebody');
});

test('E02, E05: every claim of a foreign token is needed, and exact', async () => {
  const { clinic, sign, status } = await setUp({ clients: ['viewer'] });
  assert.equal(await status(await sign({ aud: [base] })), 200);
  const now = Math.floor(clinic.time / 1000);
  const faulty: object[] = [
    ...[
      undefined,
      `${base}/`,
      'http://localhost:4000/hospital/fhir',
      [base, 'https://other.example'],
      [],
      [base, base],
    ].map((aud) => ({ aud })),
    ...[`${theirs}/`, theirs.toUpperCase(), undefined, [theirs]].map((iss) => ({ iss })),
    ...[undefined, now, `${now + 300}`, now + 0.5].map((exp) => ({ exp })),
    ...[undefined, now + 61, 'now'].map((iat) => ({ iat })),
    { nbf: now + 61 },
    ...['jti', 'sub', 'client_id', 'scope'].flatMap((name) => [{ [name]: undefined }, { [name]: 7 }, { [name]: [] }]),
    { client_id: 'another' },
    { client_id: `${theirs} viewer` },
    { cnf: { jkt: 'A'.repeat(43) } },
    { act: { sub: 'another' } },
    { extensions: purposeClaim(['TREAT', 'HMARKT']) },
    { extensions: purposeClaim(['BTG']) },
    { extensions: 'TREAT' },
    ...[null, 'known', [], {}, { system }, { system, value: '' }, { system, value: ['known'] }].map(
      (patient_identifier) => ({ patient_identifier }),
    ),
    { patient_identifier: { system: 'urn:oid:2.999.2', value: 'known' } },
  ];
  for (const claims of faulty) assert.equal(await status(await sign(claims)), 401, JSON.stringify(claims));
  assert.deepEqual(new Set(clinic.calls), new Set(['read']));
  assert.equal(clinic.calls.length, 1, 'nothing was looked up for them');
});

test('E05: a foreign token lives as long as agreed, and one second more is too long', async () => {
  const { clinic, sign, status } = await setUp({ mostSeconds: 120 });
  const iat = Math.floor(clinic.time / 1000);
  assert.equal(await status(await sign({ exp: iat + 120 })), 200);
  assert.equal(await status(await sign({ exp: iat + 121 })), 401);
  assert.equal(await status(await sign({ iat: iat - 100, exp: iat + 30 })), 401, 'it counts from iat');
  assert.equal(await status(await sign({ iat: iat + 50, exp: iat + 50 })), 401);
  const token = await sign({ exp: iat + 120 });
  clinic.time += 119_999;
  assert.equal(await status(token), 200);
  clinic.time += 1;
  assert.equal(await status(token), 401);
});

test('E02, Q18: no key speaks for another issuer than its own, whatever the token says', async () => {
  const { clinic, token, lab, like, claims, sign, status } = await setUp();
  const usual = { sub: 'user-1', client_id: 'app-1', scope: 'patient/*.rs', patient: 'a', grant_id: 'grant-1' };
  assert.equal(
    await status(await clinic.token({ iss: theirs, ...claims() }, { kid: 'k1' })),
    401,
    'our key, their iss',
  );
  assert.equal(await status(await clinic.token({ iss: theirs, ...claims() }, { kid: 'lab-1' })), 401);
  for (const kid of ['lab-1', 'k1', undefined])
    assert.equal(await status(await sign({ iss: ours, ...usual }, { kid })), 401, `their key, our iss, ${kid}`);
  assert.equal(await status(await sign({ iss: ours, ...usual }, { kid: 'k1' }, like.privateKey)), 401);
  assert.equal(await status(await sign({}, { kid: 'k1' }, like.privateKey)), 200, 'a name that both use is no matter');
  assert.equal(await status(await clinic.token({}, { kid: 'lab-1' })), 401, 'our token by their kid');
  for (const header of [{ kid: undefined }, { kid: '' }, { kid: 7 }, { kid: 'x'.repeat(256) }])
    assert.equal(await status(await sign({}, header)), 401, JSON.stringify(header));
  for (const header of [
    { typ: undefined },
    { typ: 'JWT' },
    { typ: 'id_token+jwt' },
    { jwk: like.jwk },
    { alg: 'RS256' },
  ])
    assert.equal(
      await status(await sign({}, header, 'jwk' in header ? like.privateKey : lab.privateKey).catch(() => 'a.b.c')),
      401,
      JSON.stringify(header),
    );
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ alg: 'none', kid: 'lab-1', typ: 'at+jwt' })}.${part(claims())}.`;
  assert.equal(await status(unsigned), 401);
  const secret = new TextEncoder().encode(await exportSPKI(lab.publicKey));
  const symmetric = new SignJWT(claims())
    .setProtectedHeader({ alg: 'HS256', kid: 'lab-1', typ: 'at+jwt' })
    .sign(secret);
  assert.equal(await status(await symmetric), 401);
  assert.equal(await status(token), 200, 'ours is as it was');
});

test('Q18: ours are verified by our keys, though our issuer stands among those of others', async () => {
  const { clinic, token, status, sign } = await setUp({ issuer: ours });
  assert.equal(await status(token), 200);
  assert.equal(await status(await sign({ iss: ours })), 401);
  assert.equal(clinic.audit[0]?.client, 'app-1');
});

test('E01, E08: whose issuer is not declared, and what is no signed token, is refused as ever', async () => {
  const { clinic, sign } = await setUp();
  const { clinic: closed } = await createSmallClinic();
  const asked = await Promise.all([
    clinic.send('/Observation/o1', await sign({ iss: 'https://nobody.example' })),
    clinic.send('/Observation/o1', 'r'.repeat(43)),
    closed.send('/Observation/o1', await sign()),
    closed.send('/Observation/o1', await closed.token({ iss: 'https://nobody.example' })),
  ]);
  const answers = asked.map((one) => [one.status, one.headers.get('www-authenticate')]);
  for (const answer of answers) assert.deepEqual(answer, answers.at(-1));
  assert.equal(answers[0]?.[0], 401);
});

test('C56: a foreign token that is bound to a key, or presented as one, is not taken', async () => {
  const { clinic, sign } = await setUp();
  const prover = await createProver();
  const read = '/Observation/o1';
  for (const accessToken of [await sign({ cnf: { jkt: prover.jkt } }), await sign()]) {
    const dpop = await prover.proof({ url: base + read, method: 'GET', accessToken, now: clinic.time });
    const headers = { authorization: `DPoP ${accessToken}`, dpop };
    assert.equal((await clinic.send(read, undefined, { headers })).status, 401);
  }
});

test('E02: what a foreign token says of our records and people by their ids gives nothing', async () => {
  const { sign, status } = await setUp({ scopes: scopes('patient/*.rs') });
  const unnamed = { patient_identifier: undefined };
  assert.equal(await status(await sign({ patient: 'b' }), '/Observation/o2'), 404);
  assert.equal(await status(await sign({ ...unnamed, patient: 'a' })), 401, 'no patient of ours, and so no scope');
  for (const fhirUser of [`${base}/Patient/a`, `${base}/Practitioner/1`, 'Patient/a']) {
    assert.equal(await status(await sign({ ...unnamed, fhirUser, scope: 'user/*.rs patient/*.rs' })), 401);
    assert.equal(await status(await sign({ fhirUser }), '/Observation/o2'), 404);
  }
  for (const value of ['unknown', 'twice'])
    for (const more of [{}, { patient: 'a' }, { fhirUser: `${base}/Patient/a` }, { scope: 'patient/*.rs user/*.rs' }]) {
      const nobody = await sign({ patient_identifier: { system, value }, ...more });
      assert.equal(await status(nobody), 403, JSON.stringify({ value, ...more }));
    }
});

test('E02: scopes of a foreign token are cut down to those agreed, and never widened', async () => {
  const { clinic, sign, status } = await setUp({
    scopes: scopes('patient/Observation.rs?category=laboratory', 'patient/Patient.r', 'system/Condition.r'),
  });
  await clinic.put(observation('v1', 'a', 'vital-signs'));
  const wide = await sign({ scope: 'patient/*.cruds system/*.cruds user/*.cruds openid offline_access' });
  assert.equal(await status(wide), 200);
  assert.equal(await status(wide, '/Patient/a'), 200);
  assert.equal(await status(wide, '/Observation/v1'), 404, 'outside the constraint');
  assert.equal(await status(wide, '/Condition/c1'), 403, 'system/ scopes are not for a token about a patient');
  const changed = { ...observation('o1', 'a', 'laboratory'), status: 'amended' };
  assert.equal((await clinic.send('/Observation/o1', wide, sending('PUT', changed))).status, 403);
  assert.equal((await clinic.send('/Observation/o1', wide, { method: 'DELETE' })).status, 403);
  assert.equal(await status(await sign({ scope: 'patient/Observation.s' })), 403, 'narrower than agreed stays so');
  for (const scope of [
    'patient/Condition.rs',
    'patient/Observation.cud',
    'user/*.cruds',
    'openid',
    'system/Condition.r',
  ])
    assert.equal(await status(await sign({ scope })), 401, scope);
});

test('E02: a foreign service has its own scopes; with a user, or about a patient, it has none of them', async () => {
  const { sign, status } = await setUp();
  const own = { patient_identifier: undefined, sub: 'viewer', scope: 'system/*.cruds patient/*.cruds' };
  assert.equal(await status(await sign(own), '/Observation/o2'), 200);
  assert.equal(await status(await sign({ ...own, sub: 'user-9' }), '/Observation/o2'), 401);
  assert.equal(await status(await sign({ ...own, scope: 'patient/*.cruds' }), '/Observation/o2'), 401);
  const about = await sign({ sub: 'viewer', scope: 'system/*.cruds patient/*.cruds' });
  assert.deepEqual([await status(about), await status(about, '/Observation/o2')], [200, 404]);
});

test('E82: while the keys of a trusted issuer cannot be had, its tokens are 503 and ours are answered; and the reverse', async () => {
  const { clinic, token, world, sign, status } = await setUp();
  const theirToken = await sign();
  world.silent = true;
  assert.deepEqual([await status(theirToken), await status(token)], [503, 200]);
  assert.equal(await status(await sign({ iss: ours })), 401);
  world.silent = false;
  assert.equal(await status(theirToken), 200);
  clinic.feedFresh = false;
  assert.deepEqual([await status(theirToken), await status(token)], [200, 503]);
});
