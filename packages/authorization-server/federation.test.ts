/** Signing in with an external OpenID provider: whom it opens what for, and every way to misuse it. RFC 9700 §4; OIDC Core 1.0. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { multiFactor, singleFactor } from './authentication-context.ts';
import { linkIdentity } from './factors/federated-identities.ts';
import type { IdentityProvider } from './federation.ts';
import { invite, redeemInvitation } from './proofing.ts';
import { createBrowser, pageOf, type TestBrowser } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  clinic,
  codeFields,
  issuer,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';
import { enrolTotp } from './testing/factors.ts';
import { createTestProvider, type TestProvider, type Wrong } from './testing/identity-provider.ts';

const url = authorizeUrl({ prompt: 'consent' });
const configured = (id: string, { issuer: at }: TestProvider): IdentityProvider => ({
  id,
  name: `Provider ${id}`,
  issuer: at,
  clientId: 'affinity',
  credential: { kind: 'secret', secret: 'a secret of ours there', method: 'client_secret_basic' },
  scope: 'openid profile',
  multiFactor: ['urn:there:mfa'],
});

interface Elsewhere {
  readonly domain: TestDomain;
  readonly hospital: TestProvider;
  readonly region: TestProvider;
}

const startElsewhere = async (t: { after(work: () => Promise<void>): void }): Promise<Elsewhere> => {
  const [hospital, region] = [await createTestProvider(), await createTestProvider('https://id.region.example')];
  const fetchOutside: SafeFetch = (asked) => (asked.url.startsWith(hospital.issuer) ? hospital : region).fetch(asked);
  const births: Readonly<Record<string, string>> = { p7: '1984-02-11', p8: '1990', p1: '1970-01-01' };
  const domain = await startDomain(
    t,
    {},
    {},
    {
      identityProviders: [configured('hospital', hospital), configured('region', region)],
      fetchOutside,
      patients: async (ids) =>
        ids.map((id) => ({ id, name: id, ...(births[id] === undefined ? {} : { birthDate: births[id] }) })),
    },
  );
  return { domain, hospital, region };
};

/** As far as the provider's own page. @returns its address */
const leave = async (browser: TestBrowser, id = 'hospital', from = url): Promise<string> => {
  const page = await pageOf(await browser.open(from), 'sign-in');
  const address = page.view.providers?.find((one) => one.name === `Provider ${id}`)?.address;
  const response = await browser.open(address ?? assert.fail('no way there'));
  assert.equal(response.status, 303, await response.clone().text());
  return response.headers.get('location') ?? '';
};
const link = (domain: TestDomain, subject = 'subject-1', sub = domain.ana, at = 'https://id.hospital.example') =>
  linkIdentity(
    domain.database.pool,
    { issuer: at, subject },
    { sub, provider: 'hospital', proof: 'account', at: domain.now() },
  );
const signIns = (domain: TestDomain): number => domain.audit.filter(({ event }) => event === 'sign-in').length;

