/** An app's own registration: whoever holds its token may read, change and remove it, and nobody else. RFC 7592. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { exportJWK, generateKeyPair } from 'jose';
import { endGrantsOfStopped, forgetPending, moveClient } from './client-lifecycle.ts';
import { addInitialToken } from './initial-access-token.ts';
import { createRegisteredClients } from './registered-clients.ts';
import { pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  codeFields,
  refreshFields,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';
import {
  appCallback,
  type Information,
  manage,
  refusalOf,
  register,
  send,
  startRegistration,
} from './testing/registration.ts';

const metadata = { redirect_uris: [appCallback], client_name: 'Diary' };
const scope = 'openid launch/patient offline_access patient/Observation.rs';

const tokenFor = async (domain: TestDomain, more: { scope?: string } = {}): Promise<string> => {
  const at = domain.now();
  const expiresAt = new Date(at.getTime() + 3_600_000);
  return (await addInitialToken(domain.database.pool, { note: 'x', uses: 50, createdAt: at, expiresAt, ...more }))
    .token;
};

const listed = async (domain: TestDomain, more: object = {}): Promise<Information> =>
  register(domain, { ...metadata, scope, ...more }, { token: await tokenFor(domain) });

/** What the app would send back: what it was told, without what is not for it to say. */
const body = ({ client_id, redirect_uris, client_name, scope: told, grant_types }: Information, more: object = {}) => ({
  client_id,
  redirect_uris,
  client_name,
  scope: told,
  grant_types,
  ...more,
});

const changed = async (domain: TestDomain, app: Information, more: object = {}): Promise<Information> => {
  const response = await manage(domain, app, 'PUT', body(app, more));
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal(response.headers.get('cache-control'), 'no-store');
  return (await response.json()) as Information;
};

/** Whether the token endpoint takes the app for who it says. */
const authenticates = async (domain: TestDomain, id: string, secret = ''): Promise<boolean> =>
  (await refusalOf(await domain.token(codeFields('no code'), basic(id, secret)))) === '400 invalid_grant';

async function obtain(domain: TestDomain, app: Information): Promise<Tokens> {
  const browser = domain.browser();
  const url = authorizeUrl({ client_id: app.client_id, redirect_uri: appCallback, scope });
  const page = await pageOf(await browser.open(url), 'sign-in');
  const back = await allow(browser, await browser.submit(page, { username: 'ana', password: 'correct horse' }));
  const fields = codeFields(answerOf(back).get('code') ?? '', { redirect_uri: appCallback });
  const response = await domain.token(fields, basic(app.client_id, app.client_secret));
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Tokens;
}

const lifecycleOf = (domain: TestDomain, endGrant: Parameters<typeof moveClient>[0]['endGrant']) => ({
  pool: domain.database.pool,
  consents: domain.consents,
  endGrant,
  tokenSeconds: 900,
  now: domain.now,
});

test('H07: only the app’s own token reads, changes or removes it', async (t) => {
  const domain = await startRegistration(t);
  const [app, other] = [await register(domain, metadata), await register(domain, metadata)];
  const own = await manage(domain, app, 'GET');
  assert.equal(own.status, 200);
  const { client_secret: _, client_secret_expires_at: __, ...told } = app;
  assert.deepEqual(await own.json(), told, 'a secret is shown once');
  const { registration_access_token: token } = app;
  const wrong: readonly { client_id: string; registration_access_token: string }[] = [
    { ...app, registration_access_token: other.registration_access_token },
    { ...app, registration_access_token: app.client_secret ?? '' },
    { ...app, registration_access_token: `${token}x` },
    { client_id: `app_${'a'.repeat(22)}`, registration_access_token: token },
    { client_id: 'web', registration_access_token: token },
    { client_id: '__proto__', registration_access_token: token },
  ];
  for (const pretender of wrong)
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await manage(domain, pretender, method, method === 'PUT' ? body(app) : undefined);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer .*invalid_token/);
      assert.equal(await refusalOf(response), '401 invalid_token', `${method} ${pretender.client_id}`);
    }
  const path = `/register/${app.client_id}`;
  assert.equal(await refusalOf(await send(domain, undefined, { path, method: 'GET' })), '401 invalid_token');
  assert.equal((await send(domain, body(app), { path, token })).status, 405);
  assert.equal((await manage(domain, app, 'GET')).status, 200, 'none of it did anything');
  for (const kept of [domain.audit, domain.logged]) assert.ok(!JSON.stringify(kept).includes(token));
});

