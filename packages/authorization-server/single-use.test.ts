/** What is to be used once is used once, whoever asks at the same moment. RFC 6749 §10.5; RFC 7523 §3; RFC 9700 §4.14.2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  codeFields,
  issuer,
  obtainTokens,
  postForm,
  refreshFields,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';

const rounds = 50;
const atOnce = 8;

test('eight at once, fifty times, on two servers with one database', async (t) => {
  const domain = await startDomain(t);
  const servers = [domain.server, await domain.another()];
  const together = (path: string, fields: Parameters<typeof postForm>[2], headers = {}): Promise<Response[]> =>
    Promise.all(
      Array.from({ length: atOnce }, (_, at) => postForm(servers[at % 2] ?? domain.server, path, fields, headers)),
    );

  await t.test('a code gives tokens to exactly one', async () => {
    const browser = domain.browser();
    await obtainTokens(domain);
    await signIn(browser);
    for (let round = 0; round < rounds; round++) {
      let back = await browser.open(authorizeUrl());
      // a replayed code ended the consent that was remembered
      if (!back.headers.has('location')) back = await allow(browser, back);
      const responses = await together('/token', codeFields(answerOf(back).get('code') ?? ''), basic('web'));
      assert.equal(responses.filter(({ status }) => status === 200).length, 1, `round ${round}`);
      assert.equal(responses.filter(({ status }) => status === 400).length, atOnce - 1);
    }
  });

  await t.test('an assertion is taken exactly once', async () => {
    for (let round = 0; round < rounds; round++) {
      const responses = await together('/token', {
        grant_type: 'client_credentials',
        scope: 'system/Patient.rs',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await domain.assertion(),
      });
      assert.equal(responses.filter(({ status }) => status === 200).length, 1, `round ${round}`);
      assert.equal(responses.filter(({ status }) => status === 401).length, atOnce - 1);
    }
  });

  await t.test('a refresh token is rotated exactly once: all honest callers get the same successor', async () => {
    let tokens = await obtainTokens(domain);
    for (let round = 0; round < rounds; round++) {
      const responses = await together('/token', refreshFields(tokens.refresh_token), basic('web'));
      const bodies = await Promise.all(responses.map((response) => response.text()));
      assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]), `round ${round}`);
      assert.equal(new Set(bodies).size, 1, `round ${round}`);
      tokens = JSON.parse(bodies[0] ?? '') as Tokens;
    }
    const { rows } = await domain.database.pool.query(
      'select count(*)::int as live from refresh_token where consumed_at is null and grant_id = (select grant_id from refresh_token where consumed_at is not null limit 1)',
    );
    assert.deepEqual(rows, [{ live: 1 }]);
  });

  await t.test('more apps at once than there are connections: each is answered', async () => {
    const browser = domain.browser();
    await obtainTokens(domain);
    let back = await signIn(browser);
    const families: Tokens[] = [];
    for (let count = 0; count < 24; count++) {
      if (!back.headers.has('location')) back = await allow(browser, back);
      const answer = await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));
      families.push((await answer.json()) as Tokens);
      back = await browser.open(authorizeUrl());
    }
    const answers = await Promise.all(
      families.map(({ refresh_token }) => domain.token(refreshFields(refresh_token), basic('web'))),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  });

  await t.test('the keys are made once, by whichever server starts first', async () => {
    const [one, other] = await Promise.all(servers.map((server) => server.keys()));
    assert.deepEqual(one, other);
    assert.equal(servers[0]?.metadata().issuer, issuer);
  });
});

test('servers that start at once on an empty database agree on their keys', async (t) => {
  const domain = await startDomain(t);
  await domain.database.pool.query('delete from signing_key');
  const made = await Promise.all([domain.another(), domain.another(), domain.another()]);
  const sets = await Promise.all(made.map((server) => server.keys()));
  for (const set of sets) assert.deepEqual(set, sets[0]);
  assert.notDeepEqual(sets[0], await domain.server.keys());
});

test('codes, tokens, cookies and passwords are nowhere in the database, the audit log or the operators’ log', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl({ nonce: 'n-1' }));
  const interaction = [...browser.cookies.values()].map(({ value }) => value);
  const back = await allow(browser, shown);
  const code = answerOf(back).get('code') ?? '';
  const secrets = new Set([
    ...interaction,
    ...[...browser.cookies.values()].map(({ value }) => value),
    code,
    'correct horse',
  ]);
  const first = (await (await domain.token(codeFields(code), basic('web'))).json()) as Tokens;
  const second = (await (await domain.token(refreshFields(first.refresh_token), basic('web'))).json()) as Tokens;
  for (const tokens of [first, second]) {
    for (const value of [tokens.access_token, tokens.refresh_token, tokens.id_token]) secrets.add(value ?? '');
  }
  const { pool } = domain.database;
  const { rows: tables } = await pool.query("select tablename from pg_tables where schemaname = 'public'");
  let everything = JSON.stringify([domain.audit, domain.logged]);
  for (const { tablename } of tables) {
    const { rows } = await pool.query(`select t::text from "${tablename}" t`);
    everything += JSON.stringify(rows);
  }
  assert.ok(everything.includes(domain.ana), 'the dump holds what it should');
  for (const value of secrets) {
    assert.ok(value.length > 10);
    assert.ok(!everything.includes(value), 'a secret is kept in the clear');
    assert.ok(!everything.includes(Buffer.from(value).toString('hex')), 'a secret is kept as bytes');
  }
});
