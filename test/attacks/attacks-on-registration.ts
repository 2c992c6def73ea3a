/** Apps that register themselves, and what they make us ask for. RFC 7591 §5; RFC 9700 §4.11; CWE-918. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AuthorizationServerOptions } from '@affinity/authorization-server/authorization-server.ts';
import { postForm, type TestDomain } from '@affinity/authorization-server/testing/domain.ts';
import { appCallback, register, send } from '@affinity/authorization-server/testing/registration.ts';
import { createSafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Attack } from './attack.ts';

const statements = 'https://trust.example';

/** A second server on the same records, at which strangers may register. */
const openServer = async (domain: TestDomain, options: Partial<AuthorizationServerOptions> = {}) => ({
  server: await domain.another({}, { registration: { mode: 'open', statementIssuers: [] }, ...options }),
});

const withKeysAt = (jwks_uri: string) => ({
  redirect_uris: [appCallback],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri,
});

/** Within our network: nobody outside may reach it. @returns how often it was called upon */
const listenWithin = async (use: (port: number) => Promise<void>): Promise<number> => {
  let calls = 0;
  const within = createServer((socket) => {
    calls += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(within, 'listening');
  const address = within.address();
  try {
    await use(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    within.close();
  }
  return calls;
};

export const attacksOnRegistration: readonly Attack[] = [
  {
    name: 'SSRF: the keys of an app at an address within',
    section: 'RFC 7591 §5; CWE-918',
    run: async (domain) => {
      const open = await openServer(domain);
      for (const uri of ['https://169.254.169.254/latest', 'https://10.0.0.1/jwks', 'http://localhost:4000/jwks'])
        assert.equal((await send(open, withKeysAt(uri))).status, 400, uri);
    },
  },
  {
    name: 'SSRF: the keys of an app behind a name that leads within',
    section: 'RFC 7591 §5; CWE-918',
    run: async (domain) => {
      const open = await openServer(domain, { fetchOutside: createSafeFetch(async () => ['127.0.0.1']) });
      const calls = await listenWithin(async (port) => {
        const { client_id: id } = await register(open, withKeysAt(`https://rebound.example:${port}/jwks`));
        const fields = {
          grant_type: 'authorization_code',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await domain.assertion({ iss: id }),
        };
        assert.equal((await postForm(open.server, '/token', fields)).status, 401);
      });
      assert.equal(calls, 0);
    },
  },
  {
    name: 'registration: with the token of another app',
    section: 'RFC 7592 §3',
    run: async (domain) => {
      const open = await openServer(domain);
      const [own, other] = [await register(open), await register(open)];
      const path = `/register/${other.client_id}`;
      const ask = async (token: string) => send(open, undefined, { path, method: 'GET', token });
      assert.equal((await ask(other.registration_access_token)).status, 200);
      assert.equal((await ask(own.registration_access_token)).status, 401);
    },
  },
  {
    name: 'registration: a statement that the attacker has signed',
    section: 'RFC 7591 §5, §2.3',
    run: async (domain) => {
      const [right, wrong] = [await generateKeyPair('ES384'), await generateKeyPair('ES384')];
      const jwks = { keys: [{ ...(await exportJWK(right.publicKey)), kid: 'k1' }] };
      const registration = { mode: 'with-token', statementIssuers: [{ issuer: statements, jwks }] } as const;
      const guarded = await openServer(domain, { registration });
      const register = async (key: CryptoKey): Promise<number> => {
        const claims = { iss: statements, redirect_uris: [appCallback], client_name: 'Diary', scope: 'user/*.cruds' };
        const exp = Math.floor(domain.now().getTime() / 1000) + 300;
        const statement = await new SignJWT({ ...claims, exp })
          .setProtectedHeader({ alg: 'ES384', kid: 'k1' })
          .sign(key);
        return (await send(guarded, { software_statement: statement })).status;
      };
      assert.equal(await register(right.privateKey), 201);
      assert.equal(await register(wrong.privateKey), 400);
    },
  },
  {
    name: 'registration: an app that nobody vouches for, for the whole clinic',
    section: 'RFC 7591 §5',
    run: async (domain) => {
      const open = await openServer(domain);
      const { scope = '' } = await register(open, {
        redirect_uris: [appCallback],
        scope: 'launch/patient patient/*.rs user/*.cruds',
      });
      assert.doesNotMatch(scope, /user\//);
    },
  },
];
