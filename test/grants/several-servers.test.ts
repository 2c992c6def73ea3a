/** Signed tokens and references at the servers that they are for, and at those that they are not for. RFC 8707; RFC 7662; RFC 9068 §4. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { linkPatient } from '@affinity/authorization-server/cross-reference.ts';
import { createBrowser, pageOf } from '@affinity/authorization-server/testing/browser.ts';
import {
  answerOf,
  authorizeUrl,
  claimsOf,
  clinic,
  codeFields,
  hospital,
  signIn,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import { openHospital } from './hospital.ts';
import { records } from './records.ts';
import { asItComes, type GrantStage, issuer, openStage } from './stage.ts';

const scope = 'openid fhirUser launch/patient offline_access patient/Observation.rs patient/Goal.cruds';
const isReference = (token: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(token);

for (const format of ['jwt', 'opaque'] as const) {
  describe(`tokens of the kind ${format}, for two servers`, () => {
    let stage: GrantStage;
    let there: Awaited<ReturnType<typeof openHospital>>;
    const closers: (() => Promise<void>)[] = [];
    before(async () => {
      stage = await openStage({ after: (work) => void closers.push(work) }, { format });
      for (const resource of records) await stage.put(resource);
      await linkPatient(stage.pool, 'p1', hospital, 'h1');
      there = await openHospital(stage);
    });
    after(async () => {
      for (const close of closers) await close();
    });

    const here = async (path: string, { access_token }: Tokens): Promise<number> =>
      (await stage.send(path, access_token)).status;
    const refreshed = async (token: string | undefined, fields = {}): Promise<Tokens> =>
      (await (await stage.refresh(token, fields)).json()) as Tokens;
    /** A token for each, from one sign-in and one consent. */
    const obtain = async (): Promise<readonly [clinic: Tokens, hospital: Tokens]> => {
      const browser = createBrowser(stage.server, issuer);
      const resources = [clinic, hospital].map((base) => `&resource=${encodeURIComponent(base)}`).join('');
      const url = `${authorizeUrl({ scope, prompt: 'consent' })}${resources}`;
      const page = await pageOf(await signIn(browser, url), 'consent');
      const server = page.view.servers?.map(({ base }) => base) ?? [];
      const back = await browser.submit(page, { ...asItComes(page.view), server });
      const response = await stage.post('/token', codeFields(answerOf(back).get('code') ?? ''));
      const first = (await response.json()) as Tokens;
      return [first, await refreshed(first.refresh_token, { resource: hospital })];
    };
    const soon = async (holds: () => Promise<boolean>): Promise<void> => {
      const until = Date.now() + 1_000;
      while (!(await holds())) assert.ok(Date.now() < until, 'not within a second');
    };

    test('C31, E04: each opens its own server for its own patient, and is nothing at the other', async () => {
      const [ofClinic, ofHospital] = await obtain();
      assert.equal(isReference(ofClinic.access_token), format === 'opaque');
      assert.equal(await here('Observation/p1-glucose', ofClinic), 200);
      assert.equal(await here('Observation/p2-glucose', ofClinic), 404);
      assert.equal(await there.status('Observation/of-h1', ofHospital.access_token), 200);
      // the id that the patient has at the clinic is somebody else's there
      assert.equal(await there.status('Observation/of-p1', ofHospital.access_token), 404);
      assert.equal(await here('Observation/p1-glucose', ofHospital), 401);
      assert.equal(await there.status('Observation/of-h1', ofClinic.access_token), 401);
      assert.equal(await there.status('Observation/of-p1', ofClinic.access_token), 401);
      for (const faulty of [
        ofClinic.access_token.slice(0, -1),
        `${ofClinic.access_token}x`,
        ofClinic.refresh_token ?? '',
        ofClinic.id_token ?? '',
      ])
        assert.equal(await here('Observation/p1-glucose', { ...ofClinic, access_token: faulty }), 401);
    });

    test('E07, G11: the end of the one grant is felt at both, though their tokens are remembered', async () => {
      const [ofClinic, ofHospital] = await obtain();
      assert.equal(await here('Observation/p1-glucose', ofClinic), 200);
      assert.equal(await there.status('Observation/of-h1', ofHospital.access_token), 200);
      assert.equal((await stage.post('/revoke', { token: ofHospital.access_token })).status, 200);
      await soon(async () => (await here('Observation/p1-glucose', ofClinic)) === 401);
      await soon(async () => (await there.status('Observation/of-h1', ofHospital.access_token)) === 401);
      assert.equal((await stage.refresh(ofHospital.refresh_token, { resource: hospital })).status, 400);
    });

    test('P22: what the person takes away from the Consent is gone from the token that is in use', async () => {
      const [ofClinic, ofHospital] = await obtain();
      const own = (await stage.obtain({ scope: 'launch/patient patient/Consent.cruds' })).access_token;
      const told = (await (await stage.post('/introspect', { token: ofClinic.access_token })).json()) as {
        scope: string;
        sub: string;
      };
      assert.equal(told.scope, scope);
      const { rows } = await stage.pool.query<{ id: string }>(
        'select id from authorization_grant where servers is not null order by created_at desc limit 1',
      );
      const path = `Consent/grant-${rows[0]?.id}`;
      const consent = (await (await stage.send(path, own)).json()) as {
        provision: { provision: { class: { code: string }[] }[] };
      };
      assert.equal(await here('Goal/p1-walk', ofClinic), 200);
      const left = consent.provision.provision.filter(({ class: of }) => of.every(({ code }) => code !== 'Goal'));
      const body = JSON.stringify({ ...consent, provision: { ...consent.provision, provision: left } });
      assert.equal((await stage.send(path, own, { method: 'PUT', body })).status, 200);
      await soon(async () => (await here('Goal/p1-walk', ofClinic)) !== 200);
      assert.equal(await here('Observation/p1-glucose', ofClinic), 200);
      // and from the next one for the other server
      assert.doesNotMatch((await refreshed(ofHospital.refresh_token, { resource: hospital })).scope, /Goal/);
    });
  });
}