test('H07, H11: a change makes a new token and secret; those before work on for a while, and no longer', async (t) => {
  const domain = await startRegistration(t, undefined, { secretOverlapSeconds: 100, tokenOverlapSeconds: 50 });
  const app = await register(domain, metadata);
  const next = await changed(domain, app, { client_name: 'Diary 2', contacts: null });
  assert.equal(next.client_name, 'Diary 2');
  assert.notEqual(next.registration_access_token, app.registration_access_token);
  assert.ok(next.client_secret !== undefined && next.client_secret !== app.client_secret);
  assert.equal(next.client_secret_expires_at, 0);
  const { client_id: id } = app;
  for (const secret of [app.client_secret, next.client_secret]) assert.ok(await authenticates(domain, id, secret));
  domain.advance(49);
  assert.equal((await manage(domain, app, 'GET')).status, 200);
  domain.advance(2);
  assert.equal((await manage(domain, app, 'GET')).status, 401);
  domain.advance(48);
  assert.ok(await authenticates(domain, id, app.client_secret));
  domain.advance(2);
  assert.ok(!(await authenticates(domain, id, app.client_secret)), 'the overlap is over');
  assert.ok(await authenticates(domain, id, next.client_secret));
  const kept = await changed(domain, next, { client_secret: next.client_secret });
  assert.ok(!('client_secret' in kept), 'an app that sends its secret keeps it');
  assert.ok(await authenticates(domain, id, next.client_secret));
  const open = await changed(domain, kept, { token_endpoint_auth_method: 'none' });
  assert.ok(!('client_secret' in open));
  assert.ok(!(await authenticates(domain, id, next.client_secret)), 'a public app has no secret');
});

