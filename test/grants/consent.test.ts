/** The grant is a Consent: what is allowed can be read, edited and ended as one, and acts on live tokens. FHIR R4 consent.html; IHE PCF. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endExpiredGrants } from '@affinity/authorization-server/grant-consents.ts';
import { createBrowser, pageOf } from '@affinity/authorization-server/testing/browser.ts';
import {
  answerOf,
  authorizeUrl,
  claimsOf,
  codeFields,
  signIn,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { records } from './records.ts';
import { asItComes, base, type GrantStage, issuer, openStage } from './stage.ts';

// biome-ignore lint/suspicious/noExplicitAny: JSON that a person changes anywhere
type Json = any;
const scope =
  'openid fhirUser launch/patient offline_access patient/Condition.rs patient/Observation.rs patient/Goal.cruds';
const ofType = (code: string) => ({ system: 'http://hl7.org/fhir/resource-types', code });

describe('the grant is a Consent', () => {
  let stage: GrantStage;
  /** of the person, who may read and change Consents with it */
  let own: string;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    stage = await openStage({ after: (work) => void closers.push(work) });
    for (const resource of records) await stage.put(resource);
    own = (await stage.obtain({ scope: 'launch/patient patient/Consent.cruds' })).access_token;
  });
  after(async () => {
    for (const close of closers) await close();
  });

  const grantOf = (tokens: Tokens): string => String(claimsOf(tokens.access_token).grant_id);
  const edit = async (tokens: Tokens, change: (consent: Json) => unknown, by = own): Promise<Response> => {
    const path = `Consent/grant-${grantOf(tokens)}`;
    const consent = await (await stage.send(path, by)).json();
    return stage.send(path, by, { method: 'PUT', body: JSON.stringify(change(consent)) });
  };
  const edited = async (...of: Parameters<typeof edit>): Promise<void> => {
    const response = await edit(...of);
    assert.equal(response.status, 200, await response.text());
  };
  /** What is known of a Consent is a moment old at most: until the feed has brought the change. */
  const soon = async (holds: () => Promise<boolean>): Promise<void> => {
    const until = Date.now() + 1_000;
    while (!(await holds())) assert.ok(Date.now() < until, 'not within a second');
  };
  const status = async (tokens: Tokens, path: string): Promise<number> =>
    (await stage.send(path, tokens.access_token)).status;
  const rowOf = async (tokens: Tokens): Promise<{ ended_at: Date | null; ended_reason: string | null } | undefined> =>
    (await stage.pool.query('select ended_at, ended_reason from authorization_grant where id = $1', [grantOf(tokens)]))
      .rows[0];
  const refused = async (response: Response): Promise<void> => {
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_grant');
  };

  test('the person reads in plain words what was allowed, and it is a valid Consent (P20, P23)', async () => {
    const tokens = await stage.obtain({ scope });
    const response = await stage.send(`Consent/grant-${grantOf(tokens)}`, own);
    assert.equal(response.status, 200);
    const consent = (await response.json()) as Json;
    assert.deepEqual(
      [consent.status, consent.patient, consent.performer],
      ['active', { reference: 'Patient/p1' }, [{ reference: 'Patient/p1' }]],
    );
    assert.match(
      consent.text.div,
      /Web app may see conditions and measurements and findings, and see, add, change and delete/,
    );
    const outcome = (await (
      await stage.send('Consent/$validate', own, { method: 'POST', body: JSON.stringify(consent) })
    ).json()) as Json;
    assert.deepEqual(
      outcome.issue.filter(({ severity }: Json) => severity !== 'information'),
      [],
    );
    const found = (await (await stage.send('Consent?patient=p1&status=active', own)).json()) as Json;
    assert.ok(found.entry.some(({ resource }: Json) => resource.id === consent.id));
    assert.deepEqual((claimsOf(tokens.access_token).extensions as Json).ihe_pcf, {
      patient_id: `${base}/Patient/p1`,
      doc_id: [`${base}/Consent/${consent.id}`],
    });
  });

  test('what the person takes away is gone from live tokens, and the next ones say so (P22, P24)', async () => {
    const tokens = await stage.obtain({ scope });
    assert.equal(await status(tokens, 'Condition/p1-cold'), 200);
    const denial = { type: 'deny', class: [ofType('Condition')] };
    await edited(tokens, (consent) => ({
      ...consent,
      provision: { ...consent.provision, provision: [...consent.provision.provision, denial] },
    }));
    await soon(async () => (await status(tokens, 'Condition/p1-cold')) !== 200);
    assert.equal(await status(tokens, 'Goal/p1-walk'), 200);
    const left = scope.replace(' patient/Condition.rs', '');
    const introspected = (await (await stage.post('/introspect', { token: tokens.access_token })).json()) as Json;
    assert.deepEqual([introspected.active, introspected.scope], [true, left]);
    const response = await stage.refresh(tokens.refresh_token, {
      scope: 'openid patient/Condition.rs patient/Goal.rs',
    });
    const refreshed = (await response.json()) as Tokens;
    assert.equal(refreshed.scope, 'openid patient/Goal.rs', 'of what was asked, what is left');
    const nothing = await stage.refresh(refreshed.refresh_token, { scope: 'patient/Condition.rs' });
    assert.equal(((await nothing.json()) as { error: string }).error, 'invalid_scope');
    const again = (await (await stage.refresh(refreshed.refresh_token)).json()) as Tokens;
    assert.equal(again.scope, left);
    assert.equal(claimsOf(again.access_token).scope, left);
    assert.equal(await status(again, 'Condition/p1-cold'), 403);
    // and given back, within what was granted
    await edited(tokens, (consent) => {
      consent.provision.provision.pop();
      return consent;
    });
    assert.equal(((await (await stage.refresh(again.refresh_token)).json()) as Tokens).scope, scope);
  });

  test('a shorter time is the time of the next tokens', async () => {
    const tokens = await stage.obtain({ scope });
    const end = new Date(Date.now() + 120_000).toISOString();
    await edited(tokens, (consent) => ({ ...consent, provision: { ...consent.provision, period: { end } } }));
    const refreshed = (await (await stage.refresh(tokens.refresh_token)).json()) as Tokens;
    assert.ok(refreshed.expires_in <= 121, String(refreshed.expires_in));
    await edited(tokens, (consent) => ({
      ...consent,
      provision: { ...consent.provision, period: { end: '2020-01-01' } },
    }));
    await soon(async () => (await status(refreshed, 'Goal/p1-walk')) === 401);
    await refused(await stage.refresh(refreshed.refresh_token));
  });

  for (const [how, end] of [
    ['made inactive', (tokens: Tokens) => edit(tokens, (consent) => ({ ...consent, status: 'inactive' }))],
    ['deleted', (tokens: Tokens) => stage.send(`Consent/grant-${grantOf(tokens)}`, own, { method: 'DELETE' })],
    [
      'left without anything for the app',
      (tokens: Tokens) =>
        edit(tokens, (consent) => ({ ...consent, provision: { type: 'deny', period: consent.provision.period } })),
    ],
    [
      'turned into one that permits everything',
      (tokens: Tokens) => edit(tokens, (consent) => ({ ...consent, provision: { type: 'permit' } })),
    ],
    [
      'given to another app',
      (tokens: Tokens) =>
        edit(tokens, (consent) => JSON.parse(JSON.stringify(consent).replaceAll('"value":"web"', '"value":"other"'))),
    ],
  ] as const) {
    test(`${how}, live tokens see nothing, and the family has ended (P24)`, async () => {
      const tokens = await stage.obtain({ scope });
      assert.ok((await end(tokens)).ok);
      await soon(async () => (await status(tokens, 'Goal/p1-walk')) !== 200);
      const introspected = (await (await stage.post('/introspect', { token: tokens.access_token })).json()) as Json;
      assert.deepEqual(introspected, { active: false });
      const userinfo = await stage.server.fetch(
        new Request(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } }),
        {},
      );
      assert.equal(userinfo.status, 401);
      await refused(await stage.refresh(tokens.refresh_token));
      assert.equal((await rowOf(tokens))?.ended_reason, 'consent-withdrawn');
      const left = await stage.consentOf(grantOf(tokens));
      assert.ok(left === undefined || left.status === 'inactive');
    });
  }

  test('a Consent that ends before the code is redeemed: no tokens', async () => {
    const browser = createBrowser(stage.server, issuer);
    const page = await pageOf(await signIn(browser, authorizeUrl({ scope, prompt: 'consent' })), 'consent');
    const back = await browser.submit(page, asItComes(page.view));
    const { rows } = await stage.pool.query<{ id: string }>(
      'select id from authorization_grant order by created_at desc limit 1',
    );
    assert.equal((await stage.send(`Consent/grant-${rows[0]?.id}`, own, { method: 'DELETE' })).status, 204);
    await refused(await stage.post('/token', codeFields(answerOf(back).get('code') ?? '')));
  });

  test('an app that may change Consents cannot widen its own (P22)', async () => {
    const asked = 'launch/patient offline_access patient/Consent.cruds patient/Goal.rs';
    const tokens = await stage.obtain({ scope: asked });
    const expires = claimsOf(tokens.access_token).exp;
    const more = { class: [ofType('Condition')], action: undefined, securityLabel: undefined };
    await edited(
      tokens,
      (consent) => ({
        ...consent,
        provision: {
          ...consent.provision,
          period: { end: '2199-01-01' },
          provision: consent.provision.provision.flatMap((permit: Json) => [permit, { ...permit, ...more }]),
        },
      }),
      tokens.access_token,
    );
    const { provision } = (await stage.consentOf(grantOf(tokens))) as Json;
    assert.equal(provision.provision.length, 4);
    for (const holder of [tokens, (await (await stage.refresh(tokens.refresh_token)).json()) as Tokens]) {
      assert.equal(holder.scope, asked);
      assert.equal(claimsOf(holder.access_token).clearance, undefined);
      assert.equal(await status(holder, 'Condition/p1-cold'), 403);
      assert.equal(await status(holder, 'Goal/p1-walk'), 200);
      assert.equal(await status(holder, 'Goal/p2-walk'), 404);
    }
    assert.ok((expires ?? 0) < Date.now() / 1000 + 3600);
    const { rows } = await stage.pool.query('select expires_at from authorization_grant where id = $1', [
      grantOf(tokens),
    ]);
    assert.ok(rows[0].expires_at < new Date('2198-01-01'));
  });

  test('whatever ends the grant ends its Consent in the same transaction (RFC 7009, RFC 9700)', async () => {
    const consentStatus = async (tokens: Tokens) => (await stage.consentOf(grantOf(tokens)))?.status;
    const revoked = await stage.obtain({ scope });
    await stage.post('/revoke', { token: revoked.refresh_token ?? '' });
    assert.equal(await consentStatus(revoked), 'inactive');
    const words = ((await stage.consentOf(grantOf(revoked)))?.text as Json).div;
    assert.match(words, /This ended on/);

    const asked = await stage.obtain({ scope });
    await stage.refresh(asked.refresh_token);
    await stage.send(`Consent/grant-${grantOf(asked)}`, own, { method: 'DELETE' });
    await refused(await stage.refresh(asked.refresh_token));

    const replayed = await stage.obtain({ scope });
    await stage.refresh(replayed.refresh_token);
    await stage.pool.query("update refresh_token set consumed_at = consumed_at - interval '1 hour'");
    await refused(await stage.refresh(replayed.refresh_token));
    assert.equal(await consentStatus(replayed), 'inactive');

    const over = await stage.obtain({ scope });
    const lives = await stage.obtain({ scope });
    await stage.pool.query("update authorization_grant set expires_at = now() - interval '1 second' where id = $1", [
      grantOf(over),
    ]);
    await Promise.all([1, 2].map(() => endExpiredGrants(stage, new Date())));
    assert.deepEqual([await consentStatus(over), await consentStatus(lives)], ['inactive', 'active']);
    assert.equal((await rowOf(over))?.ended_reason, 'expired');
  });

  test('a practitioner without a patient: performer, and nobody’s record', async () => {
    const tokens = await stage.obtain({ scope: 'openid user/Condition.rs', username: 'doctor' });
    const consent = await stage.consentOf(grantOf(tokens));
    assert.equal(consent?.patient, undefined);
    assert.deepEqual(consent?.performer, [{ reference: 'Practitioner/d1' }]);
    assert.equal((claimsOf(tokens.access_token).extensions as Json)?.ihe_pcf, undefined);
    assert.notEqual(await stage.found('Condition', tokens.access_token), 401);
  });

  test('somebody without a resource of their own gives it as the patient whose own record it is', async () => {
    const tokens = await stage.obtain({ scope: 'launch/patient patient/Goal.rs', username: 'eve' });
    const consent = await stage.consentOf(grantOf(tokens));
    assert.deepEqual(
      [consent?.patient, consent?.performer],
      [{ reference: 'Patient/p2' }, [{ reference: 'Patient/p2' }]],
    );
    assert.equal(await status(tokens, 'Goal/p2-walk'), 200);
    assert.equal(await status(tokens, 'Goal/p1-walk'), 404);
  });

  test('neither stands without the other: where the Consent cannot be written there is no grant', async () => {
    const count = async () => (await stage.pool.query('select count(*)::int as n from authorization_grant')).rows[0].n;
    const before = await count();
    await stage.pool.query(`create function refuse_consent() returns trigger language plpgsql as
      $$ begin if new.type = 'Consent' then raise 'half-way'; end if; return new; end $$`);
    await stage.pool.query(
      'create trigger refuse before insert on resource for each row execute function refuse_consent()',
    );
    try {
      const browser = createBrowser(stage.server, issuer);
      const page = await pageOf(await signIn(browser, authorizeUrl({ scope, prompt: 'consent' })), 'consent');
      assert.equal((await browser.submit(page, asItComes(page.view))).status, 503);
    } finally {
      await stage.pool.query('drop trigger refuse on resource');
    }
    assert.equal(await count(), before);
  });

  test('grants of before get their Consents at the start, once, whoever starts at the same time', async () => {
    await stage.pool.query(
      `insert into authorization_grant (id, sub, client_id, audience, requested_scope, scope, patient, lasting, created_at, expires_at)
       select 'old-' || n, sub, 'web', $1, 'patient/Goal.rs', 'patient/Goal.rs', 'p1', true, now(),
              now() + case when n > 250 then interval '-1 hour' else interval '1 day' end
       from person, generate_series(1, 260) n where username = 'ana'`,
      [base],
    );
    const given = await Promise.all([1, 2, 3].map(() => stage.server.giveConsents()));
    assert.equal(
      given.reduce((sum, count) => sum + count),
      250,
    );
    assert.equal(await stage.server.giveConsents(), 0);
    const consent: Resource | undefined = await stage.consentOf('old-250');
    assert.equal(consent?.status, 'active');
    assert.equal(await stage.consentOf('old-251'), undefined);
  });

  test('an app need not ask again, but gets no more than is left; what scopes cannot say is asked again', async () => {
    const browser = createBrowser(stage.server, issuer);
    const asked = 'launch/patient offline_access patient/Immunization.rs patient/Encounter.rs';
    const page = await pageOf(await signIn(browser, authorizeUrl({ scope: asked, prompt: 'consent' })), 'consent');
    const back = await browser.submit(page, asItComes(page.view));
    const redeem = async (response: Response): Promise<Tokens> =>
      (await (await stage.post('/token', codeFields(answerOf(response).get('code') ?? ''))).json()) as Tokens;
    const first = await redeem(back);
    const next = await redeem(await browser.open(authorizeUrl({ scope: asked })));
    assert.deepEqual([next.scope, grantOf(next) === grantOf(first)], [asked, false]);
    const without = (consent: Json) => ({
      ...consent,
      provision: {
        ...consent.provision,
        provision: [...consent.provision.provision, { type: 'deny', class: [ofType('Encounter')] }],
      },
    });
    await edited(first, without);
    await edited(next, without);
    const third = await redeem(await browser.open(authorizeUrl({ scope: asked })));
    assert.equal(third.scope, 'launch/patient offline_access patient/Immunization.rs');
    for (const tokens of [first, next, third]) {
      await edited(tokens, (consent) => ({
        ...consent,
        provision: {
          ...consent.provision,
          provision: [...consent.provision.provision, { type: 'deny', dataPeriod: { end: '2020' } }],
        },
      }));
    }
    await pageOf(await browser.open(authorizeUrl({ scope: asked })), 'consent');
  });
});
