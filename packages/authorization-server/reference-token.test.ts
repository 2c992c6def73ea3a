/** Access tokens that are references: at every endpoint as good as signed ones, and kept as hashes only. RFC 6749 §1.4; RFC 7662; RFC 7009. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashOf } from './adapter.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import {
  basic,
  claimsOf,
  clinic,
  hospital,
  issuer,
  obtainTokens,
  postForm,
  refreshFields,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

type Json = Record<string, unknown>;
const json = async (response: Response | Promise<Response>): Promise<Json> => (await (await response).json()) as Json;
const introspect = (server: AuthorizationServer, token: string, headers = basic('web')): Promise<Json> =>
  json(postForm(server, '/introspect', { token }, headers));
const inactive = { active: false };

const signed = async (domain: TestDomain) => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: await domain.assertion(),
});
const serviceToken = async (domain: TestDomain, fields = {}): Promise<string> =>
  String(
    (
      await json(
        domain.token({
          grant_type: 'client_credentials',
          scope: 'system/Patient.rs',
          ...(await signed(domain)),
          ...fields,
        }),
      )
    ).access_token,
  );

describe('access tokens that are references', () => {
  test('G01–G06, G20: told of with the same fields as a signed one, to the same', async (t) => {
    const domain = await startDomain(t, {}, { clinic: 'opaque' });
    const jwtDomain = await startDomain(t);
    const tokens = await obtainTokens(domain);
    assert.match(tokens.access_token, /^[A-Za-z0-9_-]{43}$/);
    const told = await introspect(domain.server, tokens.access_token);
    const ofSigned = await introspect(jwtDomain.server, (await obtainTokens(jwtDomain)).access_token);
    assert.deepEqual(Object.keys(told).sort(), Object.keys(ofSigned).sort());
    assert.deepEqual(
      [told.active, told.scope, told.client_id, told.sub, told.iss, told.aud, told.patient, told.fhirUser],
      [true, tokens.scope, 'web', domain.ana, issuer, clinic, 'p1', `${clinic}/Patient/p1`],
    );
    assert.equal(Number(told.exp) - Number(told.iat), tokens.expires_in);
    const asked = await postForm(domain.server, '/introspect', { token: tokens.access_token }, basic('clinic'));
    assert.equal(asked.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await json(asked), told);
    assert.deepEqual(await introspect(domain.server, tokens.access_token, basic('other')), inactive);
    assert.equal(
      (await introspect(domain.server, tokens.access_token, { authorization: `Bearer ${tokens.access_token}` })).active,
      true,
    );
    const userinfo = await domain.server.fetch(
      new Request(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } }),
      {},
    );
    assert.deepEqual(await json(userinfo), { sub: domain.ana, fhirUser: `${clinic}/Patient/p1` });
    // and to a server of the domain in this process
    const claims = await domain.server.introspect(tokens.access_token, `${clinic}/`);
    assert.deepEqual([claims?.aud, claims?.scope, typeof claims?.grant_id], [clinic, tokens.scope, 'string']);
  });

  test('G05: nothing for a server that it is not for; nothing when it is cut, over or of another kind', async (t) => {
    const domain = await startDomain(t, {}, { hospital: 'opaque' });
    const { server } = domain;
    const { access_token: token, refresh_token, id_token } = await obtainTokens(domain, { aud: hospital });
    assert.equal((await introspect(server, token)).active, true);
    assert.deepEqual(await introspect(server, token, basic('clinic')), inactive);
    assert.equal(await server.introspect(token, clinic), undefined);
    assert.notEqual(await server.introspect(token, hospital), undefined);
    for (const other of [token.slice(0, -1), `${token}A`, `${token}.`, refresh_token ?? '', id_token ?? '', '\0', '']) {
      assert.equal(await server.introspect(other, hospital), undefined, JSON.stringify(other));
    }
    // The clock goes on while this runs: what is asserted just before the end leaves it some seconds.
    domain.advance(880);
    assert.notEqual(await server.introspect(token, hospital), undefined);
    domain.advance(20);
    assert.equal(await server.introspect(token, hospital), undefined);
    assert.deepEqual(await introspect(server, token), inactive);
  });

  test('G10, G11: revoking it ends its grant; the end of its grant ends it, on every server', async (t) => {
    const domain = await startDomain(t, {}, { clinic: 'opaque' });
    const second = await domain.another();
    const revoked = await obtainTokens(domain);
    assert.equal((await postForm(second, '/revoke', { token: revoked.access_token }, basic('other'))).status, 200);
    assert.equal((await introspect(second, revoked.access_token)).active, true, 'another app changes nothing');
    assert.equal((await postForm(domain.server, '/revoke', { token: revoked.access_token }, basic('web'))).status, 200);
    assert.deepEqual(await introspect(second, revoked.access_token), inactive);
    assert.equal(await second.introspect(revoked.access_token, clinic), undefined);
    assert.equal((await domain.token(refreshFields(revoked.refresh_token), basic('web'))).status, 400);

    const kept = await obtainTokens(domain);
    await postForm(domain.server, '/revoke', { token: kept.refresh_token ?? '' }, basic('web'));
    assert.deepEqual(await introspect(second, kept.access_token), inactive);
    assert.deepEqual((await domain.database.pool.query('select from access_token')).rows, [], 'nothing is left of it');

    // withdrawn without the row having been deleted: the Consent is asked each time
    const withdrawn = await obtainTokens(domain);
    domain.consents.held.clear();
    assert.equal(await second.introspect(withdrawn.access_token, clinic), undefined);
  });

  test('G10, G23: a backend service’s reference can be taken back by itself, by the service alone', async (t) => {
    const domain = await startDomain(t, {}, { hospital: 'opaque' });
    const { server } = domain;
    const token = await serviceToken(domain);
    const twin = await serviceToken(domain);
    assert.match(token, /^[A-Za-z0-9_-]{43}$/, 'one server that asks for references is enough');
    assert.equal((await postForm(server, '/revoke', { token }, basic('web'))).status, 200);
    assert.notEqual(await server.introspect(token, clinic), undefined);
    assert.equal((await postForm(server, '/revoke', { token, ...(await signed(domain)) })).status, 200);
    assert.equal(await server.introspect(token, clinic), undefined);
    assert.notEqual(await server.introspect(twin, clinic), undefined, 'another token of the service lives on');
    const record = domain.audit.findLast(({ event }) => event === 'token-revoked');
    assert.deepEqual([record?.client, typeof record?.token], ['service', 'string']);
    // for the clinic alone it is signed, and ends by itself
    const jwt = await serviceToken(domain, { resource: clinic });
    assert.equal(claimsOf(jwt).aud, clinic);
    const refused = await postForm(server, '/revoke', { token: jwt, ...(await signed(domain)) });
    assert.deepEqual([refused.status, (await json(refused)).error], [400, 'unsupported_token_type']);
  });

  test('the text of a reference is nowhere in the database, the audit log or the operators’ log', async (t) => {
    const domain = await startDomain(t, {}, { clinic: 'opaque', hospital: 'opaque' });
    const first = await obtainTokens(domain);
    const second = (await json(domain.token(refreshFields(first.refresh_token), basic('web')))) as unknown as Tokens;
    const secrets = [first.access_token, second.access_token, await serviceToken(domain)];
    for (const token of secrets) await introspect(domain.server, token);
    await domain.server.fetch(
      new Request(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${first.access_token}` } }),
      {},
    );
    const { pool } = domain.database;
    const { rows: tables } = await pool.query("select tablename from pg_tables where schemaname = 'public'");
    let everything = JSON.stringify([domain.audit, domain.logged]);
    for (const { tablename } of tables) {
      everything += JSON.stringify((await pool.query(`select t::text from "${tablename}" t`)).rows);
    }
    for (const token of secrets) {
      assert.ok(everything.includes(hashOf(token).toString('hex')), 'the dump holds the hash');
      assert.ok(!everything.includes(token));
      assert.ok(!everything.includes(Buffer.from(token).toString('hex')));
    }
  });

  test('D24: a signed token at the limit is signed, one past it a reference', async (t) => {
    const domain = await startDomain(t);
    const { access_token: usual } = await obtainTokens(domain);
    const issue = async (jwtCharacters: number): Promise<string> => {
      const server = await domain.another({ jwtCharacters });
      return (
        await obtainTokens({
          ...domain,
          server,
          token: (fields, headers) => postForm(server, '/token', fields, headers),
        })
      ).access_token;
    };
    const at = await issue(usual.length);
    assert.equal(at.length, usual.length, 'the same claims, the same length');
    const past = await issue(usual.length - 1);
    assert.match(past, /^[A-Za-z0-9_-]{43}$/);
    assert.equal((await introspect(domain.server, past)).active, true);
  });
});