test('H07: what is not the app’s to say, or does not fit, changes nothing', async (t) => {
  const domain = await startRegistration(t);
  const app = await register(domain, metadata);
  const faulty: readonly (readonly [object, string])[] = [
    [{ client_id: 'web' }, 'invalid_client_metadata'],
    [{ client_id: undefined }, 'invalid_client_metadata'],
    [{ client_secret: 'another secret of mine' }, 'invalid_client_metadata'],
    [{ client_secret: 7 }, 'invalid_client_metadata'],
    [{ registration_access_token: app.registration_access_token }, 'invalid_request'],
    [{ registration_client_uri: app.registration_client_uri }, 'invalid_request'],
    [{ client_secret_expires_at: 0 }, 'invalid_request'],
    [{ client_id_issued_at: 0 }, 'invalid_request'],
    [{ redirect_uris: ['http://app.example/cb'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: undefined }, 'invalid_redirect_uri'],
    [
      { grant_types: ['client_credentials'], jwks_uri: 'https://a.example/', scope: 'system/*.rs' },
      'invalid_client_metadata',
    ],
  ];
  for (const [more, error] of faulty)
    assert.equal(
      await refusalOf(await manage(domain, app, 'PUT', body(app, more))),
      `400 ${error}`,
      JSON.stringify(more),
    );
  const { client_secret: _, client_secret_expires_at: __, ...told } = app;
  assert.deepEqual(await (await manage(domain, app, 'GET')).json(), told);
  const smuggled = await changed(domain, app, {
    status: 'listed',
    affinity_purposes: ['BTG'],
    affinity_ehr: true,
    publisher: 'A hospital',
  });
  assert.deepEqual(
    Object.keys(smuggled).filter((name) => /status|affinity|publisher/.test(name)),
    [],
  );
});

test('H04, H07: a listed app that becomes more, or says that it is another, has to be looked at again', async (t) => {
  const domain = await startRegistration(t);
  const clients = createRegisteredClients(domain.database.pool);
  const standing = async (app: Information) => (await clients.find(app.client_id))?.registered;
  const key = async () => ({ ...(await exportJWK((await generateKeyPair('ES384')).publicKey)), kid: 'k1' });
  let app = await listed(domain, { redirect_uris: [appCallback, `${appCallback}2`] });
  for (const less of [
    { redirect_uris: [appCallback] },
    { contacts: ['mail@app.example'] },
    { software_version: '2' },
    { scope: 'openid launch/patient offline_access patient/Observation.r' },
    { grant_types: ['authorization_code'] },
  ]) {
    app = await changed(domain, app, { contacts: undefined, ...less });
    assert.equal(await standing(app), 'listed', JSON.stringify(less));
  }
  for (const more of [
    { redirect_uris: [appCallback, 'https://evil.example/cb'] },
    { launch_uris: ['https://evil.example/launch'] },
    { scope: `${scope} patient/Condition.rs` },
    { scope: `${scope} user/Observation.rs` },
    { scope: undefined },
    { client_name: 'Vitals' },
    { logo_uri: 'https://evil.example/logo.png' },
    { token_endpoint_auth_method: 'none' },
    { jwks: { keys: [await key()] }, token_endpoint_auth_method: 'private_key_jwt' },
  ]) {
    const before = await listed(domain);
    const after = await changed(domain, before, more);
    assert.equal(await standing(after), 'pending', JSON.stringify(more));
    assert.ok(!after.grant_types.includes('refresh_token'));
  }
  const signed = await listed(domain, { jwks: { keys: [await key()] }, token_endpoint_auth_method: 'private_key_jwt' });
  const rotated = { jwks: { keys: [await key()] }, token_endpoint_auth_method: 'private_key_jwt' };
  assert.equal(await standing(await changed(domain, signed, rotated)), 'listed', 'an app may change its keys');
});

test('H07, C32: removing an app ends its grants, and its tokens die everywhere', async (t) => {
  const domain = await startRegistration(t);
  const app = await listed(domain);
  const tokens = await obtain(domain, app);
  assert.ok(tokens.refresh_token !== undefined);
  const { pool } = domain.database;
  const response = await manage(domain, app, 'DELETE');
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const { rows } = await pool.query<{ id: string; ended_reason: string }>(
    'select id, ended_reason from authorization_grant where client_id = $1',
    [app.client_id],
  );
  assert.deepEqual(
    rows.map(({ ended_reason: reason }) => reason),
    ['app-stopped'],
  );
  const feed = await pool.query('select from ended_grant where grant_id = $1', [rows[0]?.id]);
  assert.equal(feed.rowCount, 1);
  assert.equal(await refusalOf(await manage(domain, app, 'GET')), '401 invalid_token');
  assert.equal(await refusalOf(await manage(domain, app, 'DELETE')), '401 invalid_token');
  const refreshed = await domain.token(refreshFields(tokens.refresh_token), basic(app.client_id, app.client_secret));
  assert.equal(await refusalOf(refreshed), '401 invalid_client');
  const page = await domain.browser().open(authorizeUrl({ client_id: app.client_id, redirect_uri: appCallback }));
  assert.equal((await pageOf(page, 'error')).view.kind, 'unknown-app');
  assert.equal((await pool.query('select from registered_client')).rowCount, 0);
  assert.deepEqual(
    domain.audit.filter(({ event }) => event === 'client-removed').map(({ client, outcome }) => [client, outcome]),
    [[app.client_id, 'permitted']],
  );
});

test('H07, race: changes and a removal at once leave what one of them said, or nothing', async (t) => {
  const domain = await startRegistration(t);
  const another = { ...domain, server: await domain.another() };
  const at = (turn: number): TestDomain => (turn % 2 === 0 ? domain : another);
  for (let round = 0; round < 3; round++) {
    const app = await register(domain, metadata);
    const answers = await Promise.all(
      ['one', 'two', 'three', 'four'].map((name, turn) =>
        manage(at(turn), app, 'PUT', body(app, { client_name: name })),
      ),
    );
    const told = (await Promise.all(
      answers.filter(({ status }) => status === 200).map((answer) => answer.json()),
    )) as Information[];
    assert.ok(told.length > 0);
    const clients = createRegisteredClients(domain.database.pool);
    const kept = await clients.find(app.client_id);
    const last = told.find(({ client_name: name }) => name === kept?.name);
    assert.ok(last !== undefined, 'what is kept is what one answer says');
    assert.equal((await manage(domain, last, 'GET')).status, 200);
    assert.ok(await authenticates(domain, app.client_id, last.client_secret));

    const target = await register(domain, metadata);
    const race = await Promise.all([
      manage(domain, target, 'PUT', body(target, { client_name: 'late' })),
      manage(another, target, 'DELETE'),
      manage(domain, target, 'DELETE'),
    ]);
    const [put, ...removals] = race.map(({ status }) => status);
    assert.ok(put === 200 || put === 401, String(put));
    assert.deepEqual(removals.sort(), [204, 401]);
    const left = await domain.database.pool.query('select from registered_client where client_id = $1', [
      target.client_id,
    ]);
    assert.equal(left.rowCount, 0);
  }
});

test('H09, C32: suspending an app ends its grants and all that it may do; taken up again it is what it was', async (t) => {
  const domain = await startRegistration(t);
  const app = await listed(domain);
  const tokens = await obtain(domain, app);
  const { pool } = domain.database;
  const lifecycle = lifecycleOf(domain, endGrant);
  const none = async (): Promise<void> => {};
  const suspended = await moveClient(lifecycle, app.client_id, 'suspend', none);
  assert.deepEqual([suspended.kind, suspended.kind === 'moved' && suspended.endedGrants], ['moved', 1]);
  assert.equal((await pool.query('select from ended_grant')).rowCount, 1);
  assert.ok(!(await authenticates(domain, app.client_id, app.client_secret)));
  const clients = createRegisteredClients(pool);
  assert.equal(await clients.find(app.client_id), undefined);
  assert.equal(await clients.servesOrigin('https://app.example'), false);
  assert.equal(await refusalOf(await manage(domain, app, 'GET')), '403 access_denied');
  assert.equal(await refusalOf(await manage(domain, app, 'PUT', body(app))), '403 access_denied');
  assert.deepEqual(await moveClient(lifecycle, app.client_id, 'suspend', none), {
    kind: 'already',
    status: 'suspended',
  });
  await moveClient(lifecycle, app.client_id, 'resume', none);
  assert.equal((await clients.find(app.client_id))?.registered, 'listed');
  assert.equal(await clients.servesOrigin('https://app.example'), true);
  const again = await domain.token(refreshFields(tokens.refresh_token), basic(app.client_id, app.client_secret));
  assert.equal(await refusalOf(again), '400 invalid_grant', 'what was ended stays ended');
  assert.deepEqual(await moveClient(lifecycle, 'web', 'suspend', none), { kind: 'unknown' });

  // A process that ends between the suspension and the end of the grants leaves the rest to whoever comes after it.
  const later = await obtain(domain, app);
  const broken = lifecycleOf(domain, async () => Promise.reject(new Error('gone')));
  await assert.rejects(moveClient(broken, app.client_id, 'suspend', none), /gone/);
  assert.ok(!(await authenticates(domain, app.client_id, app.client_secret)));
  await endGrantsOfStopped(lifecycle);
  assert.equal((await pool.query('select from authorization_grant where ended_at is null')).rowCount, 0);
  assert.equal((await pool.query('select from registered_client where ending')).rowCount, 0);
  assert.ok(later.access_token !== undefined);
});

test('H09: an app that nobody looks at is forgotten, and an unrecorded change is not made', async (t) => {
  const domain = await startRegistration(t, undefined, { pendingSeconds: 100 });
  const app = await register(domain, metadata);
  const fails = async (): Promise<never> => Promise.reject(new Error('no audit log'));
  const lifecycle = lifecycleOf(domain, endGrant);
  await assert.rejects(moveClient(lifecycle, app.client_id, 'list', fails), /no audit log/);
  assert.equal((await createRegisteredClients(domain.database.pool).find(app.client_id))?.registered, 'pending');
  const removed: (string | undefined)[] = [];
  const record = async (_event: string, _outcome: string, facts: { client?: string } = {}) =>
    void removed.push(facts.client);
  const since = (seconds: number): Date => new Date(domain.now().getTime() - seconds * 1000);
  await forgetPending(lifecycle, since(100), record);
  assert.deepEqual(removed, []);
  await forgetPending(lifecycle, since(-1), record);
  assert.deepEqual(removed, [app.client_id]);
});