test('F14: whoever is known by issuer and subject is signed in, by what the provider proved', async (t) => {
  const { domain, hospital } = await startElsewhere(t);
  await link(domain);
  const browser = domain.browser();
  const there = await leave(browser);
  const asked = new URL(there);
  assert.equal(asked.origin + asked.pathname, 'https://id.hospital.example/authorize');
  assert.equal(asked.searchParams.get('redirect_uri'), `${issuer}/federation/hospital/callback`);
  assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
  for (const name of ['state', 'nonce', 'code_challenge'])
    assert.match(asked.searchParams.get(name) ?? '', /^[\w-]{43}$/, name);
  assert.equal(asked.searchParams.get('prompt'), null);
  const { rows } = await domain.database.pool.query('select * from federation_request');
  for (const value of [...browser.cookies.values()].map((cookie) => cookie.value))
    assert.ok(!JSON.stringify(rows).includes(value), 'what the browser holds is kept');
  const shown = await browser.open(hospital.signIn(there));
  const back = answerOf(await allow(browser, shown));
  const tokens = (await (await domain.token(codeFields(back.get('code') ?? ''), basic('web'))).json()) as Tokens;
  const { sub, acr, amr } = claimsOf(tokens.id_token ?? '');
  assert.deepEqual([sub, acr, amr], [domain.ana, singleFactor, undefined]);
  assert.match(hospital.redeemed[0]?.get('code_verifier') ?? '', /^[\w-]{43}$/);

  await t.test(
    'its acr counts where the operator says so; the second factor of ours is asked for otherwise',
    async () => {
      const device = await enrolTotp(domain, domain.ana);
      const one = domain.browser();
      const page = await pageOf(await one.open(hospital.signIn(await leave(one))), 'second-factor');
      await pageOf(await one.submit(page, { code: device.code() }), 'consent');
      hospital.wrong = { claims: { acr: 'urn:there:mfa', amr: ['pwd', 'hwk'] } };
      const two = domain.browser();
      const strong = authorizeUrl({ prompt: 'consent', acr_values: multiFactor });
      const response = await two.open(hospital.signIn(await leave(two, 'hospital', strong)));
      await pageOf(response, 'consent');
      hospital.wrong = { claims: { acr: 'urn:another', amr: ['mfa'] } };
      const three = domain.browser();
      await pageOf(await three.open(hospital.signIn(await leave(three))), 'second-factor');
      hospital.wrong = {};
      await domain.database.pool.query('delete from totp');
    },
  );

  await t.test('an e-mail address, a name, and the subject of another issuer open nothing', async () => {
    hospital.wrong = { claims: { email: 'ana', preferred_username: 'ana', name: 'Ana' } };
    hospital.subject = 'subject-2';
    const one = domain.browser();
    const page = await pageOf(await one.open(hospital.signIn(await leave(one))), 'sign-in');
    assert.deepEqual(page.view.linking, { provider: 'Provider hospital', name: 'Ana' });
    await pageOf(await one.open(authorizeUrl({ prompt: 'consent' })), 'sign-in');
    hospital.wrong = {};
    hospital.subject = 'subject-1';
  });

  await t.test('one whose account is closed stays out', async () => {
    await domain.people.disable(domain.ana, domain.now());
    const one = domain.browser();
    const page = await pageOf(await one.open(hospital.signIn(await leave(one))), 'sign-in');
    assert.deepEqual(page.view.fault, { kind: 'elsewhere', why: 'refused', provider: 'Provider hospital' });
    await domain.database.pool.query('update person set disabled_at = null');
  });

  await t.test('who is asked to sign in anew has to do so there too, and not a day ago', async () => {
    const anew = authorizeUrl({ prompt: 'login consent' });
    const one = domain.browser();
    const address = await leave(one, 'hospital', anew);
    assert.equal(new URL(address).searchParams.get('prompt'), 'login');
    await pageOf(await one.open(hospital.signIn(address)), 'consent');
    for (const wrong of [
      { claims: { auth_time: Math.floor(Date.now() / 1000) - 3600 } },
      { without: ['auth_time'] },
    ] satisfies readonly Wrong[]) {
      hospital.wrong = wrong;
      const other = domain.browser();
      const page = await pageOf(await other.open(hospital.signIn(await leave(other, 'hospital', anew))), 'sign-in');
      assert.equal(page.view.fault?.kind, 'elsewhere');
    }
    // without being asked anew, a session of an hour there is one of an hour here
    hospital.wrong = { claims: { auth_time: Math.floor(Date.now() / 1000) - 3600 } };
    const other = domain.browser();
    await pageOf(await other.open(hospital.signIn(await leave(other))), 'consent');
    assert.equal(
      answerOf(await other.open(authorizeUrl({ max_age: '600', prompt: 'none' }))).get('error'),
      'login_required',
    );
    hospital.wrong = {};
  });
});

