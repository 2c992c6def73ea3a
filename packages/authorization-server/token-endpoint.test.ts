/** The token endpoint: who may call it, what binds a code and a refresh token, and what every answer carries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fields, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  challenge,
  claimsOf,
  codeFields,
  issuer,
  obtainTokens,
  refreshFields,
  secret,
  signIn,
  startDomain,
  type Tokens,
  usualScope,
  verifier,
} from './testing/domain.ts';

const errorOf = async (response: Response): Promise<string> => {
  const body = (await response.json()) as { error: string };
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('pragma'), 'no-cache');
  assert.equal(response.headers.get('content-type'), 'application/json');
  return `${response.status} ${body.error}`;
};

test('the token endpoint', async (t) => {
  const domain = await startDomain(t);
  const { token, server } = domain;

  const codeFor = async (clientId: string, changes: Parameters<typeof authorizeUrl>[0] = {}): Promise<string> => {
    const browser = domain.browser();
    const shown = await signIn(browser, authorizeUrl({ client_id: clientId, ...changes }));
    const back = shown.headers.has('location') ? shown : await allow(browser, shown);
    return answerOf(back).get('code') ?? '';
  };

  await t.test('only a form by POST, with nothing in the query (C01, C53)', async () => {
    const got = await server.fetch(new Request(`${issuer}/token`), {});
    assert.equal(await errorOf(got), '405 invalid_request');
    assert.equal(got.headers.get('allow'), 'POST');
    const send = (path: string, type: string, body: string): Promise<Response> =>
      server.fetch(
        new Request(issuer + path, { method: 'POST', headers: { 'content-type': type, ...basic('web') }, body }),
        {},
      );
    const form = 'application/x-www-form-urlencoded';
    assert.equal(await errorOf(await send('/token?client_id=web', form, 'grant_type=password')), '400 invalid_request');
    assert.equal(await errorOf(await send('/token', 'application/json', '{}')), '415 invalid_request');
    assert.equal(await errorOf(await send('/token', form, `a=${'b'.repeat(50_000)}`)), '413 invalid_request');
    assert.equal(await errorOf(await send('/token', form, 'grant_type=a&grant_type=b')), '400 invalid_request');
    assert.equal(await errorOf(await send('/token', form, '')), '400 invalid_request');
    assert.equal(
      await errorOf(await send('/token', form, 'grant_type=password&username=ana&password=x')),
      '400 unsupported_grant_type',
    );
    assert.equal(
      await errorOf(await send('/token', form, 'grant_type=client_credentials&scope=system/Patient.rs')),
      '400 unauthorized_client',
    );
  });

  await t.test('one proof of who asks, and the one that was registered (C10–C13, C52)', async () => {
    const fields = { grant_type: 'authorization_code', code: 'x', redirect_uri: callback, code_verifier: verifier };
    const assertion = await domain.assertion({ iss: 'signed' });
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const cases: [Fields, Record<string, string>, string][] = [
      [{}, {}, '401 invalid_client'],
      [{ client_id: 'nobody' }, {}, '401 invalid_client'],
      [{ client_id: 'web' }, {}, '401 invalid_client'],
      [{ client_id: 'signed' }, {}, '401 invalid_client'],
      [{ client_id: 'web', client_secret: 'wrong' }, {}, '401 invalid_client'],
      [{ client_id: 'signed', client_secret: secret }, {}, '401 invalid_client'],
      [{ client_id: 'browser', client_secret: secret }, {}, '401 invalid_client'],
      [{ client_secret: secret }, basic('web'), '400 invalid_request'],
      [{ client_assertion: assertion, client_assertion_type: type }, basic('web'), '400 invalid_request'],
      [{ client_assertion: assertion, client_assertion_type: type, client_secret: secret }, {}, '400 invalid_request'],
      [{ client_assertion: assertion }, {}, '400 invalid_request'],
      [{ client_assertion: assertion, client_assertion_type: 'saml' }, {}, '400 invalid_request'],
      [{ client_assertion_type: type }, {}, '400 invalid_request'],
      [{ client_id: 'other' }, basic('web'), '400 invalid_request'],
      [{}, basic('web', 'wrong'), '401 invalid_client'],
      [{}, basic('nobody'), '401 invalid_client'],
      [{}, { authorization: 'Basic !!!' }, '401 invalid_client'],
      [{}, { authorization: `Basic ${Buffer.from('web').toString('base64')}` }, '401 invalid_client'],
      // who is known comes as far as the code
      [{}, basic('web'), '400 invalid_grant'],
      [{ client_id: 'web', client_secret: secret }, {}, '400 invalid_grant'],
      [{ client_assertion: assertion, client_assertion_type: type }, {}, '400 invalid_grant'],
      [{ client_id: 'browser' }, {}, '400 invalid_grant'],
    ];
    for (const [more, headers, expected] of cases) {
      const response = await token({ ...fields, ...more }, headers);
      if (expected.startsWith('401') && headers.authorization !== undefined) {
        assert.match(response.headers.get('www-authenticate') ?? '', /^Basic /);
      }
      assert.equal(await errorOf(response), expected, JSON.stringify([more, headers]));
    }
  });

  await t.test('a code is bound to app, address and verifier, and lives a minute (B21, C06–C09)', async () => {
    const code = await codeFor('web');
    const wrong: [Fields, Record<string, string>, string][] = [
      [codeFields('unknown'), basic('web'), '400 invalid_grant'],
      [codeFields(code), basic('other'), '400 invalid_grant'],
      [codeFields(code, { redirect_uri: `${callback}/` }), basic('web'), '400 invalid_grant'],
      [codeFields(code, { redirect_uri: '' }), basic('web'), '400 invalid_request'],
      [codeFields(code, { code_verifier: 'a'.repeat(43) }), basic('web'), '400 invalid_grant'],
      [codeFields(code, { code_verifier: challenge }), basic('web'), '400 invalid_grant'],
      [codeFields(code, { code_verifier: 'short' }), basic('web'), '400 invalid_grant'],
      [codeFields(code, { code_verifier: '' }), basic('web'), '400 invalid_request'],
    ];
    for (const [fields, headers, expected] of wrong)
      assert.equal(await errorOf(await token(fields, headers)), expected);
    assert.ok(code.length >= 43);
    // none of these has used it up
    assert.equal((await token(codeFields(code), basic('web'))).status, 200);
    const old = await codeFor('web');
    domain.advance(61);
    assert.equal(await errorOf(await token(codeFields(old), basic('web'))), '400 invalid_grant');
  });

  await t.test('a code used again ends what its first use gave (B22)', async () => {
    const code = await codeFor('web');
    const first = (await (await token(codeFields(code), basic('web'))).json()) as Tokens;
    const { grant_id: grant } = claimsOf(first.access_token);
    assert.equal(await errorOf(await token(codeFields(code), basic('web'))), '400 invalid_grant');
    assert.equal(await errorOf(await token(refreshFields(first.refresh_token), basic('web'))), '400 invalid_grant');
    const { rows } = await domain.database.pool.query('select reason from ended_grant where grant_id = $1', [grant]);
    assert.deepEqual(rows, [{ reason: 'code-replayed' }]);
    assert.equal(domain.audit.findLast(({ event }) => event === 'code-replayed')?.grant, grant);
  });

  await t.test('no refresh token without offline_access, nor for one time (C20)', async () => {
    const scope = 'openid launch/patient patient/Condition.rs';
    assert.equal((await obtainTokens(domain, { client_id: 'web', scope, prompt: 'consent' })).refresh_token, undefined);
    const refused = await obtainTokens(domain, { prompt: 'consent' }, ['offline_access']);
    assert.equal(refused.refresh_token, undefined);
    assert.ok(!refused.scope.includes('offline_access'));
    const browser = domain.browser();
    const once = await allow(browser, await signIn(browser, authorizeUrl({ prompt: 'consent' })), {
      fields: { duration: 'once' },
    });
    const tokens = (await (await token(codeFields(answerOf(once).get('code') ?? ''), basic('web'))).json()) as Tokens;
    assert.equal(tokens.refresh_token, undefined);
    assert.ok(!tokens.scope.includes('offline_access'));
  });

  await t.test('a refresh token is bound to its app and never outlives the consent (C21, C25, C28)', async () => {
    const browser = domain.browser();
    const back = await allow(browser, await signIn(browser, authorizeUrl({ prompt: 'consent' })), {
      fields: { duration: '30' },
    });
    const tokens = (await (await token(codeFields(answerOf(back).get('code') ?? ''), basic('web'))).json()) as Tokens;
    assert.equal(await errorOf(await token(refreshFields('random'), basic('web'))), '400 invalid_grant');
    assert.equal(await errorOf(await token(refreshFields(tokens.refresh_token), basic('other'))), '400 invalid_grant');
    domain.advance(29 * 86_400);
    const late = (await (await token(refreshFields(tokens.refresh_token), basic('web'))).json()) as Tokens;
    assert.ok(late.refresh_token !== undefined);
    domain.advance(86_400 - 120);
    const last = (await (await token(refreshFields(late.refresh_token), basic('web'))).json()) as Tokens;
    assert.ok(last.expires_in <= 120, 'an access token outlived the consent');
    domain.advance(121);
    assert.equal(await errorOf(await token(refreshFields(last.refresh_token), basic('web'))), '400 invalid_grant');
  });

  await t.test('refreshed scope: the same set, a part, never more (C26, C27)', async () => {
    const refresh = async (tokens: Tokens, scope: string): Promise<Response> =>
      token(refreshFields(tokens.refresh_token, { scope }), basic('web'));
    let tokens = await obtainTokens(domain);
    for (const scope of [
      `${usualScope} patient/Immunization.rs`,
      'patient/Observation.cruds',
      'patient/*.rs',
      'system/Observation.rs',
      'x',
    ]) {
      assert.equal(await errorOf(await refresh(tokens, scope)), '400 invalid_scope', scope);
    }
    for (const scope of [
      usualScope,
      'patient/Observation.rs',
      'patient/Observation.r',
      'patient/Observation.rs?category=a|b',
    ]) {
      const response = await refresh(tokens, scope);
      assert.equal(response.status, 200, scope);
      tokens = (await response.json()) as Tokens;
      assert.equal(tokens.scope, scope);
      assert.equal(claimsOf(tokens.access_token).scope, scope);
      assert.equal(tokens.patient, 'p1');
    }
    // what was left out once may be had again: the grant is the same
    assert.equal(((await (await refresh(tokens, '')).json()) as Tokens).scope, usualScope);
  });

  await t.test('a replay after the window ends the family, and everyone is told (C22–C24)', async () => {
    const first = await obtainTokens(domain);
    const second = (await (await token(refreshFields(first.refresh_token), basic('web'))).json()) as Tokens;
    const honest = (await (await token(refreshFields(first.refresh_token), basic('web'))).json()) as Tokens;
    assert.deepEqual(honest, second, 'an honest second caller gets the same successor');
    domain.advance(11);
    assert.equal(await errorOf(await token(refreshFields(first.refresh_token), basic('web'))), '400 invalid_grant');
    assert.equal(await errorOf(await token(refreshFields(second.refresh_token), basic('web'))), '400 invalid_grant');
    const grant = claimsOf(first.access_token).grant_id;
    const { rows } = await domain.database.pool.query(
      'select reason, expires_at from ended_grant where grant_id = $1',
      [grant],
    );
    assert.equal(rows[0]?.reason, 'refresh-token-replayed');
    assert.ok(rows[0]?.expires_at.getTime() / 1000 >= Number(claimsOf(second.access_token).exp));
    assert.equal(domain.audit.findLast(({ event }) => event === 'refresh-token-replayed')?.grant, grant);
  });

  await t.test('whoever had to wait for the database is not late by the wait (C23)', async () => {
    const { refresh_token, access_token } = await obtainTokens(domain);
    const { pool } = domain.database;
    const holder = await pool.connect();
    await holder.query('begin');
    await holder.query('select from authorization_grant where id = $1 for update', [claimsOf(access_token).grant_id]);
    const waiting = async (count: number): Promise<void> => {
      const statement = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      while ((await pool.query(statement)).rowCount !== count) await new Promise((done) => setTimeout(done, 5));
    };
    const first = token(refreshFields(refresh_token), basic('web'));
    await waiting(1);
    domain.advance(11);
    const second = token(refreshFields(refresh_token), basic('web'));
    await waiting(2);
    await holder.query('commit');
    holder.release();
    const [one, other] = await Promise.all([first, second]);
    assert.deepEqual([one.status, other.status], [200, 200]);
    assert.equal(await one.text(), await other.text());
  });

  await t.test('a person or a right that is gone ends the app’s (C32)', async () => {
    const url = authorizeUrl({ client_id: 'web', prompt: 'consent' });
    const browser = domain.browser();
    const choice = await pageOf(await signIn(browser, url, 'ben'), 'patient');
    const back = await allow(browser, await browser.submit(choice, { patient: 'p3' }));
    const tokens = (await (await token(codeFields(answerOf(back).get('code') ?? ''), basic('web'))).json()) as Tokens;
    assert.equal(tokens.patient, 'p3');
    await domain.database.pool.query("update person_patient set ends_at = $1 where patient = 'p3'", [domain.now()]);
    assert.equal(await errorOf(await token(refreshFields(tokens.refresh_token), basic('web'))), '400 invalid_grant');
    const own = await obtainTokens(domain);
    await domain.people.disable(domain.ana, domain.now());
    assert.equal(await errorOf(await token(refreshFields(own.refresh_token), basic('web'))), '400 invalid_grant');
  });
});

test('SMART refresh: a public app sends nothing but its refresh token; a confidential one is not let in by it', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const back = await allow(browser, await signIn(browser, authorizeUrl({ client_id: 'browser' })));
  const redeemed = await domain.token(codeFields(answerOf(back).get('code') ?? '', { client_id: 'browser' }));
  const { refresh_token: token } = (await redeemed.json()) as { refresh_token?: string };
  assert.equal((await domain.token(refreshFields(token))).status, 200);
  const { refresh_token: kept } = await obtainTokens(domain);
  for (const unproved of [kept, 'nobody-s-token'])
    assert.equal((await domain.token(refreshFields(unproved))).status, 401);
});
