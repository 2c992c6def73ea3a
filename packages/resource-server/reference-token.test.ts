/** Tokens that are references: what their issuer says of them is judged like a signed token's claims. RFC 7662 §4; RFC 6750 §3.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits } from './limits.ts';
import { base, type Clinic, createSmallClinic, issuer } from './testing/clinic.ts';

const read = '/Observation/o1';
const reference = 'r'.repeat(43);

/** A clinic whose issuer says of every reference what `said` holds. */
const startClinic = async (limits: Partial<Limits> = {}) => {
  const asked: string[] = [];
  const issuerOf = {
    asked,
    said: undefined as ((clinic: Clinic) => Readonly<Record<string, unknown>> | undefined) | undefined,
    silent: false,
  };
  const { clinic } = await createSmallClinic({
    limits,
    introspect: async (token) => {
      asked.push(token);
      if (issuerOf.silent) throw new Error('unreachable');
      return issuerOf.said?.(clinic);
    },
  });
  return Object.assign(issuerOf, {
    clinic,
    status: async (token = reference) => (await clinic.send(read, token)).status,
  });
};

const claims =
  (changes: Readonly<Record<string, unknown>> = {}) =>
  (clinic: Clinic) => {
    const iat = Math.floor(clinic.time / 1000);
    const usual = {
      iss: issuer,
      aud: base,
      sub: 'user-1',
      client_id: 'app-1',
      iat,
      exp: iat + 300,
      jti: 'token-1',
      scope: 'patient/*.rs',
      patient: 'a',
      grant_id: 'grant-1',
    };
    return Object.fromEntries(Object.entries({ ...usual, ...changes }).filter(([, value]) => value !== undefined));
  };
const ofService = claims({ sub: 'app-1', grant_id: undefined, patient: undefined, scope: 'system/*.rs' });

test('E08: a reference is taken as its issuer describes it, and remembered for so long and no longer', async () => {
  const issuerOf = await startClinic({ introspectedSeconds: 30 });
  const { clinic, status, asked } = issuerOf;
  issuerOf.said = claims();
  assert.equal(await status(), 200);
  assert.equal((await clinic.send('/Observation/o2', reference)).status, 404, 'of another patient');
  clinic.time += 29_999;
  assert.equal(await status(), 200);
  assert.deepEqual(asked, [reference]);
  clinic.time += 1;
  assert.equal(await status(), 200);
  assert.equal(asked.length, 2, 'asked again after 30 s');
  issuerOf.said = undefined;
  clinic.time += 30_000;
  const response = await clinic.send(read, reference);
  assert.equal(response.status, 401);
  assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  assert.deepEqual(
    [clinic.audit.at(-1)?.reason, JSON.stringify([clinic.audit, clinic.log]).includes(reference)],
    ['unknown to its issuer', false],
  );
});

test('E08: never past its exp, never without one, and an unknown one is asked about each time', async () => {
  const issuerOf = await startClinic({ introspectedSeconds: 300 });
  const { clinic, status, asked } = issuerOf;
  const { exp } = claims({ exp: Math.floor(clinic.time / 1000) + 10 })(clinic);
  issuerOf.said = claims({ exp });
  assert.equal(await status(), 200);
  clinic.time += 9_000;
  assert.equal(await status(), 200);
  assert.equal(asked.length, 1);
  clinic.time += 1_000;
  assert.equal(await status(), 401);
  issuerOf.said = claims({ exp: undefined });
  assert.equal(await status(), 401);
  issuerOf.said = undefined;
  const before = asked.length;
  assert.deepEqual([await status(), await status()], [401, 401]);
  assert.equal(asked.length, before + 2);
});

test('E07: the end of its grant is felt at once, though it is remembered; so is a stale feed', async () => {
  const issuerOf = await startClinic({ introspectedSeconds: 300 });
  const { clinic, status, asked } = issuerOf;
  issuerOf.said = claims();
  assert.equal(await status(), 200);
  clinic.feedFresh = false;
  assert.equal(await status(), 503);
  clinic.feedFresh = true;
  clinic.ended.add('grant-1');
  assert.equal(await status(), 401);
  assert.equal(asked.length, 1);
});

