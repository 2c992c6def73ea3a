/** One sign-in and one consent for several FHIR servers; each token is for one of them. RFC 8707; SMART App Launch 2.2; RFC 9700 §4.14.2. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AuthorizationServer } from './authorization-server.ts';
import { linkPatient, unlinkPatient } from './cross-reference.ts';
import { type Fields, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  clinic,
  codeFields,
  hospital,
  postForm,
  refreshFields,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
  usualScope,
} from './testing/domain.ts';

const both: Fields = { server: [clinic, hospital] };
/** An authorization request with any number of `resource`. */
const urlFor = (resources: readonly string[], changes: Parameters<typeof authorizeUrl>[0] = {}): string =>
  authorizeUrl(changes) + resources.map((resource) => `&resource=${encodeURIComponent(resource)}`).join('');
const errorOf = async (response: Response): Promise<string> =>
  `${response.status} ${((await response.json()) as { error?: string }).error}`;

describe('several servers in one grant', () => {
  let domain: TestDomain;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    domain = await startDomain({ after: (work) => void closers.push(work) });
  });
  after(async () => {
    for (const close of closers) await close();
  });

  const refresh = (token: string | undefined, changes: Fields = {}, server = domain.server): Promise<Response> =>
    postForm(server, '/token', refreshFields(token, changes), basic('web'));
  const refreshed = async (...of: Parameters<typeof refresh>): Promise<Tokens> => {
    const response = await refresh(...of);
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as Tokens;
  };
  const obtain = async (url: string, fields = both, redeem: Fields = {}, username = 'ana'): Promise<Tokens> => {
    const browser = domain.browser();
    const back = await allow(browser, await signIn(browser, url, username), { fields });
    const response = await domain.token(codeFields(answerOf(back).get('code') ?? '', redeem), basic('web'));
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as Tokens;
  };

  test('B10: `resource` alone may be repeated; aud must be one of them, and each must be known', async () => {
    const silently = async (url: string): Promise<string | null> =>
      answerOf(await domain.browser().send(`${url}&prompt=none`)).get('error');
    const elsewhere = 'https://elsewhere.example/fhir';
    const answers: readonly (readonly [string, string])[] = [
      [urlFor([clinic, hospital]), 'login_required'],
      [urlFor([clinic, hospital], { aud: undefined }), 'login_required'],
      [urlFor([clinic, `${clinic}/`]), 'login_required'],
      [urlFor([hospital]), 'invalid_target'],
      [urlFor([clinic, hospital, elsewhere]), 'invalid_target'],
      [urlFor([clinic, hospital], { aud: elsewhere }), 'invalid_target'],
      [urlFor([elsewhere], { aud: undefined }), 'invalid_target'],
      [urlFor([], { aud: undefined }), 'invalid_request'],
      [`${urlFor([clinic])}&aud=${encodeURIComponent(clinic)}`, 'invalid_request'],
      [`${urlFor([clinic, hospital])}&scope=openid`, 'invalid_request'],
    ];
    for (const [url, error] of answers) assert.equal(await silently(url), error, url);
  });

  test('the consent page names each; the refresh token gives a token for any of them, each with its own patient (C31)', async () => {
    const browser = domain.browser();
    const shown = await signIn(browser, urlFor([clinic, hospital]));
    const { view } = await pageOf(shown.clone(), 'consent');
    assert.deepEqual(view.servers, [
      { base: clinic, name: 'Clinic', required: true, checked: true },
      { base: hospital, name: 'Hospital', required: false, checked: true },
    ]);
    const back = await allow(browser, shown, { fields: both });
    const code = answerOf(back).get('code') ?? '';
    const first = (await (await domain.token(codeFields(code), basic('web'))).json()) as Tokens;
    const ofFirst = claimsOf(first.access_token);
    assert.deepEqual([ofFirst.aud, ofFirst.patient, ofFirst.fhirUser], [clinic, 'p1', `${clinic}/Patient/p1`]);
    const there = await refreshed(first.refresh_token, { resource: `${hospital}/` });
    const ofThere = claimsOf(there.access_token);
    assert.deepEqual(
      [ofThere.aud, ofThere.patient, ofThere.fhirUser, ofThere.grant_id],
      [hospital, 'h1', `${hospital}/Patient/h1`, ofFirst.grant_id],
    );
    assert.deepEqual([there.patient, there.scope], ['h1', usualScope]);
    assert.equal(claimsOf(there.id_token ?? '').fhirUser, `${hospital}/Patient/h1`);
    const { ihe_pcf } = ofThere.extensions as { ihe_pcf: { patient_id: string; doc_id: readonly string[] } };
    assert.deepEqual(ihe_pcf, {
      patient_id: `${hospital}/Patient/h1`,
      doc_id: [`${clinic}/Consent/grant-${ofFirst.grant_id}`],
    });
    assert.equal((await refreshed(there.refresh_token)).patient, 'p1', 'without resource: the first server');
    const record = domain.audit.findLast(({ event }) => event === 'consent-granted');
    assert.equal(record?.form, new URLSearchParams([clinic, hospital].map((base) => ['resource', base])).toString());
  });

  test('B10: so it is where the request was pushed (RFC 9126)', async () => {
    const { searchParams } = new URL(urlFor([clinic, hospital], { prompt: 'consent' }));
    const fields = Object.fromEntries(
      [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]),
    );
    const pushed = await postForm(domain.server, '/par', fields, basic('web'));
    assert.equal(pushed.status, 201, await pushed.clone().text());
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const browser = domain.browser();
    const shown = await signIn(browser, authorizeUrl({ request_uri }));
    assert.equal((await pageOf(shown, 'consent')).view.servers?.length, 2);
    const twice = { ...fields, scope: [usualScope, usualScope] };
    assert.equal(await errorOf(await postForm(domain.server, '/par', twice, basic('web'))), '400 invalid_request');
    const unknown = { ...fields, resource: [clinic, 'https://elsewhere.example/fhir'] };
    assert.equal(await errorOf(await postForm(domain.server, '/par', unknown, basic('web'))), '400 invalid_target');
  });

  test('the first token may be for another server; aud is the first where nothing is said', async () => {
    const other = await obtain(urlFor([clinic, hospital], { prompt: 'consent' }), both, { resource: hospital });
    assert.deepEqual([claimsOf(other.access_token).aud, other.patient], [hospital, 'h1']);
    const backwards = await obtain(urlFor([hospital, clinic], { aud: undefined, prompt: 'consent' }));
    assert.deepEqual([claimsOf(backwards.access_token).aud, backwards.patient], [hospital, 'h1']);
    assert.equal((await refreshed(backwards.refresh_token, { resource: clinic })).patient, 'p1');
  });

  test('a server that was not asked for, or was unticked, is invalid_target, and nothing is used up', async () => {
    const single = await obtain(authorizeUrl(), {});
    assert.equal(await errorOf(await refresh(single.refresh_token, { resource: hospital })), '400 invalid_target');
    assert.equal(claimsOf((await refreshed(single.refresh_token)).access_token).aud, clinic);

    // what is missing from the form never widens
    for (const fields of [{ server: [clinic] }, {}, { server: ['https://elsewhere.example/fhir'] }]) {
      const unticked = await obtain(urlFor([clinic, hospital], { prompt: 'consent' }), fields);
      assert.equal(await errorOf(await refresh(unticked.refresh_token, { resource: hospital })), '400 invalid_target');
      const again = await refreshed(unticked.refresh_token, { resource: clinic });
      assert.equal(claimsOf(again.access_token).aud, clinic);
    }

    const browser = domain.browser();
    const back = await allow(browser, await signIn(browser, authorizeUrl({ prompt: 'consent' })));
    const code = answerOf(back).get('code') ?? '';
    const redeem = (changes: Fields): Promise<Response> => domain.token(codeFields(code, changes), basic('web'));
    assert.equal(await errorOf(await redeem({ resource: hospital })), '400 invalid_target');
    assert.equal((await redeem({ resource: clinic })).status, 200, 'the code was not used up');
  });

  test('a patient who is not known at a server: it is left out; not known at the first: nothing to choose', async () => {
    const browser = domain.browser();
    const url = urlFor([clinic, hospital], { prompt: 'consent' });
    const choice = await pageOf(await signIn(browser, url, 'ben'), 'patient');
    assert.deepEqual(
      choice.view.patients.map(({ id }) => id),
      ['p2', 'p3'],
    );
    const shown = await browser.submit(choice, { patient: 'p2' });
    assert.equal((await pageOf(shown.clone(), 'consent')).view.servers, undefined);
    const back = await allow(browser, shown, { fields: both });
    const tokens = (await (
      await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('web'))
    ).json()) as Tokens;
    assert.equal(tokens.patient, 'p2');
    assert.equal(await errorOf(await refresh(tokens.refresh_token, { resource: hospital })), '400 invalid_target');
    const alone = await signIn(domain.browser(), authorizeUrl({ aud: hospital }), 'ben');
    assert.equal((await pageOf(alone, 'error')).view.kind, 'no-patient');
    // one of his is known there: only that one can be chosen
    await linkPatient(domain.database.pool, 'p3', hospital, 'h3');
    const page = await pageOf(await signIn(domain.browser(), authorizeUrl({ aud: hospital }), 'ben'), 'consent');
    assert.equal(page.view.patient?.id, 'p3');
  });

  test('what is in context at the first server is not carried to another, unless it is absolute', async () => {
    const tokens = await obtain(urlFor([clinic, hospital], { prompt: 'consent' }));
    const context = {
      encounter: 'e1',
      intent: 'order-review',
      fhirContext: [
        { reference: 'ImagingStudy/1' },
        { reference: 'https://elsewhere.example/fhir/ImagingStudy/2' },
        { canonical: 'http://hl7.org/fhir/ValueSet/x' },
      ],
    };
    await domain.database.pool.query('update authorization_grant set context = $2 where id = $1', [
      claimsOf(tokens.access_token).grant_id,
      JSON.stringify(context),
    ]);
    type Told = Partial<typeof context>;
    const there = (await refreshed(tokens.refresh_token, { resource: hospital })) as Tokens & Told;
    assert.deepEqual(
      [there.encounter, there.intent, there.fhirContext],
      [undefined, context.intent, context.fhirContext.slice(1)],
    );
    const here = (await refreshed(there.refresh_token)) as Tokens & Told;
    assert.deepEqual([here.encounter, here.fhirContext], [context.encounter, context.fhirContext]);
    const told = async (token: string): Promise<Told> =>
      (await (await postForm(domain.server, '/introspect', { token }, basic('web'))).json()) as Told;
    assert.deepEqual((await told(here.access_token)).fhirContext, context.fhirContext, 'G02');
    const elsewhere = await told(there.access_token);
    assert.deepEqual([elsewhere.encounter, elsewhere.fhirContext], [undefined, context.fhirContext.slice(1)]);
  });

  test('C23, C31, race: one refresh token for several servers at once gives each its own token, and one successor', async () => {
    const servers: readonly AuthorizationServer[] = [domain.server, await domain.another()];
    let tokens = await obtain(urlFor([clinic, hospital], { prompt: 'consent' }));
    const grant = claimsOf(tokens.access_token).grant_id;
    const asked: readonly Fields[] = [
      { resource: clinic },
      { resource: hospital },
      {},
      { resource: hospital, scope: 'openid patient/Observation.rs' },
      { resource: clinic },
      { resource: hospital },
    ];
    for (let round = 0; round < 4; round++) {
      const answers = await Promise.all(
        asked.map((fields, at) => refreshed(tokens.refresh_token, fields, servers[at % 2])),
      );
      const successors = new Set(answers.map(({ refresh_token }) => refresh_token));
      assert.equal(successors.size, 1, 'never two live families');
      for (const [at, { resource = clinic, scope = usualScope }] of asked.entries()) {
        const claims = claimsOf(answers[at]?.access_token ?? '');
        assert.deepEqual([claims.aud, claims.patient], [resource, resource === hospital ? 'h1' : 'p1']);
        assert.deepEqual([claims.scope, answers[at]?.patient], [scope, claims.patient]);
      }
      // to the letter the same, whoever asked the first time
      const bodies = await Promise.all(
        ['', ''].map(async () => (await refresh(tokens.refresh_token, asked[0], servers[1])).json()),
      );
      for (const body of bodies) assert.equal((body as Tokens).refresh_token, answers[0]?.refresh_token);
      tokens = answers[0] as Tokens;
    }
    const { rows } = await domain.database.pool.query(
      'select count(*)::int as live from refresh_token where consumed_at is null and grant_id = $1',
      [grant],
    );
    assert.deepEqual(rows, [{ live: 1 }]);
    // after the window it is a replay, whichever server it names
    const old = tokens.refresh_token;
    const last = await refreshed(old);
    domain.advance(11);
    assert.equal(await errorOf(await refresh(old, { resource: hospital })), '400 invalid_grant');
    assert.equal(await errorOf(await refresh(last.refresh_token)), '400 invalid_grant');
  });

  test('E04, G05: a token is nothing at another server of the same grant', async () => {
    const tokens = await obtain(urlFor([clinic, hospital], { prompt: 'consent' }));
    const there = await refreshed(tokens.refresh_token, { resource: hospital });
    const { server } = domain;
    assert.notEqual(await server.introspect(tokens.access_token, clinic), undefined);
    assert.equal(await server.introspect(tokens.access_token, hospital), undefined);
    assert.notEqual(await server.introspect(there.access_token, `${hospital}/`), undefined);
    assert.equal(await server.introspect(there.access_token, clinic), undefined);
    const asked = await postForm(server, '/introspect', { token: there.access_token }, basic('clinic'));
    assert.deepEqual(await asked.json(), { active: false });
  });

  test('a link that is taken back or corrected: the old tokens are worth nothing, the new ones are refused', async () => {
    const { pool } = domain.database;
    const tokens = await obtain(urlFor([clinic, hospital], { prompt: 'consent' }));
    const there = await refreshed(tokens.refresh_token, { resource: hospital });
    assert.equal(await linkPatient(pool, 'p1', hospital, 'h1'), 'linked-already');
    assert.equal(await linkPatient(pool, 'p1', hospital, 'h9'), 'taken');
    assert.equal(await linkPatient(pool, 'p2', `${hospital}/`, 'h1'), 'taken', 'one record there is of one patient');
    for (const corrected of [undefined, 'h9']) {
      assert.equal(await unlinkPatient(pool, 'p1', `${hospital}/`), true);
      if (corrected !== undefined) await linkPatient(pool, 'p1', hospital, corrected);
      assert.equal(await domain.server.introspect(there.access_token, hospital), undefined);
      assert.equal(await errorOf(await refresh(there.refresh_token, { resource: hospital })), '400 invalid_target');
      if (corrected === undefined) await linkPatient(pool, 'p1', hospital, 'h1');
    }
    await unlinkPatient(pool, 'p1', hospital);
    await linkPatient(pool, 'p1', hospital, 'h1');
    assert.equal(claimsOf((await refreshed(there.refresh_token)).access_token).aud, clinic, 'the first lives on');
  });

  test('an earlier consent is reused for the same servers alone', async () => {
    const browser = domain.browser();
    const back = await allow(browser, await signIn(browser, urlFor([clinic, hospital], { prompt: 'consent' })), {
      fields: both,
    });
    await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic('web'));
    const asks = async (url: string): Promise<boolean> => !(await browser.open(url)).headers.has('location');
    await domain.database.pool.query(
      'update authorization_grant set ended_at = now() where servers is null or audience <> $1',
      [clinic],
    );
    assert.equal(await asks(urlFor([clinic, hospital])), false);
    assert.equal(await asks(urlFor([hospital, clinic])), false);
    assert.equal(await asks(authorizeUrl()), true);
    assert.equal(await asks(urlFor([hospital, clinic], { aud: hospital })), true);
    await unlinkPatient(domain.database.pool, 'p1', hospital);
    assert.equal(await asks(urlFor([clinic, hospital])), true);
    await linkPatient(domain.database.pool, 'p1', hospital, 'h1');
  });

  test('whoever is a practitioner at the first server is nobody at another', async () => {
    const scope = 'openid fhirUser offline_access user/Patient.rs';
    const tokens = await obtain(urlFor([clinic, hospital], { scope }), both, {}, 'doctor');
    const there = await refreshed(tokens.refresh_token, { resource: hospital });
    const [here, elsewhere] = [claimsOf(tokens.access_token), claimsOf(there.access_token)];
    assert.deepEqual([here.fhirUser, elsewhere.fhirUser], [`${clinic}/Practitioner/d1`, `${clinic}/Practitioner/d1`]);
    assert.deepEqual([here.patient, elsewhere.patient], [undefined, undefined]);
    assert.match(JSON.stringify(here.extensions), /TREAT/);
    assert.doesNotMatch(JSON.stringify(elsewhere.extensions ?? {}), /TREAT/);
  });

  test('B11: a last slash says nothing, wherever a server is named', async () => {
    const tokens = await obtain(
      urlFor([`${clinic}/`, `${hospital}/`], { aud: `${clinic}/`, prompt: 'consent' }),
      both,
      { resource: `${hospital}/` },
    );
    assert.equal(claimsOf(tokens.access_token).aud, hospital, 'one form in the token');
    assert.equal(
      claimsOf((await refreshed(tokens.refresh_token, { resource: `${clinic}/` })).access_token).aud,
      clinic,
    );
    const service = await domain.token({
      grant_type: 'client_credentials',
      scope: 'system/Patient.rs',
      resource: `${hospital}/`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await domain.assertion(),
    });
    assert.equal(claimsOf(((await service.json()) as Tokens).access_token).aud, hospital);
    // two slashes, another case or a query are another server
    const silently = async (aud: string): Promise<string | null> =>
      answerOf(await domain.browser().send(authorizeUrl({ aud, prompt: 'none' }))).get('error');
    for (const aud of [`${clinic}//`, clinic.toUpperCase(), `${clinic}?x`, `${clinic}/Patient`, `${clinic}/../fhir`])
      assert.equal(await silently(aud), 'invalid_target', aud);
  });
});