test('F14: whatever is wrong with what comes back signs nobody in', async (t) => {
  const { domain, hospital, region } = await startElsewhere(t);
  await link(domain);
  const refused = async (response: Response, why: 'failed' | 'denied' | 'unreachable' = 'failed', who = 'hospital') => {
    const page = await pageOf(response, 'sign-in');
    assert.deepEqual(page.view.fault, { kind: 'elsewhere', why, provider: `Provider ${who}` });
    assert.equal(page.view.linking, undefined);
  };
  const time = Math.floor(Date.now() / 1000);
  for (const wrong of [
    { claims: { nonce: 'another' } },
    { without: ['nonce'] },
    { claims: { aud: 'another' } },
    { claims: { aud: ['affinity', 'another'], azp: 'another' } },
    { claims: { iss: 'https://evil.example' } },
    { claims: { exp: time - 100 } },
    { without: ['sub'] },
    { foreignKey: true },
    { status: 500 },
    { status: 400 },
  ] satisfies readonly Wrong[]) {
    const browser = domain.browser();
    const address = await leave(browser);
    hospital.wrong = wrong;
    await refused(await browser.open(hospital.signIn(address)));
    hospital.wrong = {};
  }
  const changed = async (
    changes: Readonly<Record<string, string | undefined>>,
    why: 'failed' | 'denied' = 'failed',
  ) => {
    const browser = domain.browser();
    await refused(await browser.open(hospital.signIn(await leave(browser), changes)), why);
  };
  await changed({ state: 'another' });
  await changed({ state: undefined });
  await changed({ iss: 'https://evil.example' });
  await changed({ iss: undefined });
  await changed({ code: undefined });
  await changed({ code: 'another' });
  await changed({ code: undefined, error: 'access_denied' }, 'denied');
  await changed({ code: undefined, error: 'server_error', error_description: '<script>' });
  const before = domain.audit.filter(({ event }) => event === 'sign-in-failed');
  assert.ok(before.length >= 18 && before.every(({ reason }) => reason?.startsWith('by the provider hospital: ')));
  assert.equal(signIns(domain), 0);

  await t.test(
    'its answer counts once, and in the browser that asked, and for the provider that was asked (mix-up)',
    async () => {
      const [browser, thief] = [domain.browser(), domain.browser()];
      const answer = hospital.signIn(await leave(browser));
      await leave(thief);
      // in another browser, with a request of its own under way, and in one without
      await refused(await thief.open(answer));
      assert.equal((await domain.browser().open(answer)).status, 400);
      // with the answer of the one at the address of the other
      const mixed = domain.browser();
      const there = await leave(mixed, 'region');
      const swapped = new URL(region.signIn(there));
      swapped.pathname = swapped.pathname.replace('region', 'hospital');
      assert.equal((await mixed.open(swapped.href)).status, 400);
      const signed = new URL(region.signIn(there, { iss: hospital.issuer }));
      await refused(await mixed.open(signed.href), 'failed', 'region');
      // the honest one goes on, once
      const cookies = new Map(browser.cookies);
      await pageOf(await browser.open(answer), 'consent');
      assert.equal((await browser.send(answer)).status, 400);
      for (const [name, cookie] of cookies) browser.cookies.set(name, cookie);
      assert.equal((await browser.send(answer)).status, 400, 'an answer counts twice');
    },
  );

  await t.test('race: of one answer at two servers at once, one goes on', async () => {
    const browser = domain.browser();
    const answer = hospital.signIn(await leave(browser));
    const twin = createBrowser(await domain.another(), issuer);
    for (const [name, cookie] of browser.cookies) twin.cookies.set(name, cookie);
    const statuses = await Promise.all(
      [browser, twin, browser, twin].map(async (one) => (await one.send(answer)).status),
    );
    assert.deepEqual(statuses.sort(), [303, 400, 400, 400]);
  });

  await t.test('a way there is for the browser in which the sign-in was begun, and for a while', async () => {
    const browser = domain.browser();
    const page = await pageOf(await browser.open(url), 'sign-in');
    const address = page.view.providers?.[0]?.address ?? '';
    assert.equal((await domain.browser().send(address)).status, 400);
    assert.equal((await browser.send(address.replace('hospital', 'unknown'))).status, 404);
    assert.equal((await browser.send(address, { method: 'POST' })).status, 405);
    const answer = hospital.signIn(await leave(browser));
    domain.advance(901);
    assert.equal((await browser.send(answer)).status, 400);
  });

  await t.test('one that cannot be reached, or is not who it should be, is told in plain words', async () => {
    domain.advance(1_000);
    for (const wrong of [
      { unreachable: true },
      { metadata: { issuer: 'https://evil.example' } },
      { metadata: { authorization_endpoint: 'javascript:alert(1)//' } },
      { metadata: { authorization_endpoint: 'http://id.hospital.example/authorize' } },
    ] satisfies readonly Wrong[]) {
      hospital.wrong = wrong;
      const browser = domain.browser();
      const page = await pageOf(await browser.open(url), 'sign-in');
      await refused(await browser.open(page.view.providers?.[0]?.address ?? ''), 'unreachable');
      domain.advance(1_000);
    }
    hospital.wrong = {};
    const browser = domain.browser();
    const address = await leave(browser);
    hospital.wrong = { unreachable: true };
    await refused(await browser.open(hospital.signIn(address)), 'unreachable');
    hospital.wrong = {};
  });
});