test('G23: a service’s reference is remembered for half a second at most, or not at all', async () => {
  const issuerOf = await startClinic();
  const { clinic, status, asked } = issuerOf;
  issuerOf.said = ofService;
  assert.equal(await status(), 200);
  issuerOf.said = undefined;
  clinic.time += 499;
  assert.equal(await status(), 200);
  clinic.time += 1;
  assert.equal(await status(), 401);
  assert.equal(asked.length, 2);

  const never = await startClinic({ introspectedServiceSeconds: 0 });
  never.said = ofService;
  assert.equal(await never.status(), 200);
  never.said = undefined;
  assert.equal(await never.status(), 401);
});

test('E82: while the issuer cannot be asked it is 503, never 200; the keys of the issuer do not matter', async () => {
  const issuerOf = await startClinic({ introspectedSeconds: 10 });
  const { clinic, status } = issuerOf;
  issuerOf.silent = true;
  assert.equal(await status(), 503);
  issuerOf.silent = false;
  issuerOf.said = claims();
  assert.equal(await status(), 200);
  issuerOf.silent = true;
  assert.equal(await status(), 200, 'remembered');
  clinic.time += 10_000;
  assert.equal(await status(), 503);
});

test('G05, G21: what the issuer says is checked like a signed token’s claims', async () => {
  const issuerOf = await startClinic();
  const { clinic, status } = issuerOf;
  const now = Math.floor(clinic.time / 1000);
  for (const changes of [
    { iss: 'https://evil.example' },
    { iss: undefined },
    { aud: 'http://localhost:4000/hospital/fhir' },
    { aud: `${base}/` },
    { aud: undefined },
    { exp: now },
    { iat: now + 61 },
    { sub: undefined },
    { client_id: undefined },
    { jti: undefined },
    { scope: undefined },
    { grant_id: undefined },
    { patient: 'Patient/a' },
    { clearance: 'X' },
  ]) {
    issuerOf.said = claims(changes);
    assert.equal(await status(), 401, JSON.stringify(changes));
  }
});

test('G21: a signed token is never asked about, and a reference never verified', async () => {
  const issuerOf = await startClinic();
  const { clinic, status, asked } = issuerOf;
  issuerOf.said = claims();
  const token = await clinic.token();
  assert.equal(await status(token), 200);
  for (const faulty of [await clinic.token({}, { typ: 'JWT' }), `${token}x`, token.slice(0, -9), `${reference}.`]) {
    assert.equal(await status(faulty), 401);
  }
  assert.deepEqual(asked, []);
  const { clinic: without } = await createSmallClinic();
  assert.equal((await without.send(read, reference)).status, 401, 'nobody to ask: no such tokens');
});

test('D24: two hundred granular scopes still work, by reference', async () => {
  const issuerOf = await startClinic({ introspectedSeconds: 0 });
  const system = 'http://terminology.hl7.org/CodeSystem/observation-category';
  const scopes = Array.from({ length: 200 }, (_, i) => `patient/Observation.rs?category=${system}|other-${i}`);
  issuerOf.said = claims({ scope: scopes.join(' ') });
  assert.equal(await issuerOf.status(), 404);
  scopes[199] = `patient/Observation.rs?category=${system}|laboratory`;
  assert.ok(scopes.join(' ').length > 16_384);
  issuerOf.said = claims({ scope: scopes.join(' ') });
  assert.equal(await issuerOf.status(), 200);
  const signed = await issuerOf.clinic.token({ scope: scopes.join(' ') });
  assert.equal(await issuerOf.status(signed), 401, 'no issuer of ours signs so much');
});

test('D24: a token longer than the limit is refused before anybody is asked', async () => {
  const issuerOf = await startClinic({ tokenCharacters: 43 });
  issuerOf.said = claims();
  assert.equal(await issuerOf.status(), 200);
  assert.equal(await issuerOf.status(`${reference}r`), 401);
  assert.equal(issuerOf.asked.length, 1);
});
