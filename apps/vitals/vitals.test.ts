/** Vitals as a browser meets it: signing in and out, what is shown, what is missing, and what never leaves it. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { bloodPressure, createHealthRecord, type HealthRecord, measured } from './testing/health-record.ts';
import { createVitals, type VitalsOptions } from './vitals.ts';

const base = '/apps/vitals';
const vitalSigns = 'http://terminology.hl7.org/CodeSystem/observation-category|vital-signs';

/** A browser with its cookies, following no redirect by itself. */
function openBrowser(app: ReturnType<typeof createVitals>, origin: string) {
  const cookies = new Map<string, string>();
  const setCookies: string[] = [];
  const send = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await app.fetch(new Request(new URL(path, origin), { ...init, headers }));
    for (const line of response.headers.getSetCookie()) {
      setCookies.push(line);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  return { cookies, setCookies, send };
}

let record: HealthRecord;
let log: string[];
async function open(origin = 'https://app.example', more: Partial<VitalsOptions> = {}) {
  record = await createHealthRecord(origin.startsWith('https') ? 'https://record.example' : origin);
  record.resources = [
    measured('29463-7', '2026-03-01', 80.2, 'kg'),
    bloodPressure('2026-03-01', 118, 76),
    measured('2345-7', '2026-03-01', 90, 'mg/dL'),
  ];
  log = [];
  const app = createVitals({
    base,
    origin,
    iss: record.iss,
    client: { id: 'vitals', secret: 'client-secret' },
    fetch: record.fetch,
    now: () => new Date(),
    log: (event, fields) => log.push(JSON.stringify({ event, ...fields })),
    sessionSeconds: 3600,
    ...more,
  });
  const browser = openBrowser(app, origin);
  const signIn = async () => {
    const away = await browser.send(`${base}/launch`);
    const callback = record.allow(away.headers.get('location') ?? '');
    return { callback, back: await browser.send(callback) };
  };
  const chart = async () => (await browser.send(`${base}/chart`)).text();
  return { app, browser, signIn, chart, origin };
}
let site: Awaited<ReturnType<typeof open>>;
beforeEach(async () => {
  site = await open();
});

describe('signing in', () => {
  test('asks for the least, with its own address to come back to', async () => {
    const away = await site.browser.send(`${base}/launch`);
    const asked = new URL(away.headers.get('location') ?? '').searchParams;
    assert.equal(
      asked.get('scope'),
      'openid fhirUser launch/patient offline_access patient/Patient.r patient/Observation.rs',
    );
    assert.equal(asked.get('redirect_uri'), 'https://app.example/apps/vitals/callback');
    assert.equal(asked.get('client_id'), 'vitals');
  });
  test('B17: from a record system with its launch, and from no other than the one that it knows', async () => {
    const address = (iss: string) => `${base}/launch?${new URLSearchParams({ iss, launch: 'handle-1' })}`;
    const away = await site.browser.send(address(record.iss));
    const asked = new URL(away.headers.get('location') ?? '').searchParams;
    assert.deepEqual([asked.get('launch'), asked.get('aud')], ['handle-1', record.iss]);
    assert.equal(asked.get('scope'), 'openid fhirUser launch offline_access patient/Patient.r patient/Observation.rs');
    const before = record.requests.length;
    for (const iss of ['https://evil.example/fhir', `${record.iss}/../evil`, 'http://record.example/fhir', 'x'])
      assert.equal((await site.browser.send(address(iss))).status, 403, iss);
    for (const query of [
      `?iss=${encodeURIComponent(record.iss)}`,
      '?launch=handle-1',
      `?iss=${encodeURIComponent(record.iss)}&iss=https://evil.example/fhir&launch=handle-1`,
    ])
      assert.equal((await site.browser.send(`${base}/launch${query}`)).status, 400, query);
    assert.equal(record.requests.length, before, 'nothing was asked of anybody');
  });
  test('D18: the patient banner stands there unless the record system shows it', async () => {
    for (const [context, shown] of [
      [{}, true],
      [{ need_patient_banner: true }, true],
      [{ need_patient_banner: 'false' }, true],
      [{ need_patient_banner: false }, false],
    ] as const) {
      record.context = context;
      await site.signIn();
      assert.equal(/Amara Ruth Okafor/.test(await site.chart()), shown, JSON.stringify(context));
    }
  });
  test('the button leads on by a page, which form-action lets through', async () => {
    const page = await site.browser.send(`${base}/launch`, { method: 'POST' });
    assert.equal(page.status, 200);
    assert.match(
      await page.text(),
      /<meta http-equiv="refresh" content="0; url=https:\/\/record\.example\/auth\/authorize\?/,
    );
  });
  test('leads to the chart, with cookies that scripts and other sites do not get', async () => {
    const { back } = await site.signIn();
    assert.equal(back.headers.get('location'), `${base}/chart`);
    for (const line of site.browser.setCookies.filter((cookie) => !cookie.includes('Max-Age=0'))) {
      assert.match(
        line,
        /^__Secure-vitals(-launch)?=[\w-]{43}; Max-Age=\d+; Path=\/apps\/vitals; HttpOnly; Secure; SameSite=Lax$/,
      );
    }
    assert.equal((await site.browser.send(`${base}/`)).headers.get('location'), `${base}/chart`);
  });
  test('over loopback without TLS the cookies have no prefix', async () => {
    site = await open('http://localhost:4000');
    await site.signIn();
    assert.deepEqual([...site.browser.cookies.keys()], ['vitals']);
  });
  test('gives a new id: one that was planted or used before is worth nothing', async () => {
    site.browser.cookies.set('__Secure-vitals', 'planted');
    await site.signIn();
    const first = site.browser.cookies.get('__Secure-vitals') ?? '';
    assert.notEqual(first, 'planted');
    await site.signIn();
    assert.notEqual(site.browser.cookies.get('__Secure-vitals'), first);
    const old = openBrowser(site.app, site.origin);
    old.cookies.set('__Secure-vitals', first);
    assert.doesNotMatch(await (await old.send(`${base}/chart`)).text(), /Okafor/);
  });
  test('serves the browser that began it, once', async () => {
    const away = await site.browser.send(`${base}/launch`);
    const callback = record.allow(away.headers.get('location') ?? '');
    assert.equal((await openBrowser(site.app, site.origin).send(callback)).status, 400);
    assert.equal((await site.browser.send(callback)).status, 303);
    assert.equal((await site.browser.send(callback)).status, 400);
  });
  test('denied is no fault', async () => {
    const away = await site.browser.send(`${base}/launch`);
    const callback = new URL(record.allow(away.headers.get('location') ?? ''));
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    const page = await site.browser.send(callback.href);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /Nothing was shared/);
    assert.deepEqual(log, []);
  });
  test('a record that cannot be reached is said plainly, with a reference that is in the log', async () => {
    site = await open('https://app.example', {
      fetch: async () => {
        throw new TypeError('client-secret');
      },
    });
    const page = await site.browser.send(`${base}/launch`);
    assert.equal(page.status, 502);
    const [, reference = '?'] = /<code>(\w{8})<\/code>/.exec(await page.text()) ?? [];
    assert.match(log.join(), new RegExp(reference));
    assert.doesNotMatch(log.join(), /secret/);
  });
});