test('F14: an unknown one becomes somebody by an account of ours, once, and only after it is confirmed', async (t) => {
  const { domain, hospital } = await startElsewhere(t);
  const arrive = async (browser: TestBrowser) =>
    pageOf(await browser.open(hospital.signIn(await leave(browser))), 'sign-in');
  const links = async (): Promise<number> =>
    (await domain.database.pool.query('select from federated_identity')).rowCount ?? 0;
  const right = { username: 'ana', password: 'correct horse' };
  const browser = domain.browser();
  const page = await arrive(browser);
  assert.deepEqual(page.view.linking, { provider: 'Provider hospital', name: 'Ana Elsewhere' });
  assert.deepEqual(page.view.providers, []);
  const wrong = await pageOf(await browser.submit(page, { ...right, password: 'wrong' }), 'sign-in');
  assert.deepEqual([wrong.view.fault?.kind, wrong.view.linking?.provider], ['wrong', 'Provider hospital']);
  const confirm = await pageOf(await browser.submit(page, right), 'link');
  assert.deepEqual([confirm.view.username, confirm.view.name], ['ana', 'Ana Elsewhere']);
  assert.equal(await links(), 0, 'linked before it is confirmed');
  assert.equal(signIns(domain), 0);
  // not linking is no hindrance
  await pageOf(await browser.submit(confirm, { link: 'no' }), 'consent');
  assert.equal(await links(), 0);
  // a second factor is part of opening the account
  const device = await enrolTotp(domain, domain.ana);
  const other = domain.browser();
  const second = await pageOf(await other.submit(await arrive(other), right), 'second-factor');
  const asked = await pageOf(await other.submit(second, { code: device.code() }), 'link');
  await pageOf(await other.submit(asked, { link: 'yes' }), 'consent');
  assert.equal(await links(), 1);
  assert.ok(domain.audit.some(({ event, user }) => event === 'identity-linked' && user === domain.ana));
  // from now on it is known; and nobody else's
  const again = domain.browser();
  await pageOf(await again.open(hospital.signIn(await leave(again))), 'second-factor');
  // race: one account elsewhere that two people confirm at once is one's
  hospital.subject = 'shared';
  const people = await Promise.all(
    ['ben', 'doctor'].map(async (username, at) => {
      const one = at === 0 ? domain.browser() : createBrowser(await domain.another(), issuer);
      return { one, page: await pageOf(await one.submit(await arrive(one), { ...right, username }), 'link') };
    }),
  );
  const answers = await Promise.all(people.map(({ one, page: shown }) => one.submit(shown, { link: 'yes' })));
  const kinds = await Promise.all(
    answers.map(async (answer) => (JSON.parse(await answer.text()) as { page: string }).page),
  );
  assert.equal(kinds.filter((kind) => kind === 'sign-in').length, 1, kinds.join());
  assert.equal(await links(), 2);
  // forgetting it begins anew
  hospital.subject = 'unknown';
  const last = domain.browser();
  const shown = await pageOf(await last.submit(await arrive(last), { again: 'yes' }), 'sign-in');
  assert.equal(shown.view.linking, undefined);
});

