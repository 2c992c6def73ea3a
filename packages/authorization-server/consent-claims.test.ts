/** Numbers and other claims about the person: seen, allowed, told where they were asked for, and nothing else. OIDC Core 1.0 §5.5. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { multiFactor, singleFactor } from './authentication-context.ts';
import { parseClaims } from './claims-request.ts';
import { clientOf } from './clients.ts';
import { defaultSettings } from './settings.ts';
import { createBrowser, type Fields, formOf, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  claimsOf,
  codeFields,
  issuer,
  mrn,
  refreshFields,
  secret,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';

const record = { system: mrn, value: 'MRN-p1' };
const npi = { system: 'http://hl7.org/fhir/sid/us-npi', value: '9123456784' };
const staff = { system: 'https://staff.example', value: 'd-1' };
const wish = (claims: object): string => JSON.stringify(claims);

test('claims about the person', async (t) => {
  const domain = await startDomain(t);
  const userinfo = async (token: string): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await domain.server.fetch(new Request(`${issuer}/userinfo`, { headers }), {});
    assert.equal(response.status, 200);
    return (await response.json()) as Record<string, unknown>;
  };
  const ask = (changes: Parameters<typeof authorizeUrl>[0]) => authorizeUrl({ prompt: 'consent', ...changes });
  const page = async (changes: Parameters<typeof authorizeUrl>[0], username = 'ana') => {
    const browser = domain.browser();
    const shown = await signIn(browser, ask(changes), username);
    return { browser, shown, view: (await pageOf(shown.clone(), 'consent')).view };
  };
  const redeem = async (back: Response): Promise<Tokens> => {
    const response = await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as Tokens;
  };
  const obtain = async (
    changes: Parameters<typeof authorizeUrl>[0],
    without: readonly string[] = [],
    username = 'ana',
  ): Promise<Tokens> => {
    const { browser, shown } = await page(changes, username);
    return redeem(await allow(browser, shown, { without }));
  };
  const told = async (tokens: Tokens) => {
    const pick = ({ name, fhirUser, identifiers, __identifiers }: Record<string, unknown>) =>
      JSON.parse(JSON.stringify({ name, fhirUser, identifiers, __identifiers }));
    return { id_token: pick(claimsOf(tokens.id_token ?? '')), userinfo: pick(await userinfo(tokens.access_token)) };
  };

  for (const scope of ['identifiers', '__identifiers']) {
    await t.test(`F08, D20: numbers by the scope ${scope}, seen before they leave, each look on record`, async () => {
      domain.audit.length = 0;
      const { browser, shown, view } = await page({ scope: `openid ${scope} patient/Condition.rs` });
      const item = view.items.find(({ group }) => group === 'identifiers');
      assert.deepEqual([item?.scope, item?.values, item?.required], [scope, [record], false]);
      assert.ok(!view.items.some(({ group, scope }) => group === 'identity' && scope.includes('identifiers')));
      const looks = () =>
        domain.audit.filter(({ event }) => event.startsWith('identifiers-')).map(({ event }) => event);
      assert.deepEqual(looks(), ['identifiers-shown']);
      const tokens = await redeem(await allow(browser, shown));
      assert.equal(tokens.scope, `openid ${scope} patient/Condition.rs`);
      assert.deepEqual(looks().slice(-1), ['identifiers-released'], 'recorded before the id_token left');
      assert.deepEqual(await told(tokens), { id_token: { [scope]: [record] }, userinfo: { [scope]: [record] } });
      const { target, patient, client, user } = domain.audit.at(-1) ?? assert.fail();
      assert.deepEqual([target, patient, client, user], ['Patient/p1', 'p1', 'web', domain.ana]);
      assert.equal(claimsOf(tokens.id_token ?? '').sub, domain.ana, 'never as sub');
      assert.equal(claimsOf(tokens.access_token).identifiers, undefined);
    });
  }

  await t.test('F08: refused, they are told nowhere, now or later, however essential they are', async () => {
    const claims = wish({
      id_token: { identifiers: { essential: true } },
      userinfo: { identifiers: { essential: true }, __identifiers: null },
    });
    const scope = 'openid identifiers offline_access patient/Condition.rs';
    const { browser, shown, view } = await page({ scope, claims });
    const item = view.items.find(({ group }) => group === 'identifiers')?.scope ?? '';
    assert.equal(item, '__identifiers identifiers', 'one thing, whatever it was asked by');
    const tokens = await redeem(await allow(browser, shown, { without: [item] }));
    assert.equal(tokens.scope, 'openid offline_access patient/Condition.rs');
    assert.deepEqual(await told(tokens), { id_token: {}, userinfo: {} });
    const refreshed = (await (await domain.token(refreshFields(tokens.refresh_token), basic('web'))).json()) as Tokens;
    assert.deepEqual(await told(refreshed), { id_token: {}, userinfo: {} });
    // The same again without a question: still nothing.
    const again = await redeem(await browser.open(authorizeUrl({ scope, claims })));
    assert.deepEqual(await told(again), { id_token: {}, userinfo: {} });
  });

  await t.test('claims by name are told where they were asked for, and through refresh', async () => {
    const scope = 'openid offline_access patient/Condition.rs';
    const claims = wish({
      id_token: { identifiers: null, auth_time: { essential: true }, nickname: { essential: true }, x: { y: [1] } },
      userinfo: { name: { essential: true }, fhirUser: null, sub: null },
      elsewhere: 7,
    });
    const { browser, shown, view } = await page({ scope, claims });
    assert.deepEqual(
      view.items.flatMap(({ group, values }) =>
        values === undefined ? [] : [[group, values.map(({ value }) => value)]],
      ),
      [
        ['name', ['Ana']],
        ['own-entry', ['http://localhost:4000/fhir/Patient/p1']],
        ['identifiers', ['MRN-p1']],
      ],
    );
    const tokens = await redeem(await allow(browser, shown));
    assert.equal(tokens.scope, scope, 'claims by name are no scopes');
    const expected = {
      id_token: { identifiers: [record] },
      userinfo: { name: 'Ana', fhirUser: 'http://localhost:4000/fhir/Patient/p1' },
    };
    assert.deepEqual(await told(tokens), expected);
    assert.equal(typeof claimsOf(tokens.id_token ?? '').auth_time, 'number');
    const refreshed = (await (await domain.token(refreshFields(tokens.refresh_token), basic('web'))).json()) as Tokens;
    assert.deepEqual(await told(refreshed), expected);
    // Remembered for no more than was asked about: less needs no question, more does.
    const less = wish({ userinfo: { name: null } });
    const silently = await redeem(await browser.open(authorizeUrl({ scope, claims: less })));
    assert.deepEqual(await told(silently), { id_token: {}, userinfo: { name: 'Ana' } });
    const more = wish({ id_token: { name: null } });
    await pageOf(await browser.open(authorizeUrl({ scope, claims: more })), 'consent');
    // Each by itself: the name is left out, the rest told.
    const partly = await obtain({ scope, claims }, ['name']);
    assert.deepEqual(await told(partly), {
      id_token: { identifiers: [record] },
      userinfo: { fhirUser: 'http://localhost:4000/fhir/Patient/p1' },
    });
  });

  await t.test('only what was seen and is still so is told; what changed meanwhile is shown again', async () => {
    const { browser, shown } = await page({ scope: 'openid identifiers user/Condition.rs' }, 'doctor');
    domain.identifiers.set('Practitioner/d1', [npi]);
    const again = await pageOf((await allow(browser, shown)).clone(), 'consent');
    assert.deepEqual(again.view.items.find(({ group }) => group === 'identifiers')?.values, [npi]);
    const scope = again.view.items.map((item) => item.scope);
    const posted: Fields = { decision: 'allow', duration: 'once', scope };
    await pageOf(await browser.submit(again, { ...posted, values_shown: 'others' }), 'consent');
    await pageOf(await browser.submit(again, posted), 'consent');
    const tokens = await redeem(await browser.submit(again, { ...posted, values_shown: again.view.valuesShown ?? '' }));
    assert.deepEqual((await told(tokens)).userinfo, { identifiers: [npi] });
    domain.identifiers.set('Practitioner/d1', [npi, staff]);
    assert.deepEqual((await told(tokens)).userinfo, { identifiers: [npi] }, 'a number that came later was not seen');
    domain.identifiers.set('Practitioner/d1', [staff]);
    assert.deepEqual((await told(tokens)).userinfo, {}, 'a number that is no longer theirs is not told');
  });

  await t.test(
    'who has no entry of their own has no numbers, and the scope is theirs to give all the same',
    async () => {
      const tokens = await obtain({ scope: 'openid identifiers user/Condition.rs' }, [], 'nobody');
      assert.equal(tokens.scope, 'openid identifiers user/Condition.rs');
      assert.deepEqual(await told(tokens), { id_token: {}, userinfo: {} });
    },
  );

  await t.test(
    'D21: without openid none of it; a list of scopes at registration bounds the claims by name too',
    async () => {
      const claims = wish({ userinfo: { name: null, identifiers: null } });
      const bare = await page({ scope: 'identifiers fhirUser profile patient/Condition.rs', claims });
      assert.deepEqual(
        bare.view.items.map(({ scope }) => scope),
        ['patient/Condition.rs'],
      );
      const limited = await pageOf(
        await signIn(
          domain.browser(),
          authorizeUrl({ client_id: 'limited', scope: 'openid identifiers patient/Observation.rs', claims }),
        ),
        'consent',
      );
      assert.ok(limited.view.items.every(({ values }) => values === undefined));
      assert.equal(limited.view.valuesShown, undefined);
    },
  );

  await t.test('what is malformed is invalid_request, in a query and in a form', async () => {
    for (const claims of ['{', '[]', 'null', '"x"', '{"userinfo":[]}', '{"userinfo":{"name":1}}', '{"a":1,"a":1}']) {
      const silent = answerOf(await domain.browser().open(authorizeUrl({ prompt: 'none', claims })));
      assert.equal(silent.get('error'), 'invalid_request', claims);
    }
    const { search } = new URL(authorizeUrl({ prompt: 'none', claims: '{' }));
    const posted = await domain.server.fetch(
      new Request(`${issuer}/authorize`, {
        method: 'POST',
        body: formOf(Object.fromEntries(new URLSearchParams(search))),
      }),
      {},
    );
    assert.equal(answerOf(posted).get('error'), 'invalid_request');
    assert.equal(domain.server.metadata().claims_parameter_supported, true);
  });

  await t.test('sub with a value: only that person will do', async () => {
    const browser = domain.browser();
    await redeem(await allow(browser, await signIn(browser, authorizeUrl())));
    const forOther = (sub: string) =>
      authorizeUrl({ prompt: 'none', claims: wish({ id_token: { sub: { value: sub } } }) });
    assert.equal(answerOf(await browser.open(forOther(domain.ana))).get('error'), null);
    assert.equal(answerOf(await browser.open(forOther('somebody else'))).get('error'), 'login_required');
    await pageOf(
      await createBrowser(domain.server, issuer).open(
        authorizeUrl({ claims: wish({ id_token: { sub: { value: 'x' } } }) }),
      ),
      'sign-in',
    );
  });
});

test('acr in claims is asked for like acr_values, and what nobody can reach is told where it is essential', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const asking = (acr: object, prompt?: string) =>
    authorizeUrl({ claims: wish({ id_token: { acr } }), ...(prompt === undefined ? {} : { prompt }) });
  const back = answerOf(
    await allow(browser, await signIn(browser, asking({ essential: true, values: ['urn:x', singleFactor] }))),
  );
  const response = await domain.token(codeFields(back.get('code') ?? ''), basic('web'));
  assert.equal(claimsOf(((await response.json()) as Tokens).id_token ?? '').acr, singleFactor);
  const silently = async (acr: object) => answerOf(await browser.open(asking(acr, 'none'))).get('error');
  assert.equal(await silently({ essential: true, value: singleFactor }), null);
  assert.equal(await silently({ values: ['urn:x'] }), null, 'voluntary');
  assert.equal(await silently({ essential: true, values: ['urn:x'] }), 'unmet_authentication_requirements');
  assert.equal(
    await silently({ essential: true, values: [multiFactor] }),
    'login_required',
    'a second factor is missing',
  );
});

test('the claims parameter: limits at them and one past', () => {
  const client = clientOf({ client_id: 'a', client_secret: secret, redirect_uris: [callback] });
  const parse = (text: string) => parseClaims(text, client, defaultSettings).kind;
  const members = (count: number): string =>
    wish({ userinfo: Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, null])) });
  assert.equal(parse(members(defaultSettings.claimsMost)), 'claims');
  assert.equal(parse(members(defaultSettings.claimsMost + 1)), 'fault');
  const long = (length: number): string => `{}${' '.repeat(length - 2)}`;
  assert.equal(parse(long(defaultSettings.claimsCharacters)), 'claims');
  assert.equal(parse(long(defaultSettings.claimsCharacters + 1)), 'fault');
  assert.equal(parse('{"userinfo":{"a":{"values":[[[1]]]}}}'), 'fault', 'deeper than it can be in order');
  assert.equal(parse('{"id_token":{"__proto__":null}}'), 'fault');
  const acr = parseClaims('{"id_token":{"acr":{"essential":true,"values":["x","y"]}}}', client, defaultSettings);
  assert.deepEqual(acr.kind === 'claims' ? acr.request.acr : acr, { essential: true, values: ['x', 'y'] });
  assert.equal(parse('{"id_token":{"acr":{"values":[1]}}}'), 'fault');
});