test('D24: two hundred granular scopes, from a posted request to the record and back', async (t) => {
  const stage = await openStage(t);
  for (const resource of records) await stage.put(resource);
  const codes = ['glucose', ...Array.from({ length: 199 }, (_, at) => `a-code-of-its-own-${at}`)];
  const rights = codes.map((code) => `patient/Observation.rs?code=http://example.org/codes|${code}`).join(' ');
  const asked = (text: string): string => `openid launch/patient offline_access ${text}`;
  assert.ok(asked(rights).length > 14_000, String(asked(rights).length));
  const browser = createBrowser(stage.server, issuer);
  const form = (text: string): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URL(authorizeUrl({ scope: asked(text) })).search.slice(1),
  });
  const page = await pageOf(await browser.open(`${issuer}/authorize`, form(rights)), 'sign-in');
  const shown = await pageOf(await browser.submit(page, { username: 'ana', password: 'correct horse' }), 'consent');
  const back = await browser.submit(shown, asItComes(shown.view));
  const response = await stage.post('/token', codeFields(answerOf(back).get('code') ?? ''));
  const first = (await response.json()) as Tokens;
  const second = (await (await stage.refresh(first.refresh_token)).json()) as Tokens;
  for (const tokens of [first, second]) {
    assert.equal(tokens.scope, asked(rights));
    assert.ok(isReference(tokens.access_token), 'a signed one would not fit into a header');
    assert.equal((await stage.send('Observation/p1-glucose', tokens.access_token)).status, 200);
    assert.equal((await stage.send('Observation/p1-weight', tokens.access_token)).status, 404);
    assert.deepEqual(await stage.found('Observation', tokens.access_token), ['p1-glucose']);
    const told = (await (await stage.post('/introspect', { token: tokens.access_token })).json()) as Tokens;
    assert.equal(told.scope, asked(rights));
  }
  const few = (await (
    await stage.refresh(second.refresh_token, { scope: 'patient/Observation.rs?category=a' })
  ).json()) as {
    error?: string;
  };
  assert.equal(few.error, 'invalid_scope');
  const less = await stage.refresh(second.refresh_token, { scope: rights.split(' ')[0] ?? '' });
  assert.equal(
    claimsOf(((await less.json()) as Tokens).access_token).scope,
    rights.split(' ')[0],
    'signed where it fits',
  );
});