describe('the page', () => {
  test('shows who it is, the newest values, charts and their numbers', async () => {
    await site.signIn();
    const page = await site.chart();
    assert.match(page, /<h1>Amara Ruth Okafor<\/h1>/);
    assert.match(page, /born 3 May 1951/);
    assert.match(page, /Signed in as <strong>yourself<\/strong>/);
    for (const value of ['80.2', '118 / 76', '90']) assert.match(page, new RegExp(`<strong>${value}</strong>`));
    assert.equal(page.split('role="img"').length - 1, 6);
    assert.equal(page.split('<details>').length - 1, 3);
    assert.doesNotMatch(page, /Not shared/);
  });
  test('a child is not measured by what is usual for adults', async () => {
    await site.signIn();
    assert.match(await site.chart(), /Usual for adults/);
    record.patient = { ...record.patient, birthDate: '2022-05-03' };
    const page = await site.chart();
    assert.match(page, /born 3 May 2022/);
    assert.doesNotMatch(page, /Usual for adults|usual range/);
    assert.match(page, /<ul class="legend"><li>[\s\S]*?Upper \(systolic\)<\/li>/, 'which line is which is still said');
  });
  test('says what was left out, and does not break', async () => {
    record.scope = `openid launch/patient patient/Patient.r patient/Observation.rs?category=${vitalSigns}`;
    record.resources = record.resources.slice(0, 2);
    await site.signIn();
    const page = await site.chart();
    assert.match(page, /Not shared: laboratory results\./);
    assert.match(page, /href="https:\/\/record\.example\/my-apps"/);
    assert.match(page, /Glucose is not shown, because laboratory results were not shared/);
    assert.match(page, /<strong>80\.2<\/strong>/);
  });
  test('asks for nothing that was not granted', async () => {
    record.scope = 'launch/patient';
    await site.signIn();
    const page = await site.chart();
    assert.match(page, /Not shared: vital signs and laboratory results\./);
    assert.match(page, /Name and birth date were not shared/);
    assert.ok(!record.requests.some(({ url }) => url.includes('/fhir/Observation') || url.includes('/fhir/Patient')));
  });
  test('a search that is refused is not shared; one that fails is a fault, and the rest stays', async () => {
    await site.signIn();
    record.refuse = { path: '29463-7', status: 403 };
    assert.match(await site.chart(), /Weight is not shown, because vital signs were not shared/);
    record.refuse = { path: '29463-7', status: 500 };
    const page = await site.chart();
    const [, reference = '?'] = /could not be fetched[\s\S]*?<code>(\w{8})<\/code>/.exec(page) ?? [];
    assert.match(log.join(), new RegExp(reference));
    assert.match(page, /<strong>118 \/ 76<\/strong>/);
  });
  test('an empty record explains itself', async () => {
    record.resources = [];
    await site.signIn();
    assert.match(await site.chart(), /holds no readings of weight/);
  });
  test('a person with very many readings sees the newest, and is told so', async () => {
    site = await open('https://app.example', { readings: { count: 10, pages: 2 } });
    record.resources = Array.from({ length: 21 }, (_, day) =>
      measured('29463-7', `2026-01-${String(day + 1).padStart(2, '0')}`, 80, 'kg'),
    );
    await site.signIn();
    assert.match(await site.chart(), /The newest 20 readings.*There are older ones, which are not shown\./);
    record.resources = record.resources.slice(1);
    assert.match(await site.chart(), /<p class="count">20 readings,/);
  });
  test('what a record says is text, never markup', async () => {
    record.resources = [
      measured('29463-7', '2026-03-01"><script>', 80, 'kg'),
      measured('2345-7', '2026-03-01', 1, '<b>'),
    ];
    await site.signIn();
    assert.doesNotMatch(await site.chart(), /<script|<b>/);
  });
  test('an access that was ended leads back to the start and forgets the session', async () => {
    await site.signIn();
    record.end();
    assert.match(await site.chart(), /no longer signed in/);
    assert.equal(site.browser.cookies.size, 0);
    assert.equal((await site.browser.send(`${base}/`)).status, 200);
  });
  test('signed out, it leads to the start', async () => {
    assert.equal((await site.browser.send(`${base}/chart`)).headers.get('location'), `${base}/`);
    assert.equal((await site.browser.send(`${base}/nowhere`)).status, 404);
  });
  test('is sent under a policy without scripts', async () => {
    for (const path of ['/', '/nowhere', '/launch', '/callback']) {
      const { headers } = await site.browser.send(base + path);
      assert.match(
        headers.get('content-security-policy') ?? '',
        /^default-src 'none'; style-src 'self'; form-action 'self'/,
      );
      assert.equal(headers.get('cache-control'), 'no-store');
    }
    const [, css = ''] = /href="([^"]+css[^"]+)"/.exec(await (await site.browser.send(`${base}/`)).text()) ?? [];
    const sheet = await site.browser.send(css);
    assert.match(sheet.headers.get('content-type') ?? '', /^text\/css/);
  });
});