test('F14: or by an invitation: once, for a while, with the date of birth, and never over an account that is there', async (t) => {
  const { domain, hospital } = await startElsewhere(t);
  const { pool } = domain.database;
  const offer = (who: Parameters<typeof invite>[1], days = 7) =>
    invite(pool, who, {
      name: 'Ida',
      at: domain.now(),
      expiresAt: new Date(domain.now().getTime() + days * 86_400_000),
    });
  const arrive = async (subject: string, browser = domain.browser()) => {
    hospital.subject = subject;
    return { browser, page: await pageOf(await browser.open(hospital.signIn(await leave(browser))), 'sign-in') };
  };
  const code = await offer({ patient: 'p7' });
  assert.match(code, /^([0-9A-Z]{4}-){4}[0-9A-Z]{4}$/);
  assert.ok(!JSON.stringify((await pool.query('select * from proofing_invitation')).rows).includes(code), 'it is kept');
  const birth_date = '1984-02-11';
  const { browser, page } = await arrive('s1');
  const late = await offer({ patient: 'p7' }, -1);
  const refusals = [
    { proofing_code: code, birth_date: '1984-02-12' },
    { proofing_code: code },
    { proofing_code: late, birth_date },
    { proofing_code: 'AAAA-AAAA-AAAA-AAAA-AAAA', birth_date },
    // a patient whose date of birth is not known to the day cannot be proved this way
    { proofing_code: await offer({ patient: 'p8' }), birth_date: '1990' },
  ];
  const seen = [];
  for (const fields of refusals) {
    const response = await browser.submit(page, fields);
    seen.push([response.status, (await pageOf(response, 'sign-in')).view.fault]);
  }
  for (const answer of seen) assert.deepEqual(answer, [400, { kind: 'invitation' }]);
  assert.equal((await pool.query('select from federated_identity')).rowCount, 0);

  const consent = await pageOf(
    await browser.submit(page, { proofing_code: code.toLowerCase(), birth_date }),
    'consent',
  );
  assert.deepEqual([consent.view.person.name, consent.view.patient?.id], ['Ida', 'p7']);
  assert.ok(domain.audit.some(({ event, patient, user }) => event === 'identity-linked' && patient === 'p7' && user));
  const known = await arrive('s1').catch(() => undefined);
  assert.equal(known, undefined, 'it is still unknown');
  const used = await arrive('s2');
  assert.equal((await used.browser.submit(used.page, { proofing_code: code, birth_date })).status, 400);
  // p1 and the practitioner d1 have accounts, with whatever else those may do
  for (const [who, fields] of [
    [{ patient: 'p1' }, { birth_date: '1970-01-01' }],
    [{ practitioner: 'd1' }, {}],
  ] as const) {
    const response = await used.browser.submit(used.page, { proofing_code: await offer(who), ...fields });
    assert.deepEqual((await pageOf(response, 'sign-in')).view.fault, { kind: 'invitation-known' });
  }
  const staff = await arrive('s3');
  const nothing = await staff.browser.submit(staff.page, { proofing_code: await offer({ practitioner: 'd7' }) });
  assert.notEqual(nothing.status, 400);
  const { rows } = await pool.query(
    "select password_hash, emergency, auditor from person where fhir_user = 'Practitioner/d7'",
  );
  assert.deepEqual(rows, [{ password_hash: null, emergency: false, auditor: false }]);

  // race: one code, and two codes of one patient, at two servers at once: one account
  await pool.query("delete from person where fhir_user = 'Patient/p7'");
  const codes = [await offer({ patient: 'p7' }), await offer({ patient: 'p7' })];
  const second = await domain.another();
  const arrivals = [];
  for (let at = 0; at < 6; at++)
    arrivals.push(await arrive(`r${at}`, at % 2 === 0 ? domain.browser() : createBrowser(second, issuer)));
  await Promise.all(
    arrivals.map((one, at) => one.browser.submit(one.page, { proofing_code: codes[at % 2] ?? '', birth_date })),
  );
  assert.equal((await pool.query("select from person where fhir_user = 'Patient/p7'")).rowCount, 1);

  // the same, with a record that takes its time: what one has not committed yet, the other waits for
  await pool.query("delete from person where fhir_user = 'Patient/p7'");
  const slow = {
    pool,
    now: domain.now,
    birthDateOf: async () => birth_date,
    note: async () => void (await pool.query('select pg_sleep(0.05)')),
  };
  const given = [await offer({ patient: 'p7' }), await offer({ patient: 'p7' })];
  const answers = await Promise.all(
    given.map((one, at) =>
      redeemInvitation(
        slow,
        { code: one, birthDate: birth_date },
        { issuer: 'https://id.example', subject: `${at}`, provider: 'hospital', multiFactor: false, amr: [] },
      ),
    ),
  );
  assert.deepEqual(answers.map(({ kind }) => kind).sort(), ['known', 'proofed']);

  await t.test('whoever guesses has to wait (Q07)', async () => {
    const guesser = await arrive('s9', Object.assign(domain.browser(), { address: '203.0.113.50' }));
    const tries = await Promise.all(
      Array.from({ length: 40 }, () => guesser.browser.submit(guesser.page, { proofing_code: 'AAAA' })),
    );
    assert.equal(tries.filter(({ status }) => status === 400).length, 10);
    assert.equal(tries.filter(({ status }) => status === 429).length, 30);
  });
});

