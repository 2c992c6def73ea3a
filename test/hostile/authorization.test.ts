/**
 * The authorization endpoint and its pages against forged, repeated, foreign and enormous requests. RFC 6749 §3.1, §4.1, §10;
 * RFC 9700 §2.1, §4; OIDC Core 1.0 §3.1.2; SMART App Launch 2.2.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import {
  answerOf,
  authorizeUrl,
  callback,
  clientsYaml,
  codeOf,
  createVisitor,
  formOf,
  readPage,
  redeem,
  type Shown,
  type Tokens,
  usualScope,
  type Visitor,
  walk,
} from './caller.ts';

suite('authorization', () => {
  let domain: Domain;
  let origin: string;
  before(async () => {
    const yaml = `${clientsYaml}limits:\n  sign_in_failures_per_address: 10000\n  sign_in_failures_per_account: 10000\n`;
    domain = await startDomain({ yaml });
    origin = domain.origin;
  });
  after(async () => {
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(domain.directory);
  });

  const assertHardened = (headers: Headers, name: string): void => {
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      assert.ok(policy.includes(part), `${name}: ${policy}`);
    }
    assert.doesNotMatch(policy, /unsafe|\*/, name);
    assert.equal(headers.get('x-frame-options'), 'DENY', name);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', name);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', name);
    assert.match(headers.get('cache-control') ?? '', /no-store/, name);
    assert.equal(headers.get('access-control-allow-origin'), null, name);
  };

  /** Refused on a page of ours: nothing travels to the address that was asked for. */
  const assertRefusedHere = async (visitor: Visitor, url: string, init?: RequestInit): Promise<void> => {
    const response = await visitor.send(url, init);
    const name = `${url.slice(0, 300)}: ${response.status}`;
    assert.equal(response.headers.get('location'), null, name);
    assert.ok(response.status >= 400 && response.status < 500, name);
    assertHardened(response.headers, name);
  };

  const signedIn = async (username = 'ana'): Promise<Visitor> => {
    const visitor = createVisitor(origin);
    const page = await readPage(await visitor.open(authorizeUrl(origin, { client_id: 'spa' })));
    await visitor.submit(page, { username, password: `${username}-demo-2026` });
    return visitor;
  };
  const consentPage = async (visitor: Visitor, request: Parameters<typeof authorizeUrl>[1] = {}): Promise<Shown> => {
    const page = await readPage(await visitor.open(authorizeUrl(origin, { client_id: 'spa', ...request })));
    assert.equal(page.kind, 'consent', page.text.slice(0, 500));
    return page;
  };

  test('a redirect address is the registered one, character by character', async () => {
    const visitor = createVisitor(origin);
    for (const wrong of [
      `${callback}/`,
      `${callback}?`,
      `${callback}#`,
      `${callback}?x=1`,
      `${callback}?registered=2`,
      `${callback}%2e`,
      `${callback}/../callback`,
      callback.toUpperCase(),
      callback.replace('127.0.0.1', 'localhost'),
      callback.replace('127.0.0.1', '127.1'),
      callback.replace('127.0.0.1', '0177.0.0.1'),
      callback.replace('127.0.0.1', '[::1]'),
      callback.replace(':9/', ':10/'),
      callback.replace(':9/', ':09/'),
      callback.replace('http:', 'https:'),
      callback.replace('http://', 'http://user@'),
      callback.replace('http://', 'http://evil.example@'),
      callback.replace('http://', 'http:/'),
      callback.replace('/callback', '\\callback'),
      `${callback}\r\nX-A: b`,
      `${callback} `,
      ` ${callback}`,
      `${callback}\0`,
      'javascript:alert(1)',
      'data:text/html,x',
      '//evil.example/callback',
      'https://evil.example/',
      '',
    ]) {
      await assertRefusedHere(visitor, authorizeUrl(origin, { redirect_uri: wrong }));
      await assertRefusedHere(visitor, authorizeUrl(origin, { redirect_uri: wrong, prompt: 'none' }));
      await assertRefusedHere(visitor, authorizeUrl(origin, { redirect_uri: wrong, error: 'access_denied' }));
    }
    const twice = `${authorizeUrl(origin)}&redirect_uri=${encodeURIComponent('https://evil.example/')}`;
    await assertRefusedHere(visitor, twice);
    await assertRefusedHere(visitor, `${authorizeUrl(origin)}&client_id=spa`);
    await assertRefusedHere(visitor, authorizeUrl(origin, { redirect_uri: undefined }));
    for (const reference of ['http://127.0.0.1:1/', 'urn:ietf:params:oauth:request_uri:guessed'])
      await assertRefusedHere(visitor, authorizeUrl(origin, { request_uri: reference }));
    for (const client of ['nobody', '__proto__', 'constructor', 'service', 'WEB', 'web ', 'web\0']) {
      await assertRefusedHere(visitor, authorizeUrl(origin, { client_id: client }));
    }
  });

  test('a faulty request leads nowhere before somebody signed in, and then to the app with its state', async () => {
    const visitor = await signedIn();
    for (const [change, error] of [
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ response_type: 'code id_token' }, 'unsupported_response_type'],
      [{ response_mode: 'fragment' }, 'invalid_request'],
      [{ code_challenge: undefined }, 'invalid_request'],
      [{ code_challenge_method: 'plain' }, 'invalid_request'],
      [{ code_challenge_method: undefined }, 'invalid_request'],
      [{ code_challenge: 'short' }, 'invalid_request'],
      [{ aud: undefined }, 'invalid_request'],
      [{ aud: 'https://evil.example/fhir' }, 'invalid_target'],
      [{ aud: `${origin}/fhir/../fhir` }, 'invalid_target'],
      [{ scope: undefined }, 'invalid_scope'],
      [{ scope: 'system/*.cruds' }, 'invalid_scope'],
      [{ scope: 'nonsense' }, 'invalid_scope'],
      [{ scope: 'patient/Patient.r '.repeat(1000) }, 'invalid_scope'],
      [
        { scope: Array.from({ length: 400 }, (_, at) => `patient/Observation.r?code=${at}`).join(' ') },
        'invalid_scope',
      ],
      [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request'],
      [{ launch: 'x' }, 'invalid_request'],
      [{ max_age: '-1' }, 'invalid_request'],
      [{ prompt: 'none login' }, 'invalid_request'],
      [{ id_token_hint: 'x.y.z' }, 'invalid_request'],
    ] as const) {
      const unknown = await createVisitor(origin).open(authorizeUrl(origin, change));
      assert.equal(unknown.headers.get('location'), null, JSON.stringify(change).slice(0, 100));
      const answer = answerOf(await visitor.open(authorizeUrl(origin, change)));
      assert.equal(answer.get('error'), error, `${JSON.stringify(change).slice(0, 100)} ${answer}`);
      assert.equal(answer.get('state'), 'a-state');
      assert.equal(answer.get('iss'), `${origin}/auth`);
      assert.equal(answer.get('code'), null);
    }
  });

  test('what a request cannot set: the parameters that are handed to the inside', async () => {
    const visitor = await signedIn();
    const page = await consentPage(visitor, {
      scope: 'launch/patient patient/Condition.rs',
      affinity_scope: 'patient/*.cruds',
      affinity_audience: 'https://evil.example',
      affinity_fault: 'x y',
    });
    assert.deepEqual(
      page.scopes.filter((scope) => /Observation|\*/.test(scope)),
      [],
    );
    const back = await visitor.submit(page, {
      scope: [...page.scopes, 'patient/*.cruds'],
      decision: 'allow',
      duration: '365',
    });
    const tokens = (await (await redeem(origin, codeOf(back), { client_id: 'spa' }, {} as never)).json()) as Tokens;
    assert.equal(tokens.scope.split(' ').toSorted().join(' '), 'launch/patient patient/Condition.rs');
  });

  test('ten thousand parameters, enormous values, control characters: refused or passed over, at once', async () => {
    const visitor = createVisitor(origin);
    const many = Array.from({ length: 10_000 }, (_, at) => `p${at}=${at}`).join('&');
    await assertRefusedHere(visitor, `${origin}/auth/authorize?${many}`.slice(0, 60_000));
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    await assertRefusedHere(visitor, `${origin}/auth/authorize`, { method: 'POST', headers: form, body: many });
    const few = Array.from({ length: 3_000 }, (_, at) => `p${at}=${at}`).join('&');
    const passed = await visitor.open(`${authorizeUrl(origin)}&${few}`);
    assert.equal((await readPage(passed)).kind, 'sign-in');
    const flood = await fetch(`${origin}/auth/token`, { method: 'POST', headers: form, body: 'a&'.repeat(20_000) });
    assert.equal(flood.status, 400);
  });

  test('state comes back byte for byte and breaks nothing', async () => {
    const visitor = await signedIn();
    await walk(visitor, origin);
    for (const state of [
      'a\r\nSet-Cookie: x=y',
      '\r\n\r\n<script>alert(1)</script>',
      '"><script>alert(1)</script>',
      'ä🏥 %2F&=#?+',
      '\u202e\u0001\u2028',
      's'.repeat(5_000),
      '__proto__',
    ]) {
      const response = await walk(visitor, origin, { request: { state } });
      assert.equal(answerOf(response).get('state'), state);
      assert.doesNotMatch(response.headers.get('set-cookie') ?? '', /x=y/);
    }
  });

  test('a NUL is no fault of ours', async () => {
    const visitor = createVisitor(origin);
    for (const name of ['state', 'nonce', 'scope', 'prompt', 'client_id', 'redirect_uri', 'aud', 'code_challenge']) {
      await assertRefusedHere(visitor, authorizeUrl(origin, { [name]: 'a\0b' }));
    }
    const page = await readPage(await visitor.open(authorizeUrl(origin)));
    for (const username of ['\0', 'ana\0', '\0ana']) {
      const answer = await visitor.submit(page, { username, password: 'ana-demo-2026' });
      assert.equal(answer.status, 400, JSON.stringify(username));
    }
    assert.equal((await visitor.submit(page, { username: 'ana', password: '\0' })).status, 400);
    assert.equal((await redeem(origin, 'a\0b')).status, 400);
  });

  test('markup in a name of an app or a person is text', async () => {
    const visitor = createVisitor(origin);
    const page = await readPage(await visitor.open(authorizeUrl(origin)));
    assert.doesNotMatch(page.text, /<script(?! src="\/assets\/)|<b>Web/);
    const name = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e';
    const again = await readPage(await visitor.submit(page, { username: name, password: 'x' }));
    assert.equal(again.kind, 'sign-in');
    assert.doesNotMatch(again.text, /<script(?! src="\/assets\/)|<img/);
    const welcome = await visitor.submit(again, { username: 'ana', password: 'ana-demo-2026' });
    assert.doesNotMatch(await welcome.text(), /<script(?! src="\/assets\/)|<b>Web/);
  });

  test('every page, every error and every redirect is hardened', async () => {
    const visitor = createVisitor(origin);
    const first = await visitor.send(authorizeUrl(origin));
    assertHardened(first.headers, 'the first redirect');
    assert.equal(first.status, 303);
    const page = await readPage(await visitor.open(authorizeUrl(origin)));
    assertHardened(page.headers, 'sign-in');
    assertHardened((await visitor.submit(page, { username: 'ana', password: 'wrong' })).headers, 'a wrong password');
    assertHardened((await visitor.submit(page, { csrf: 'x', username: 'ana', password: 'x' })).headers, 'a bad seal');
    const consent = await visitor.submit(page, { username: 'ana', password: 'ana-demo-2026' });
    assertHardened(consent.headers, 'consent');
    for (const path of [
      '/auth/nothing',
      '/auth/authorize',
      '/auth/interaction/aaaaaaaaaaaaaaaaaaaaaaaaaa',
      '/',
      '/nothing',
    ]) {
      assertHardened((await fetch(`${origin}${path}`)).headers, path);
    }
    for (const { name, value } of visitor.cookies.values()) assert.ok(value.length >= 20, name);
    for (const line of first.headers.getSetCookie()) {
      assert.match(line, /HttpOnly/);
      assert.match(line, /SameSite=Lax/);
      assert.doesNotMatch(line, /Domain=/i);
    }
  });

  test('a form is taken only from our own page, in the browser that it was shown in', async () => {
    const attempts = async (visitor: Visitor, page: Shown, fields: Parameters<typeof formOf>[0]): Promise<void> => {
      const post = (headers: Record<string, string>, csrf: string | undefined, from = visitor): Promise<Response> =>
        from.send(page.action, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: formOf({ ...(csrf === undefined ? {} : { csrf }), ...fields }).toString(),
        });
      const other = createVisitor(origin);
      const foreign = await readPage(await other.open(authorizeUrl(origin)));
      const refused = {
        'no seal': await post({ origin }, undefined),
        'an empty seal': await post({ origin }, ''),
        'the seal of another sign-in': await post({ origin }, foreign.csrf),
        'two seals': await visitor.send(page.action, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
          body: `csrf=${foreign.csrf}&csrf=${page.csrf}&${formOf(fields)}`,
        }),
        'another origin': await post({ origin: 'https://evil.example' }, page.csrf),
        'an origin that begins alike': await post({ origin: `${origin}.evil.example` }, page.csrf),
        'another port': await post({ origin: 'http://localhost:1' }, page.csrf),
        'no origin, cross-site': await post({ 'sec-fetch-site': 'cross-site' }, page.csrf),
        'origin null, same-site': await post({ origin: 'null', 'sec-fetch-site': 'same-site' }, page.csrf),
        'another browser': await post({ origin }, page.csrf, createVisitor(origin)),
        'a browser with another sign-in': await post({ origin }, page.csrf, other),
        'a text body': await post({ origin, 'content-type': 'text/plain' }, page.csrf),
        'a JSON body': await post({ origin, 'content-type': 'application/json' }, page.csrf),
        'by GET': await visitor.send(`${page.action}?${formOf({ csrf: page.csrf, ...fields })}`),
      };
      for (const [name, response] of Object.entries(refused)) {
        assert.equal(response.headers.get('location'), null, `${page.kind}: ${name}`);
        if (name !== 'by GET') assert.ok(response.status >= 400, `${page.kind}: ${name}: ${response.status}`);
      }
    };
    const visitor = createVisitor(origin);
    const page = await readPage(await visitor.open(authorizeUrl(origin, { client_id: 'spa' })));
    await attempts(visitor, page, { username: 'carla', password: 'carla-demo-2026' });
    const choice = await readPage(await visitor.submit(page, { username: 'carla', password: 'carla-demo-2026' }));
    assert.equal(choice.kind, 'patient');
    await attempts(visitor, choice, { patient: 'patient-0003' });
    const consent = await readPage(await visitor.submit(choice, { patient: 'patient-0003' }));
    assert.equal(consent.kind, 'consent');
    await attempts(visitor, consent, { scope: consent.scopes, decision: 'allow' });
  });

  test('a session is a new one after sign-in, and not one that was planted', async () => {
    const visitor = createVisitor(origin);
    visitor.cookies.set('/ affinity-session', {
      name: 'affinity-session',
      value: 'planted-by-somebody-else',
      path: '/',
    });
    const page = await readPage(await visitor.open(authorizeUrl(origin)));
    const before = [...visitor.cookies.values()].find(({ name }) => name === 'affinity-session')?.value;
    await visitor.submit(page, { username: 'ana', password: 'ana-demo-2026' });
    const now = [...visitor.cookies.values()].find(({ name }) => name === 'affinity-session')?.value;
    assert.notEqual(now, 'planted-by-somebody-else');
    assert.notEqual(now, before);
    const thief = createVisitor(origin);
    for (const value of ['planted-by-somebody-else', before ?? '']) {
      thief.cookies.set('/ affinity-session', { name: 'affinity-session', value, path: '/' });
      assert.equal((await readPage(await thief.open(authorizeUrl(origin)))).kind, 'sign-in');
    }
  });

  test('another patient, another scope, another duration than was offered: refused or nothing', async () => {
    const visitor = createVisitor(origin);
    const page = await readPage(await visitor.open(authorizeUrl(origin, { client_id: 'spa' })));
    const choice = await readPage(await visitor.submit(page, { username: 'carla', password: 'carla-demo-2026' }));
    for (const patient of ['patient-0001', 'Patient/patient-0003', '', '*', 'patient-0003,patient-0001']) {
      const answer = await visitor.submit(choice, { patient });
      assert.ok(answer.status >= 400, patient);
      assert.equal((await readPage(answer)).kind === 'consent', false);
    }
    assert.notEqual(
      (await readPage(await visitor.submit(choice, { patient: ['patient-0003', 'patient-0001'] }))).kind,
      'consent',
    );
    // Straight to the last step, past the choice.
    const skipped = await readPage(await visitor.submit(choice, { decision: 'allow', scope: usualScope.split(' ') }));
    assert.equal(skipped.kind, 'patient');
    const consent = await readPage(await visitor.submit(choice, { patient: 'patient-0004' }));
    const back = await visitor.submit(consent, {
      patient: 'patient-0001',
      scope: ['patient/*.cruds', 'user/*.cruds', 'system/*.cruds', 'patient/Patient.cruds', ...consent.scopes],
      duration: '999999999',
      decision: 'allow',
      clearance: 'V',
      leave_out_confidential: 'yes',
    });
    const answer = await redeem(origin, codeOf(back), { client_id: 'spa' }, {} as never);
    const tokens = (await answer.json()) as Tokens;
    assert.equal(tokens.patient, 'patient-0004');
    const allowed = new Set(usualScope.split(' '));
    for (const scope of tokens.scope.split(' ')) assert.ok(allowed.has(scope), scope);
    assert.equal(tokens.refresh_token, undefined, 'a duration that was not offered is once');
  });

  test('every step sent twice, at once and by the back button', async (t) => {
    const visitor = createVisitor(origin);
    const page = await readPage(await visitor.open(authorizeUrl(origin, { client_id: 'spa' })));
    const credentials = { username: 'ana', password: 'ana-demo-2026' };
    const twice = await Promise.all([visitor.submit(page, credentials), visitor.submit(page, credentials)]);
    for (const response of twice) assert.ok(response.status < 500, String(response.status));
    const consent = await consentPage(visitor);
    const fields = { scope: consent.scopes, decision: 'allow', duration: '365' };
    const backs = await Promise.all(Array.from({ length: 4 }, () => visitor.submit(consent, fields)));
    const codes = backs.flatMap((response) => {
      assert.ok(response.status < 500, String(response.status));
      const location = response.headers.get('location');
      return location?.startsWith(callback) ? [new URL(location).searchParams.get('code') ?? ''] : [];
    });
    t.diagnostic(`${codes.length} codes, ${new Set(codes).size} different`);
    assert.ok(codes.length >= 1);
    assert.ok(codes.every((code) => code !== ''));
    const late = await visitor.submit(consent, fields);
    assert.equal(late.headers.get('location'), null, 'a finished step is over');
    assert.equal(late.status, 400);
    assert.equal((await visitor.submit(page, credentials)).status, 400);
  });

  test('two apps in two tabs do not get in each other’s way, nor get each other’s rights', async () => {
    const visitor = await signedIn();
    const one = await consentPage(visitor, { scope: 'launch/patient patient/Condition.rs', state: 'one' });
    const other = await consentPage(visitor, { scope: 'launch/patient patient/Observation.rs', state: 'other' });
    const fields = (page: Shown) => ({ scope: page.scopes, decision: 'allow', duration: 'once' });
    const crossed = await visitor.submit({ ...one, csrf: other.csrf }, fields(one));
    assert.equal(crossed.status, 403);
    const [second, first] = [await visitor.submit(other, fields(other)), await visitor.submit(one, fields(one))];
    for (const [response, state, scope] of [
      [first, 'one', 'patient/Condition.rs'],
      [second, 'other', 'patient/Observation.rs'],
    ] as const) {
      assert.equal(answerOf(response).get('state'), state);
      const tokens = (await (
        await redeem(origin, codeOf(response), { client_id: 'spa' }, {} as never)
      ).json()) as Tokens;
      assert.ok(tokens.scope.includes(scope), tokens.scope);
      assert.equal(tokens.scope.split(' ').length, 2, tokens.scope);
    }
  });

  test('prompt and max_age: nobody is passed by silently', async () => {
    const nobody = createVisitor(origin);
    assert.equal(answerOf(await nobody.open(authorizeUrl(origin, { prompt: 'none' }))).get('error'), 'login_required');
    const visitor = await signedIn();
    const unasked = answerOf(await visitor.open(authorizeUrl(origin, { prompt: 'none', client_id: 'spa' })));
    assert.match(unasked.get('error') ?? '', /consent_required|interaction_required/);
    for (const request of [{ prompt: 'login' }, { max_age: '0' }, { prompt: 'select_account' }]) {
      const page = await readPage(await visitor.open(authorizeUrl(origin, request)));
      assert.equal(page.kind, 'sign-in', JSON.stringify(request));
    }
    // An app without a secret asks each time, whatever was allowed before.
    const [first, second] = [await consentPage(visitor), await consentPage(visitor)];
    assert.notEqual(first.action, second.action);
  });

  test('guessing is slowed, told to wait, and the same for a name that nobody has', async () => {
    for (const username of ['emil', 'nobody-of-this-name']) {
      const visitor = createVisitor(origin);
      let page = await readPage(await visitor.open(authorizeUrl(origin)));
      for (let attempt = 1; attempt <= 10; attempt++) {
        const answer = await visitor.submit(page, { username, password: `wrong-${attempt}` });
        assert.equal(answer.status, 400, `attempt ${attempt}`);
        page = await readPage(answer);
      }
      const over = await visitor.submit(page, { username, password: `${username}-demo-2026` });
      assert.equal(over.status, 429, 'the right password too, past the limit');
      assert.ok(Number(over.headers.get('retry-after')) > 0);
      const variants = [username.toUpperCase(), ` ${username} `, `${username}\u200b`.normalize()];
      for (const variant of variants.slice(0, 2)) {
        assert.equal((await visitor.submit(page, { username: variant, password: 'x' })).status, 429, variant);
      }
    }
    const spoofed = createVisitor(origin);
    const page = await readPage(await spoofed.open(authorizeUrl(origin)));
    const answer = await spoofed.send(page.action, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': '203.0.113.9' },
      body: formOf({ csrf: page.csrf, username: 'emil', password: 'wrong' }).toString(),
    });
    assert.equal(answer.status, 429, 'an address that is only claimed counts for nothing');
  });
});