describe('signing out', () => {
  const signOut = async (headers: Record<string, string>, token?: string) => {
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await site.chart()) ?? [];
    const body = new URLSearchParams({ csrf: token ?? csrf });
    return site.browser.send(`${base}/sign-out`, { method: 'POST', body, headers });
  };
  const revocations = () => record.requests.filter(({ url }) => url.endsWith('/auth/revoke'));
  test('ends the session here and the tokens there', async () => {
    await site.signIn();
    const page = await signOut({ origin: site.origin });
    assert.match(await page.text(), /You are signed out/);
    assert.equal(site.browser.cookies.size, 0);
    assert.match(revocations()[0]?.body ?? '', /token=refresh-secret/);
  });
  test('says so when the record could not be told', async () => {
    await site.signIn();
    record.refuse = { path: '/auth/revoke', status: 503 };
    assert.match(await (await signOut({ origin: site.origin })).text(), /could not be told/);
    assert.equal(site.browser.cookies.size, 0);
  });
  for (const [name, headers, token] of [
    ['from another site', { origin: 'https://evil.example' }, undefined],
    ['without an origin', {}, undefined],
    ['with another token', { origin: 'https://app.example' }, 'other'],
    ['with no token', { origin: 'https://app.example' }, ''],
  ] as const) {
    test(`${name} is refused`, async () => {
      await site.signIn();
      assert.equal((await signOut(headers, token)).status, 403);
      assert.equal(revocations().length, 0);
      assert.match(await site.chart(), /Okafor/);
    });
  }
});

test('no token and no secret is in a page, an address, a cookie or the log; no name or value is in the log', async () => {
  const { callback, back } = await site.signIn();
  const pages = [await site.chart(), await (await site.browser.send(`${base}/`)).text(), await back.text()];
  record.refuse = { path: '/fhir/', status: 500 };
  pages.push(await site.chart());
  const seen = [...pages, back.headers.get('location'), ...site.browser.setCookies, ...log].join('\n');
  assert.doesNotMatch(seen, /access-secret|refresh-secret|client-secret|code-secret|eyJ/);
  assert.doesNotMatch(log.join(), /Okafor|80\.2|p1/);
  assert.ok(callback.includes('code-secret'), 'the code itself goes through the browser, as it must');
  const addresses = record.requests.map(({ url }) => url).join('\n');
  assert.doesNotMatch(addresses, /secret/);
});
