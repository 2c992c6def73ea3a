/** Requests that an app pushes: checked while it can be told, brought by one browser, once. RFC 9126; RFC 9449 §10. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProver } from '@affinity/proof/testing/prover.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { takePushedRequest } from './pushed-request.ts';
import { defaultSettings } from './settings.ts';
import { createBrowser, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  claimsOf,
  clinic,
  codeFields,
  hospital,
  issuer,
  postForm,
  secret,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const endpoint = `${issuer}/par`;
type Changes = Parameters<typeof authorizeUrl>[0];
type Sent = Readonly<Record<string, string>>;

const fieldsOf = (changes: Changes = {}): Sent => Object.fromEntries(new URL(authorizeUrl(changes)).searchParams);
const push = (server: AuthorizationServer, fields: Sent = fieldsOf(), headers: Sent = basic('web')) =>
  postForm(server, '/par', fields, headers);
const referenceOf = async (response: Response): Promise<string> => {
  assert.equal(response.status, 201, await response.clone().text());
  return ((await response.json()) as { request_uri: string }).request_uri;
};
const secretFields = { client_id: 'web', client_secret: secret };
const bring = (reference: string, more: Sent = {}): string =>
  `${issuer}/authorize?${new URLSearchParams({ client_id: 'web', request_uri: reference, ...more })}`;
const told = async (response: Response): Promise<unknown[]> => [
  response.status,
  ((await response.json()) as { error?: string }).error,
];
const finish = async (domain: TestDomain, url: string): Promise<string> => {
  const browser = domain.browser();
  const page = await pageOf(await browser.open(url), 'sign-in');
  const shown = await browser.submit(page, { username: 'ana', password: 'correct horse' });
  return answerOf(shown.headers.has('location') ? shown : await allow(browser, shown)).get('code') ?? '';
};

test('pushed authorization requests', async (t) => {
  const domain = await startDomain(t);
  const { server } = domain;

  await t.test('B31: 201 with a reference that nobody guesses, and a browser that carries nothing else', async () => {
    const response = await push(server);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const body = (await response.clone().json()) as { request_uri: string; expires_in: number };
    assert.match(body.request_uri, /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$/);
    assert.equal(body.expires_in, 60);
    assert.notEqual(await referenceOf(await push(server)), body.request_uri);
    // the audience of SMART is that of the request, and what is sent beside the reference changes nothing
    const url = bring(await referenceOf(await push(server, fieldsOf({ aud: hospital }))), {
      scope: 'openid',
      aud: clinic,
      state: 'other',
      prompt: 'none',
      redirect_uri: 'https://evil.example/',
    });
    const code = await finish(domain, url);
    const tokens = (await (await domain.token(codeFields(code), basic('web'))).json()) as Tokens;
    assert.equal(claimsOf(tokens.access_token).aud, hospital);
    assert.match(tokens.scope, /patient\/Observation\.rs/);
  });

  await t.test('B31: a reference is brought by GET or POST, and a page that was reloaded goes on', async () => {
    const browser = domain.browser();
    const reference = await referenceOf(await push(server));
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const body = new URLSearchParams({ client_id: 'web', request_uri: reference }).toString();
    const first = await browser.send(`${issuer}/authorize`, { ...form, body });
    const page = first.headers.get('location') ?? '';
    for (let loads = 0; loads < 2; loads++) await pageOf(await browser.open(page), 'sign-in');
    const shown = await pageOf(await browser.open(page), 'sign-in');
    const back = await browser.submit(shown, { username: 'ana', password: 'correct horse' });
    assert.equal(answerOf(back.headers.has('location') ? back : await allow(browser, back)).get('state'), 'a state');
  });

  await t.test('B31: unknown, foreign, over or used: a page, never a redirect', async () => {
    const used = await referenceOf(await push(server));
    assert.equal((await domain.browser().send(bring(used))).status, 303);
    const foreign = await referenceOf(await push(server));
    const over = await referenceOf(await push(server));
    const refused = async (url: string): Promise<void> => {
      const response = await domain.browser().send(url);
      assert.deepEqual([response.status, response.headers.get('location')], [400, null], url);
      assert.equal((await pageOf(response, 'error')).view.kind, 'expired');
    };
    for (const reference of [used, `${used}x`, 'urn:ietf:params:oauth:request_uri:', 'https://evil.example/request'])
      await refused(bring(reference, { ...fieldsOf(), request_uri: reference }));
    for (const id of ['other', 'nobody', '']) await refused(bring(foreign, { client_id: id }));
    assert.equal((await domain.browser().send(bring(foreign))).status, 303, 'nobody else used it up');
    const inTime = await referenceOf(await push(server));
    domain.advance(50);
    assert.equal((await domain.browser().send(bring(inTime))).status, 303);
    domain.advance(10);
    await refused(bring(over));
    domain.advance(-60);
  });

  await t.test('B31: every fault of the request is told to the app at once, and nothing is kept', async () => {
    const faults: [Changes, string][] = [
      [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'],
      [{ redirect_uri: undefined }, 'invalid_request'],
      [{ state: undefined }, 'invalid_request'],
      [{ state: 'a\0b' }, 'invalid_request'],
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ code_challenge: undefined }, 'invalid_request'],
      [{ code_challenge_method: 'plain' }, 'invalid_request'],
      [{ aud: 'https://foreign.example/fhir' }, 'invalid_target'],
      [{ scope: 'offline_access' }, 'invalid_scope'],
      [{ request: 'a.b.c' }, 'invalid_request'],
      [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
      [{ dpop_jkt: 'short' }, 'invalid_request'],
      [{ client_id: 'other' }, 'invalid_request'],
      [{ client_id: undefined, redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    ];
    await domain.database.pool.query('delete from pushed_request');
    for (const [changes, error] of faults)
      assert.deepEqual(await told(await push(server, fieldsOf(changes))), [400, error], JSON.stringify(changes));
    assert.deepEqual(await told(await push(server, fieldsOf(), {})), [401, 'invalid_client']);
    assert.deepEqual(await told(await push(server, fieldsOf(), basic('web', 'wrong wrong wrong'))), [
      401,
      'invalid_client',
    ]);
    const service = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await domain.assertion(),
    };
    const denied = await push(server, { ...fieldsOf({ client_id: 'service' }), ...service }, {});
    assert.deepEqual(await told(denied), [400, 'unauthorized_client']);
    const get = await server.fetch(new Request(endpoint), {});
    assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST']);
    const { rows } = await domain.database.pool.query('select from pushed_request');
    assert.equal(rows.length, 0);
  });

  await t.test(
    'B31: what proves the app is not kept with its request; an assertion may name this endpoint',
    async () => {
      const assertionFor = async (aud: string): Promise<Sent> => ({
        ...fieldsOf({ client_id: 'signed' }),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await domain.assertion({ iss: 'signed', aud }),
      });
      for (const aud of [endpoint, `${issuer}/token`, issuer])
        assert.equal((await push(server, await assertionFor(aud), {})).status, 201, aud);
      const elsewhere = await domain.token({ grant_type: 'refresh_token', ...(await assertionFor(endpoint)) });
      assert.deepEqual(await told(elsewhere), [401, 'invalid_client'], 'and is of no use at another');
      assert.equal((await push(server, { ...fieldsOf(), ...secretFields }, {})).status, 201);
      const { rows } = await domain.database.pool.query<{ parameters: Buffer; id: Buffer }>(
        'select id, parameters from pushed_request',
      );
      const reference = await referenceOf(await push(server, { ...fieldsOf(), ...secretFields }, {}));
      const taken = await takePushedRequest(
        { ...domain.database, ...domain, settings: defaultSettings },
        'web',
        reference,
      );
      assert.equal(taken?.values.get('redirect_uri'), callback, 'what the app asks for is kept');
      for (const name of ['client_secret', 'client_assertion', 'client_assertion_type'])
        assert.ok(!taken?.values.has(name), name);
      assert.ok(rows.length > 0);
      for (const { parameters } of rows) assert.ok(!parameters.toString('latin1').includes('redirect_uri'));
    },
  );

  await t.test(
    'B31: an app that has to push is not served otherwise, nor is any where the domain says so',
    async () => {
      const silent = async (at: AuthorizationServer, id: string): Promise<string | null> =>
        answerOf(await createBrowser(at, issuer).send(`${authorizeUrl({ client_id: id })}&prompt=none`)).get('error');
      assert.equal(await silent(server, 'pusher'), 'invalid_request');
      assert.equal(await silent(server, 'web'), 'login_required');
      const reference = await referenceOf(await push(server, fieldsOf({ client_id: 'pusher' }), basic('pusher')));
      const page = await domain.browser().open(bring(reference, { client_id: 'pusher' }));
      await pageOf(page, 'sign-in');
      const strict = await domain.another({ requirePushedRequests: true });
      assert.equal(strict.metadata().require_pushed_authorization_requests, true);
      assert.equal(server.metadata().require_pushed_authorization_requests, undefined);
      assert.equal(server.metadata().pushed_authorization_request_endpoint, endpoint);
      assert.equal(await silent(strict, 'web'), 'invalid_request');
      const pushed = await referenceOf(await push(strict));
      await pageOf(await createBrowser(strict, issuer).open(bring(pushed)), 'sign-in');
    },
  );

  await t.test('Q30, Q32: as many of a public app wait as may, and what they wait for ends', async () => {
    const few = await domain.another({ pushedRequestsWaiting: 2, pushedRequestSeconds: 90 });
    const fields = fieldsOf({ client_id: 'browser' });
    for (let count = 0; count < 2; count++) assert.equal((await push(few, fields, {})).status, 201);
    const refused = await push(few, fields, {});
    assert.equal(refused.headers.get('retry-after'), '90');
    assert.deepEqual(await told(refused), [429, 'temporarily_unavailable']);
    assert.equal((await push(few, fieldsOf({ client_id: 'limited' }), {})).status, 201, 'another app');
    for (let count = 0; count < 3; count++) assert.equal((await push(few)).status, 201, 'an app that proves who it is');
    domain.advance(90);
    assert.equal((await push(few, fields, {})).status, 201);
    domain.advance(-90);
  });

  await t.test('C56, Q10: a code is bound to the key that the request names or proves', async () => {
    const [own, other] = await Promise.all([createProver(), createProver()]);
    const proofAt = async (url: string, prover = own): Promise<Sent> => ({ dpop: await prover.proof({ url }) });
    const mismatch = await push(server, fieldsOf({ dpop_jkt: other.jkt }), {
      ...basic('web'),
      ...(await proofAt(endpoint)),
    });
    assert.deepEqual(await told(mismatch), [400, 'invalid_request']);
    const stray = await push(server, fieldsOf(), { ...basic('web'), ...(await proofAt(`${issuer}/token`)) });
    assert.deepEqual(await told(stray), [400, 'invalid_dpop_proof']);
    const urls = [
      bring(await referenceOf(await push(server, fieldsOf(), { ...basic('web'), ...(await proofAt(endpoint)) }))),
      bring(await referenceOf(await push(server, fieldsOf({ dpop_jkt: own.jkt })))),
      authorizeUrl({ dpop_jkt: own.jkt }),
    ];
    for (const url of urls) {
      const fields = codeFields(await finish(domain, url));
      const redeem = async (proof: Sent): Promise<Response> => domain.token(fields, { ...basic('web'), ...proof });
      assert.deepEqual(await told(await redeem({})), [400, 'invalid_grant'], url);
      assert.deepEqual(await told(await redeem(await proofAt(`${issuer}/token`, other))), [400, 'invalid_grant']);
      assert.equal((await redeem(await proofAt(`${issuer}/token`))).status, 200, 'nobody else used it up');
    }
  });
});

test('B31, race: eight at once, twenty times, on two servers: a reference is taken by exactly one', async (t) => {
  const domain = await startDomain(t);
  const servers = [domain.server, await domain.another()];
  for (let round = 0; round < 20; round++) {
    const reference = await referenceOf(await push(servers[round % 2] ?? domain.server));
    const responses = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        createBrowser(servers[at % 2] ?? domain.server, issuer).send(bring(reference)),
      ),
    );
    const statuses = responses.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [303, 400, 400, 400, 400, 400, 400, 400], `round ${round}`);
  }
});
