/** The statements by which apps prove who they are. RFC 7523 §3; RFC 8725; SMART App Launch 2.2, client-confidential-asymmetric. */
import assert from 'node:assert/strict';
import { postForm, type TestDomain } from '@affinity/authorization-server/testing/domain.ts';
import { type Attack, assertRefused } from './attack.ts';

const fields = (assertion: string) => ({
  grant_type: 'client_credentials',
  scope: 'system/Patient.rs',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
});

const refuses = async (domain: TestDomain, ...given: Parameters<TestDomain['assertion']>): Promise<void> =>
  assertRefused(await domain.token(fields(await domain.assertion(...given))), 'invalid_client', 401);

const encode = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const inSeconds = (domain: TestDomain, seconds: number): number => Math.floor(domain.now().getTime() / 1000) + seconds;

export const attacksOnAssertions: readonly Attack[] = [
  {
    name: 'assertion replay: on a second process',
    section: 'RFC 7523 §3; SMART Backend Services',
    run: async (domain) => {
      const other = await domain.another();
      const assertion = await domain.assertion();
      assert.equal((await domain.token(fields(assertion))).status, 200);
      await assertRefused(await postForm(other, '/token', fields(assertion)), 'invalid_client', 401);
    },
  },
  {
    name: 'assertion replay: meant for another server',
    section: 'RFC 7523 §3',
    run: async (domain) => {
      for (const aud of ['https://other.example/token', 'http://localhost:4000/auth/token/', ['a', 'b']])
        await refuses(domain, { aud });
    },
  },
  {
    name: 'assertion: that never expires, has expired, or is dated ahead',
    section: 'SMART Backend Services, exp',
    run: async (domain) => {
      await refuses(domain, { exp: inSeconds(domain, 3600) });
      await refuses(domain, { exp: inSeconds(domain, -60) });
      await refuses(domain, { iat: inSeconds(domain, 3600) });
    },
  },
  {
    name: 'assertion: without an id of its own',
    section: 'SMART Backend Services, jti',
    run: (domain) => refuses(domain, { jti: '' }),
  },
  {
    name: 'assertion: of one app in the name of another',
    section: 'RFC 7523 §3',
    run: async (domain) => {
      await refuses(domain, { sub: 'web' });
      await refuses(domain, { iss: 'clinic', sub: 'clinic' });
    },
  },
  {
    name: 'algorithm confusion: none, a secret made of the public key, one that was not registered',
    section: 'RFC 8725 §3.1',
    run: async (domain) => {
      const good = (await domain.assertion()).split('.');
      for (const alg of ['none', 'HS256', 'HS384', 'RS384', 'ES256'])
        await assertRefused(
          await domain.token(fields([encode({ alg, kid: 'k1', typ: 'JWT' }), good[1], good[2]].join('.'))),
          'invalid_client',
          401,
        );
      await assertRefused(
        await domain.token(fields(`${encode({ alg: 'none', kid: 'k1', typ: 'JWT' })}.${good[1]}.`)),
        'invalid_client',
        401,
      );
    },
  },
  {
    name: 'header injection: a key, a certificate or a critical extension that the sender brings',
    section: 'RFC 8725 §3.5; RFC 7515 §4.1',
    run: async (domain) => {
      const claims = () => ({ jti: `header ${Math.random()}` });
      for (const header of [{ jwk: { kty: 'EC' } }, { x5u: 'https://attacker.example' }, { x5c: ['MII'] }])
        await refuses(domain, claims(), header);
    },
  },
  {
    name: 'header injection: the address of a key set that is not the registered one',
    section: 'SMART App Launch 2.2, jku',
    run: (domain) => refuses(domain, {}, { jku: 'https://attacker.example/jwks' }),
  },
  {
    name: 'header injection: a key that is not there, and one found by a path',
    section: 'RFC 8725 §3.10',
    run: async (domain) => {
      for (const kid of ['k2', '../../etc/passwd', "k1' or '1'='1", '']) await refuses(domain, {}, { kid });
    },
  },
  {
    name: 'cross-JWT: an id_token or a DPoP proof as an assertion',
    section: 'RFC 8725 §3.11',
    run: async (domain) => {
      for (const typ of ['at+jwt', 'dpop+jwt', 'logout+jwt', undefined]) await refuses(domain, {}, { typ });
    },
  },
  {
    name: 'signature: one of nothing but zeros, and one that was cut',
    section: 'RFC 8725 §3.2',
    run: async (domain) => {
      const [header, claims, signature = ''] = (await domain.assertion()).split('.');
      for (const forged of [Buffer.alloc(96).toString('base64url'), signature.slice(0, 60), ''])
        await assertRefused(await domain.token(fields([header, claims, forged].join('.'))), 'invalid_client', 401);
    },
  },
  {
    name: 'two members of one name: which of them counts',
    section: 'RFC 8725 §2.4; RFC 7519 §4',
    run: async (domain) => {
      const time = inSeconds(domain, 0);
      const claims = `{"iss":"web","iss":"service","sub":"service","aud":"http://localhost:4000/auth/token","exp":${time + 100},"jti":"${Math.random()}"}`;
      const assertion = domain.signed('{"alg":"ES384","kid":"k1","typ":"JWT"}', claims);
      await assertRefused(await domain.token(fields(assertion)), 'invalid_client', 401);
    },
  },
  {
    name: 'a service that asks for more than it was registered for',
    section: 'SMART Backend Services, scopes',
    run: async (domain) => {
      const wide = { ...fields(await domain.assertion()), scope: 'system/*.cruds user/Patient.rs' };
      const response = await domain.token(wide);
      const { scope = '' } = (await response.json()) as { scope?: string };
      assert.doesNotMatch(scope, /\*|cruds|user\//);
      const foreign = { ...fields(await domain.assertion()), scope: 'system/Condition.rs' };
      await assertRefused(await domain.token(foreign), 'invalid_scope', 400);
    },
  },
];
