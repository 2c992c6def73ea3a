/** The main job: a person signs in from an app, leaves laboratory results out, and the app gets exactly that. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createVitals } from '@affinity/vitals/vitals.ts';
import { getRequestListener } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { samplePeople } from '../../affinity/demo/people.ts';
import { launchBrowser } from './browser.ts';
import { type Domain, freePort, makeDirectory, removeDirectory, startDomain } from './domain.ts';

const laboratory = 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory';
const [ana] = samplePeople;
assert.ok(ana !== undefined);

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
});

interface Journey {
  readonly domain: Domain;
  readonly page: Page;
  /** what the app sent as its bearer token, newest last */
  readonly tokens: readonly string[];
  readonly appUrl: string;
}

/** The domain in its own process, and the app in this one, so that the test can see the token that the app holds. */
const withJourney = async (
  env: Readonly<Record<string, string>>,
  walk: (journey: Journey) => Promise<void>,
): Promise<void> => {
  const directory = makeDirectory();
  const appPort = await freePort();
  const appOrigin = `http://127.0.0.1:${appPort}`;
  const secret = 'a secret of this test that nobody else has, 0123456789';
  const domain = await startDomain({
    directory,
    env,
    yaml: [
      'clients:',
      '  - client_id: charts',
      '    client_name: Charts of the test',
      `    client_secret: ${secret}`,
      '    token_endpoint_auth_method: client_secret_basic',
      '    grant_types: [authorization_code, refresh_token]',
      `    redirect_uris: ['${appOrigin}/apps/charts/callback']`,
      '    scope: openid fhirUser launch/patient offline_access patient/Patient.r patient/Observation.rs',
      '',
    ].join('\n'),
  });
  const tokens: string[] = [];
  const app = createVitals({
    base: '/apps/charts',
    origin: appOrigin,
    iss: `${domain.origin}/fhir`,
    client: { id: 'charts', secret },
    fetch: (input, init) => {
      const authorization = new Headers(init?.headers).get('authorization') ?? '';
      if (authorization.startsWith('Bearer ')) tokens.push(authorization.slice('Bearer '.length));
      return fetch(input, init);
    },
    now: () => new Date(),
    log: () => {},
    sessionSeconds: 3600,
  });
  const server = createServer(getRequestListener((request) => app.fetch(request)));
  await new Promise<void>((done) => server.listen(appPort, '127.0.0.1', done));
  assert.equal((server.address() as AddressInfo).port, appPort);
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    await walk({ domain, page: await context.newPage(), tokens, appUrl: `${appOrigin}/apps/charts/` });
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(directory);
  }
};

const signIn = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.locator('input[name=username]').fill(ana.username);
  await page.locator('input[name=password]').fill(ana.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
};

/** What the app's token gives, asked as the app would, but from outside. */
const walkWithoutLaboratory = async ({ domain, page, tokens, appUrl }: Journey): Promise<void> => {
  await page.goto(appUrl);
  await signIn(page);
  const boxes = page.locator('input[type=checkbox][name=scope]');
  const values = await boxes.evaluateAll((all) => all.map((box) => box.getAttribute('value') ?? ''));
  const unticked = values.filter((value) => value.includes(laboratory));
  assert.equal(unticked.length, 1, `laboratory results are one box of their own: ${values.join(' ; ')}`);
  await page.locator(`input[name=scope][value="${unticked[0]}"]`).uncheck();
  await page.getByRole('button', { name: 'Allow' }).click();

  assert.ok(page.url().startsWith(appUrl), page.url());
  assert.ok((await page.locator('svg[role=img]').count()) >= 2, 'weight and blood pressure are drawn');
  assert.ok(await page.getByRole('heading', { name: /Ana .*Ribeiro/ }).isVisible(), 'it says whose record it is');

  const token = tokens.at(-1);
  assert.ok(token !== undefined, 'the app used a token');
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  assert.ok(!claims.scope.includes(laboratory), claims.scope);
  assert.ok(!claims.scope.split(' ').includes('patient/Observation.rs'), claims.scope);

  const get = (path: string): Promise<Response> =>
    fetch(`${domain.origin}/fhir/${path}`, { headers: { authorization: `Bearer ${token}` } });
  const status = async (path: string): Promise<number> => (await get(path)).status;
  const patient: string = claims.patient;
  assert.equal(await status(`Patient/${patient}`), 200);

  const vitals = await (await get(`Observation?patient=${patient}&category=vital-signs&_count=5`)).json();
  assert.ok(vitals.entry.length > 0);
  const laboratoryResults = await get(`Observation?patient=${patient}&category=laboratory`);
  assert.equal(laboratoryResults.status, 403);
  assert.match(laboratoryResults.headers.get('www-authenticate') ?? '', /error="insufficient_scope"/);
  assert.equal((await laboratoryResults.json()).resourceType, 'OperationOutcome');
  assert.equal(await status(`Condition?patient=${patient}`), 403, 'a type that was not granted');

  // Everything that the token can reach by search, page after page, is without a laboratory result.
  let seen = 0;
  for (let next: string | undefined = `${domain.origin}/fhir/Observation?_count=200`; next !== undefined; ) {
    const response = await fetch(next, { headers: { authorization: `Bearer ${token}` } });
    const bundle = (await response.json()) as {
      entry?: { resource: { subject: { reference: string }; category: { coding: { code: string }[] }[] } }[];
      link: { relation: string; url: string }[];
    };
    for (const { resource } of bundle.entry ?? []) {
      seen += 1;
      assert.equal(resource.subject.reference, `Patient/${patient}`);
      assert.ok(!resource.category.some(({ coding }) => coding.some(({ code }) => code === 'laboratory')));
    }
    next = bundle.link.find(({ relation }) => relation === 'next')?.url;
  }
  assert.ok(seen > 50, `${seen} observations`);

  // Another patient's record is the same as one that is not there: status, body and headers.
  const facts = async (path: string) => {
    const response = await get(path);
    const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
    return { status: response.status, body: (await response.text()).replaceAll(path, 'PATH'), headers };
  };
  const other = await facts('Patient/patient-0002');
  assert.equal(other.status, 404);
  assert.deepEqual(other, await facts('Patient/patient-9999'));
  assert.equal((await (await get('Observation?patient=patient-0002')).json()).total ?? 0, 0);
};

test('sign in from an app, leave laboratory results out: the chart shows, the rest is refused', async () => {
  await withJourney({}, walkWithoutLaboratory);
});

test('the same against a PostgreSQL of the user by DATABASE_URL', async () => {
  const database = await testDatabase();
  try {
    await withJourney({ DATABASE_URL: database.url }, walkWithoutLaboratory);
  } finally {
    await database.close();
  }
});

test('the sample app that comes with the domain: sign in, allow everything, and the chart shows', async () => {
  const directory = makeDirectory();
  const domain = await startDomain({ directory });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${domain.origin}/apps/vitals/`);
    await signIn(page);
    await page.getByRole('button', { name: 'Allow' }).click();
    assert.ok((await page.locator('svg[role=img]').count()) >= 3, 'weight, blood pressure and glucose are drawn');
  } finally {
    await context.close();
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(directory);
  }
});
