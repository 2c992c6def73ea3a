/** A launch from a record system is used: by whom, once, and with which context. SMART App Launch 2.2, EHR launch. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createBrowser, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  clinic,
  codeFields,
  hospital,
  issuer,
  obtainTokens,
  postForm,
  refreshFields,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';
import { ehrToken, type LaunchedTokens, launchedTokens, launchOf, redeem, scope } from './testing/launch-flow.ts';
import { postLaunch } from './testing/launches.ts';

const ends: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ends) await end();
});
let domain: TestDomain;
let token: string;
before(async () => {
  domain = await startDomain({ after: (end) => void ends.unshift(end) });
  token = await ehrToken(domain);
});

const refused = async (changes: Parameters<typeof authorizeUrl>[0], username = 'doctor', error = 'invalid_request') => {
  const browser = domain.browser();
  const back = answerOf(await signIn(browser, authorizeUrl({ scope, ...changes }), username));
  assert.equal(back.get('code'), null);
  assert.equal(back.get('error'), error, back.get('error_description') ?? '');
};

test('D14 D18 D19 C27 G02: patient, encounter and the rest in the token response, after a refresh, and in introspection', async () => {
  const fhirContext = [
    { reference: 'ImagingStudy/7' },
    { canonical: 'http://example.org/q|1', role: 'https://a.example/r' },
  ];
  const context = {
    encounter: 'e1',
    fhirContext,
    intent: 'reconcile-medications',
    tenant: 'ward-7',
    need_patient_banner: false,
  };
  const { launch } = await launchOf(domain, token, context);
  const tokens = await launchedTokens(domain, launch);
  const { smart_style_url: style } = tokens;
  assert.match(String(style), /^http:\/\/localhost:4000\/auth\/styles\/[\w-]{43}\.json$/);
  const expected = { ...context, patient: 'p1', smart_style_url: style };
  const seen = (answer: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.keys(expected).map((name) => [name, answer[name]]));
  assert.deepEqual(seen(tokens), expected);
  assert.ok(tokens.scope.split(' ').includes('launch'), 'D22');
  const refreshed = await domain.token(refreshFields(tokens.refresh_token), basic('web'));
  const again = (await refreshed.json()) as LaunchedTokens;
  assert.deepEqual(seen(again), expected);
  for (const held of [again.access_token, again.refresh_token]) {
    const described = await (
      await postForm(domain.server, '/introspect', { token: String(held) }, basic('web'))
    ).json();
    assert.equal(described.active, true);
    assert.deepEqual(seen(described), expected);
    assert.deepEqual([described.iss, described.sub], [issuer, claimsOf(tokens.id_token ?? '').sub]);
    assert.equal(described.fhirUser, `${clinic}/Practitioner/d1`);
  }
  assert.equal(claimsOf(tokens.access_token).patient, 'p1');
});

test('D18: without a word of it the app shows the patient itself, and the domain’s own style holds', async () => {
  const tokens = await launchedTokens(domain, (await launchOf(domain, token)).launch);
  assert.equal(tokens.need_patient_banner, true);
  const style = await domain.server.fetch(new Request(String(tokens.smart_style_url)), {});
  assert.deepEqual(await style.json(), { color_text: '#000000' });
});

test('B15: a second time, by whoever it is, there is no code', async () => {
  const { launch } = await launchOf(domain, token);
  await launchedTokens(domain, launch);
  await refused({ launch });
  assert.match(domain.audit.findLast(({ event }) => event === 'launch-used')?.reason ?? '', /used before/);
});

test('B15: another app, another server, another person, an unknown handle, or one that is over: no code', async () => {
  const { launch } = await launchOf(domain, token);
  await refused({ launch, client_id: 'other' });
  await refused({ launch, aud: hospital });
  await refused({ launch, scope: scope.replace('launch', 'launch') }, 'nurse', 'access_denied');
  await refused({ launch, scope }, 'ana', 'access_denied');
  await refused({ launch: launch.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) });
  await refused({ launch: 'x' });
  domain.advance(240);
  const still = (
    await signIn(domain.browser(), authorizeUrl({ scope, launch, prompt: 'consent' }), 'doctor')
  ).headers.has('location');
  assert.equal(still, false, 'within its five minutes it is good, and none of the others used it up');
  domain.advance(60);
  await refused({ launch });
  assert.ok(
    domain.audit.some(
      ({ event, outcome, reason }) =>
        event === 'launch-used' && outcome === 'denied' && reason === 'launch: of another app',
    ),
  );
  // Each is found out as it arrives, before anybody signs in, and written down.
  for (const reason of ['of another app', 'for another server', 'unknown', 'over'])
    assert.ok(
      domain.audit.some((one) => one.event === 'launch-used' && one.reason === `launch: ${reason}`),
      reason,
    );
  token = await ehrToken(domain);
});

test('D16: launch as a scope alone is left out; a launch without the scope is refused', async () => {
  const tokens = await obtainTokens(domain, { scope: 'launch launch/patient patient/Observation.rs' });
  assert.deepEqual(tokens.scope.split(' ').sort(), ['launch/patient', 'patient/Observation.rs']);
  const alone = answerOf(await signIn(domain.browser(), authorizeUrl({ scope: 'launch' })));
  assert.equal(alone.get('error'), 'invalid_scope');
  const { launch } = await launchOf(domain, token);
  await refused({ launch, scope: 'launch/patient patient/Observation.rs' });
});

test('an emergency takes no launch', async () => {
  const body = { client_id: 'ward', patient: 'p1' };
  assert.equal((await postLaunch(domain.server, issuer, token, body)).status, 400, 'it has no launch address');
  const { launch } = await launchOf(domain, token);
  await domain.database.pool.query(`update ehr_launch set client_id = 'ward'`);
  await refused({ client_id: 'ward', purpose_of_use: 'BTG', launch });
});

test('B29: the record is the launch’s: nobody is asked whose, though the person acts for several', async () => {
  domain.records.reached.add('RelatedPerson/r1 p2').add('RelatedPerson/r1 p3');
  const browser = domain.browser();
  const choice = await pageOf(
    await signIn(browser, authorizeUrl({ client_id: 'ehr', scope: 'launch/patient patient/Patient.rs' }), 'ben'),
    'patient',
  );
  const back = await allow(browser, await browser.submit(choice, { patient: 'p3' }));
  const answer = await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('ehr'));
  const { access_token } = (await answer.json()) as Tokens;
  const { launch } = await launchOf(domain, access_token, { patient: 'p3' });
  const page = await pageOf(await signIn(domain.browser(), authorizeUrl({ scope, launch }), 'ben'), 'consent');
  assert.equal(page.view.patient?.id, 'p3');
});

test('D14: a launch with a patient puts the patient into context for user/ scopes too', async () => {
  const { launch } = await launchOf(domain, token);
  const browser = domain.browser();
  const back = await allow(
    browser,
    await signIn(browser, authorizeUrl({ scope: 'launch user/Observation.rs', launch }), 'doctor'),
  );
  const tokens = (await (await redeem(domain, back)).json()) as Tokens;
  assert.equal(tokens.patient, 'p1');
});

test('C32: when the person reaches the record no longer, neither the code nor a refresh token is worth anything', async () => {
  const tokens = await launchedTokens(domain, (await launchOf(domain, token)).launch);
  const [first, second] = [await launchOf(domain, token), await launchOf(domain, token)];
  const [one, two] = [domain.browser(), domain.browser()];
  const fresh = { scope, prompt: 'consent' };
  const back = await allow(one, await signIn(one, authorizeUrl({ ...fresh, launch: first.launch }), 'doctor'));
  const consent = await signIn(two, authorizeUrl({ ...fresh, launch: second.launch }), 'doctor');
  const introspect = async () =>
    (await (await postForm(domain.server, '/introspect', { token: tokens.refresh_token ?? '' }, basic('web'))).json())
      .active;
  assert.equal(await introspect(), true);
  domain.records.reached.delete('Practitioner/d1 p1');
  assert.equal(await introspect(), false);
  const redeemed = await redeem(domain, back);
  assert.equal((await redeemed.json()).error, 'invalid_grant');
  const denied = answerOf(await allow(two, consent));
  assert.deepEqual([denied.get('error'), denied.get('code')], ['access_denied', null]);
  const refreshed = await domain.token(refreshFields(tokens.refresh_token), basic('web'));
  assert.equal((await refreshed.json()).error, 'invalid_grant');
  domain.records.reached.add('Practitioner/d1 p1');
  const later = await domain.token(refreshFields(tokens.refresh_token), basic('web'));
  assert.equal((await later.json()).error, 'invalid_grant', 'the family has ended');
});

test('what was allowed for a launch is remembered for launches of the same patient, and for nothing else', async () => {
  const browser = domain.browser();
  const at = async (launch: string | undefined, changes = {}): Promise<Response> =>
    browser.open(authorizeUrl({ scope, ...(launch === undefined ? {} : { launch }), ...changes }));
  const next = async (patient = 'p1', more = {}) => (await launchOf(domain, token, { patient, ...more })).launch;
  await redeem(
    domain,
    await allow(
      browser,
      await signIn(browser, authorizeUrl({ scope, launch: await next(), prompt: 'consent' }), 'doctor'),
    ),
  );
  const launch = await next('p1', { encounter: 'e1' });
  const silent = await at(launch, { prompt: 'none' });
  const tokens = (await (await redeem(domain, silent)).json()) as LaunchedTokens;
  assert.deepEqual([tokens.patient, tokens.encounter], ['p1', 'e1'], 'the context is that of the new launch');
  assert.equal(answerOf(await at(launch, { prompt: 'none' })).get('code'), null, 'used');
  assert.equal(answerOf(await at(await next('p2'), { prompt: 'none' })).get('error'), 'consent_required');
  await pageOf(await at(await next('p2')), 'consent');
  // Without a launch a practitioner has no record to choose.
  assert.equal((await at(undefined)).status, 403);
});

test('what was allowed for a launch is not remembered for a request without one', async () => {
  const asked = 'openid launch launch/patient offline_access patient/Observation.rs';
  const { launch } = await launchOf(domain, await ehrToken(domain, 'ana'));
  const browser = domain.browser();
  const consent = await signIn(browser, authorizeUrl({ scope: asked, launch, prompt: 'consent' }), 'ana');
  assert.equal((await redeem(domain, await allow(browser, consent))).status, 200);
  const silent = { scope: asked, prompt: 'none' };
  assert.equal(answerOf(await browser.open(authorizeUrl(silent))).get('error'), 'consent_required');
  const next = await launchOf(domain, await ehrToken(domain, 'ana'));
  assert.ok(answerOf(await browser.open(authorizeUrl({ ...silent, launch: next.launch }))).has('code'));
});

test('B15, race: eight at once, on two servers with one database: one launch, one code', async (t) => {
  const domain = await startDomain(t);
  const servers = [domain.server, await domain.another()];
  const token = await ehrToken(domain);
  const browsers = Array.from({ length: 8 }, (_, at) => createBrowser(servers[at % 2] ?? domain.server, issuer));
  for (const browser of browsers)
    await signIn(browser, authorizeUrl({ client_id: 'web', scope: 'openid launch/patient' }), 'doctor');
  const codesOf = (responses: readonly Response[]): readonly string[] =>
    responses.flatMap((response) => {
      const location = response.headers.get('location');
      const code = location === null ? null : new URL(location).searchParams.get('code');
      return code === null ? [] : [code];
    });

  await t.test('eight interactions with the same handle', async () => {
    for (let round = 0; round < 10; round++) {
      const { launch } = await launchOf(domain, token);
      const url = authorizeUrl({ scope, launch, prompt: 'consent' });
      const pages = await Promise.all(browsers.map((browser) => browser.open(url)));
      const backs = await Promise.all(pages.map(async (page, at) => allow(browsers[at] ?? domain.browser(), page)));
      assert.equal(codesOf(backs).length, 1, `round ${round}`);
    }
  });

  await t.test('eight silent requests under a remembered consent', async () => {
    const [browser] = browsers;
    assert.ok(browser !== undefined);
    const { launch } = await launchOf(domain, token);
    await redeem(domain, await allow(browser, await browser.open(authorizeUrl({ scope, launch, prompt: 'consent' }))));
    for (let round = 0; round < 10; round++) {
      const next = await launchOf(domain, token);
      const url = authorizeUrl({ scope, launch: next.launch, prompt: 'none' });
      const backs = await Promise.all(browsers.map((one) => one.send(url)));
      assert.equal(codesOf(backs).length, 1, `round ${round}`);
    }
  });

  await t.test('eight clicks on Allow in one interaction: the person gets on, with one grant', async () => {
    const [browser] = browsers;
    assert.ok(browser !== undefined);
    for (let round = 0; round < 5; round++) {
      const { launch } = await launchOf(domain, token);
      const page = await pageOf(await browser.open(authorizeUrl({ scope, launch, prompt: 'consent' })), 'consent');
      const fields = { scope: page.view.items.map((item) => item.scope), duration: '365', decision: 'allow' };
      const clicks = await Promise.all(
        Array.from({ length: 8 }, () => browser.submit(page, fields).catch(() => undefined)),
      );
      const codes = codesOf(clicks.filter((response) => response !== undefined));
      assert.ok(codes.length >= 1, `round ${round}`);
      const answers = await Promise.all(codes.map((code) => domain.token(codeFields(code), basic('web'))));
      assert.equal(answers.filter(({ status }) => status === 200).length, 1, 'one of its codes gives tokens');
      const { rows } = await domain.database.pool.query('select grant_id from ehr_launch where used_at is not null');
      const { rows: grants } = await domain.database.pool.query(
        'select count(*)::int as n from authorization_grant where launched',
      );
      assert.equal(grants[0].n, rows.length);
    }
  });
});