test('F14: another authorization server of ours as the provider: the whole way, each as strict as the other', async (t) => {
  const secret = 'a secret between the two of us';
  const sister = {
    client_id: 'sister',
    client_secret: secret,
    redirect_uris: ['http://localhost:5000/auth/federation/sister/callback'],
    scope: 'openid profile',
  };
  const there = await startDomain(t, {}, {}, { clients: [sister] });
  const fetchOutside: SafeFetch = async ({ url: asked, method = 'GET', headers = {}, body }) => {
    const request = new Request(asked, { method, headers, ...(body === undefined ? {} : { body }) });
    const response = await there.server.fetch(request, {});
    const bytes = Buffer.from(await response.arrayBuffer());
    return { kind: 'answer', status: response.status, headers: response.headers, body: bytes };
  };
  const hereIssuer = 'http://localhost:5000/auth';
  const here = await startDomain(
    t,
    {},
    {},
    {
      issuer: hereIssuer,
      fetchOutside,
      identityProviders: [
        {
          id: 'sister',
          name: 'Sister',
          issuer,
          clientId: 'sister',
          credential: { kind: 'secret', secret, method: 'client_secret_basic' },
          scope: 'openid profile',
          parameters: { aud: clinic, state: 'theirs' },
          multiFactor: [multiFactor],
        },
      ],
    },
  );
  const own = authorizeUrl({ prompt: 'consent', acr_values: multiFactor }).replace(issuer, hereIssuer);
  const device = await enrolTotp(there, there.ana);
  const walk = async (): Promise<Response> => {
    const [browser, theirs] = [createBrowser(here.server, hereIssuer), there.browser()];
    const page = await pageOf(await browser.open(own), 'sign-in');
    const left = await browser.open(page.view.providers?.[0]?.address ?? assert.fail('no way there'));
    const second = await pageOf(await signIn(theirs, left.headers.get('location') ?? ''), 'second-factor');
    there.advance(60);
    const asked = await theirs.submit(second, { code: device.code() });
    const back = asked.headers.has('location') ? asked : await allow(theirs, asked);
    const shown = await browser.open(back.headers.get('location') ?? assert.fail('no way back'));
    if (!(await shown.clone().text()).includes('"linking"')) return shown;
    const linking = await pageOf(shown, 'sign-in');
    assert.deepEqual(linking.view.linking, { provider: 'Sister', name: 'Ana' });
    // one factor of ours is not what the app asks for: it is the account elsewhere that has two
    await pageOf(await browser.submit(linking, { username: 'ben', password: 'correct horse' }), 'too-weak');
    return shown;
  };
  await walk();
  const ben = (await here.people.findNamed('ben'))?.sub ?? assert.fail();
  const identity = { issuer, subject: there.ana };
  await linkIdentity(here.database.pool, identity, { sub: ben, provider: 'sister', proof: 'account', at: here.now() });
  await pageOf(await walk(), 'patient');
});
