/**
 * Who may see what, as the people of the demonstration live it: a person narrows and ends what an app may do while it runs, a
 * mother and a son act for others, a doctor sees by care team, by Consent and in an emergency, services see what was agreed,
 * and an administrator is told why. P20, P22, P24, E21, E25, E74; IHE PCF; docs/guides/access.md.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import {
  type Allowed,
  appSecret,
  assertion,
  authorizeUrl,
  basic,
  bearer,
  callback,
  codeOf,
  createVisitor,
  post,
  redeem,
  refresh,
  serviceFields,
  serviceKey,
  type Tokens,
  walk,
} from '../hostile/caller.ts';
import { launchBrowser } from './browser.ts';
import { type Domain, makeDirectory, removeDirectory, startDomain } from './domain.ts';

// biome-ignore lint/suspicious/noExplicitAny: resources of many shapes are looked into
type Loose = any;

const jwk = { ...createPublicKey(serviceKey).export({ format: 'jwk' }), kid: 'service-1', alg: 'ES384', use: 'sig' };
const app = (id: string, scope: string, more: readonly string[] = []): readonly string[] => [
  `  - client_id: ${id}`,
  `    client_name: ${id}`,
  `    client_secret: ${appSecret}`,
  `    redirect_uris: ['${callback}']`,
  `    scope: openid fhirUser launch/patient offline_access ${scope}`,
  ...more,
];
const service = (id: string, more: readonly string[] = []): readonly string[] => [
  `  - client_id: ${id}`,
  `    client_name: ${id}`,
  '    grant_types: [client_credentials]',
  '    scope: system/*.rs',
  `    jwks: ${JSON.stringify({ keys: [jwk] })}`,
  ...more,
];
const yaml = [
  'clients:',
  ...app('diary', 'patient/*.cruds'),
  ...app('charts', 'patient/Observation.rs'),
  ...app('ward', 'user/*.rs', ['    affinity_purposes: [BTG]']),
  ...service('everything', ['    affinity_purposes: [HOPERAT]']),
  ...service('cohort', ['    affinity_purposes: [HOPERAT]', '    affinity_records: [Group/cohort-7]']),
  ...service('research', ['    affinity_purposes: [HRESCH]']),
  '',
].join('\n');
const group = {
  resourceType: 'Group',
  id: 'cohort-7',
  type: 'person',
  actual: true,
  member: [{ entity: { reference: 'Patient/patient-0003' } }, { entity: { reference: 'Patient/patient-0004' } }],
};
/** Carla has said no to research. */
const noResearch = {
  resourceType: 'Consent',
  id: 'no-research',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: 'Patient/patient-0003' },
  dateTime: '2026-11-01',
  performer: [{ reference: 'Patient/patient-0003' }],
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
  provision: {
    type: 'permit',
    provision: [
      { type: 'deny', purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HRESCH' }] },
    ],
  },
};
const cohort = {
  resourceType: 'Bundle',
  type: 'collection',
  entry: [group, noResearch].map((resource) => ({ resource })),
};
const [ana, ben, carla, leo, emil, rosa] = [1, 2, 3, 4, 5, 6].map((one) => `patient-000${one}`);
const vitalSigns = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }],
};

suite('who may see what', () => {
  let domain: Domain;
  let browser: Browser;
  let page: Page;

  const fhir = async (path: string, token: string, init: RequestInit = {}) => {
    const headers = { ...bearer(token), 'content-type': 'application/fhir+json' };
    const response = await fetch(`${domain.origin}/fhir/${path}`, { ...init, headers });
    const text = await response.text();
    return { status: response.status, text, body: (text === '' ? {} : JSON.parse(text)) as Loose };
  };
  const put = (resource: Loose, token: string) =>
    fhir(`${resource.resourceType}/${resource.id}`, token, { method: 'PUT', body: JSON.stringify(resource) });
  const patientsSeen = async (token: string): Promise<readonly string[]> => {
    const { status, text, body } = await fhir('Patient?_count=100', token);
    assert.equal(status, 200, text);
    return (body.entry ?? []).map(({ resource }: Loose) => resource.id).toSorted();
  };
  const labelsSeen = async (path: string, token: string): Promise<readonly string[]> => {
    const { body } = await fhir(path, token);
    return (body.entry ?? [])
      .flatMap(({ resource }: Loose) => resource.meta?.security ?? [])
      .map(({ code }: Loose) => code);
  };
  const allow = async (client: string, scope: string, allowed: Allowed = {}): Promise<Tokens> => {
    const request = { client_id: client, scope };
    const answer = await walk(createVisitor(domain.origin), domain.origin, { ...allowed, request });
    const response = await redeem(domain.origin, codeOf(answer), {}, basic(client));
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as Tokens;
  };
  const serviceToken = async (id: string): Promise<string> => {
    const signed = await assertion(domain.origin, { iss: id, sub: id });
    const response = await post(`${domain.origin}/auth/token`, serviceFields(signed, 'system/*.rs'));
    assert.equal(response.status, 200, await response.clone().text());
    return ((await response.json()) as Tokens).access_token;
  };
  const soon = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
    const until = Date.now() + 1_000;
    while (!(await holds())) {
      assert.ok(Date.now() < until, `${what}: not within a second`);
      await sleep(20);
    }
  };
  /** The command line beside the running domain, as the guide has it. */
  const affinity = (...args: readonly string[]) => {
    const bin = resolve(import.meta.dirname, '../../affinity/bin.mjs');
    const { port } = new URL(domain.origin);
    const environment = Object.entries(process.env).filter(
      ([name]) => !/^(AFFINITY_|DATABASE_URL|NODE_TEST)/.test(name),
    );
    const env = { ...Object.fromEntries(environment), AFFINITY_PORT: port };
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd: domain.directory, env });
    return { status, text: `${stdout}${stderr}` };
  };
  const enter = async (username: string): Promise<void> => {
    await page.locator('input[name=username]').fill(username);
    await page.locator('input[name=password]').fill(`${username}-demo-2026`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  const freshPage = async (): Promise<void> => {
    await page?.context().close();
    page = await (await browser.newContext()).newPage();
  };

  before(async () => {
    const directory = makeDirectory();
    browser = await launchBrowser();
    domain = await startDomain({ directory, yaml });
    writeFileSync(join(directory, 'cohort.json'), JSON.stringify(cohort));
  });
  after(async () => {
    await browser.close();
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(domain.directory);
  });

  test('P20, P22, P24: Ana reads what she allowed Vitals, takes a part away, ends it: it acts while the app runs', async () => {
    await freshPage();
    await page.goto(`${domain.origin}/apps/vitals/`);
    await page.getByRole('button', { name: /sign in/i }).click();
    await enter('ana');
    assert.ok(
      await page.locator('input[name=leave_out_confidential]').isChecked(),
      'confidential entries are left out',
    );
    await page.getByRole('button', { name: 'Allow' }).click();
    const charts = page.locator('svg[role=img]');
    await page.getByRole('heading', { name: /Ana .*Ribeiro/ }).waitFor();
    const all = await charts.count();
    assert.ok(all >= 3, 'weight, blood pressure and glucose are drawn');

    const { access_token: own } = await allow('diary', 'launch/patient patient/Consent.cruds');
    const { body } = await fhir('Consent?status=active', own);
    const consent = body.entry
      .map(({ resource }: Loose) => resource)
      .find(({ provision }: Loose) => JSON.stringify(provision).includes('"value":"vitals"'));
    assert.match(consent.text.div, /Vitals may see personal details and measurements and findings/);

    consent.provision.provision.push({ type: 'deny', code: [vitalSigns] });
    const narrowed = await put(consent, own);
    assert.equal(narrowed.status, 200, narrowed.text);
    await soon(async () => {
      await page.reload();
      return (await charts.count()) < all;
    }, 'what was taken away');
    assert.ok(await page.getByRole('heading', { name: /Ana .*Ribeiro/ }).isVisible(), 'the rest is as it was');

    assert.equal((await put({ ...narrowed.body, status: 'inactive' }, own)).status, 200);
    await soon(async () => {
      await page.reload();
      return page.getByText('You are no longer signed in').isVisible();
    }, 'the end');
  });

  test('P22: what has ended is not renewed', async () => {
    const tokens = await allow('charts', 'launch/patient offline_access patient/Observation.rs');
    const renewed = await refresh(domain.origin, tokens.refresh_token, {}, basic('charts'));
    assert.equal(renewed.status, 200, await renewed.clone().text());
    const next = (await renewed.json()) as Tokens;
    const { access_token: own } = await allow('diary', 'launch/patient patient/Consent.cruds');
    const { body } = await fhir('Consent?status=active', own);
    const consent = body.entry
      .map(({ resource }: Loose) => resource)
      .find(({ provision }: Loose) => JSON.stringify(provision).includes('"value":"charts"'));
    assert.equal((await fhir(`Consent/${consent.id}`, own, { method: 'DELETE' })).status, 204);
    await soon(async () => (await fhir('Observation?_count=1', next.access_token)).status === 401, 'the end');
    assert.match(
      (await fhir('Observation?_count=1', next.access_token)).text,
      /has ended: the app has to ask for access/,
    );
    const refused = await refresh(domain.origin, next.refresh_token, {}, basic('charts'));
    assert.deepEqual([refused.status, ((await refused.json()) as Loose).error], [400, 'invalid_grant']);
  });

  test('E21: Carla for Leo and Emil for Rosa, each for that one record', async () => {
    const scope = 'launch/patient patient/Patient.rs patient/Observation.rs';
    for (const [username, patient] of [
      ['carla', leo],
      ['emil', rosa],
    ] as const) {
      const tokens = await allow('diary', scope, { username, ...(patient === undefined ? {} : { patient }) });
      assert.deepEqual(await patientsSeen(tokens.access_token), [patient]);
      assert.ok((await fhir(`Observation?patient=${patient}`, tokens.access_token)).body.entry.length > 0);
      assert.equal((await fhir(`Patient/${username === 'carla' ? carla : emil}`, tokens.access_token)).status, 404);
    }
  });

  test('E25, E74: a doctor sees by care team and Consent, and one more record in an emergency, which somebody has to look into', async () => {
    const { access_token: ward } = await allow('ward', 'user/*.rs', { username: 'okafor', confidential: true });
    assert.deepEqual(await patientsSeen(ward), [ana, ben, carla]);
    assert.ok((await labelsSeen(`Condition?patient=${ana}`, ward)).includes('R'), 'what is confidential of Ana');
    assert.ok((await fhir(`Condition?patient=${ben}`, ward)).body.entry.length > 0);
    assert.ok(
      !(await labelsSeen(`Condition?patient=${ben}&_count=100`, ward)).includes('PSY'),
      'Ben keeps that from him',
    );
    const { access_token: bens } = await allow('diary', 'launch/patient patient/*.rs', {
      username: 'ben',
      confidential: true,
    });
    assert.ok((await labelsSeen('Condition?_count=100', bens)).includes('PSY'), 'there is something to keep');
    assert.equal((await fhir(`Observation?patient=${rosa}&_total=accurate`, ward)).body.total, 0);

    const { access_token: emils } = await allow('diary', 'launch/patient patient/Patient.rs', {
      username: 'emil',
      ...(rosa === undefined ? {} : { patient: rosa }),
    });
    const { body: known } = await fhir(`Patient/${rosa}`, emils);
    await freshPage();
    await page.goto(authorizeUrl(domain.origin, { client_id: 'ward', scope: 'user/*.rs', purpose_of_use: 'BTG' }));
    await enter('okafor');
    await page.getByLabel('Full name').fill('Rosa Haas');
    await page.getByLabel('Date of birth').fill(known.birthDate);
    await page.getByLabel('Your reason').fill('Unconscious after a fall, medication unknown');
    const back = page.waitForRequest((request) => request.url().startsWith(callback));
    await page.getByRole('button', { name: 'Declare an emergency' }).click();
    const answer = (await back).url();
    const code = new URL(answer).searchParams.get('code') ?? assert.fail(answer);
    const redeemed = (await (await redeem(domain.origin, code, {}, basic('ward'))).json()) as Tokens;
    assert.deepEqual(await patientsSeen(redeemed.access_token), [rosa]);
    assert.ok((await fhir('Observation', redeemed.access_token)).body.entry.length > 0);
    assert.equal(redeemed.refresh_token, undefined);

    await freshPage();
    await page.goto(`${domain.origin}/admin`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await enter('petra');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('link', { name: 'See the alerts' }).click();
    const alert = page.locator('li.alert', { hasText: 'Somebody declared an emergency' });
    const told = await alert.innerText();
    for (const part of ['patient-0006', 'Dr. Daniel Okafor', 'Unconscious after a fall, medication unknown'])
      assert.ok(told.includes(part), `${part} in ${told}`);
    const listed = affinity('alerts');
    assert.match(listed.text, /emergency-access[\s\S]*patient: patient-0006/);
    await alert.getByLabel('What you found or did').fill('Spoke with the ward: she had fallen.');
    await alert.getByRole('button', { name: 'I have looked at it' }).click();
    await page.getByText('It is noted that you looked at it.').waitFor();
    assert.doesNotMatch(affinity('alerts').text, /emergency-access/);
    const id = /^(\S+) {2}emergency-access/m.exec(listed.text)?.[1] ?? assert.fail(listed.text);
    const again = affinity('alerts', 'acknowledge', id, '--by', 'Somebody else', '--note', 'Nothing');
    assert.equal(again.status, 1);
    assert.match(again.text, /Petra Lindholm looked at it before; nothing was changed/);
  });

  test('E25: services see what was agreed: everybody, a group, and not for research whoever has said no', async () => {
    const imported = affinity('import', 'cohort.json');
    assert.equal(imported.status, 0, imported.text);
    const everybody = [ana, ben, carla, leo, emil, rosa];
    // What the sample people keep back, they keep from one doctor.
    assert.deepEqual(await patientsSeen(await serviceToken('everything')), everybody);
    assert.deepEqual(await patientsSeen(await serviceToken('cohort')), [carla, leo]);
    assert.deepEqual(await patientsSeen(await serviceToken('research')), [ana, ben, leo, emil, rosa]);
  });

  test('why, for each of these, in words: at the desk of administrators, and on the command line', async () => {
    const asked = async (question: Readonly<Record<string, string>>, record: string | undefined): Promise<string> => {
      await page.goto(`${domain.origin}/admin/explain`);
      await page.getByText('More about the token').click();
      const url = `/fhir/Patient/${record}`;
      for (const [name, value] of Object.entries({ ...question, url, record: `Patient/${record}` })) {
        const field = page.locator(`#${name}`);
        await (['clearance', 'purpose'].includes(name) ? field.selectOption(value) : field.fill(value));
      }
      await page.getByRole('button', { name: 'Explain' }).click();
      return page.getByRole('region', { name: /^The record/ }).innerText();
    };
    const doctor = { person: 'okafor', client: 'ward', scope: 'user/*.rs', clearance: 'R' };
    assert.match(await asked(doctor, ana), /Shown/);
    assert.match(await asked(doctor, leo), /Hidden[\s\S]*Scope[\s\S]*Stops it/);
    assert.match(await asked({ client: 'research' }, carla), /Hidden[\s\S]*Consent[\s\S]*Stops it/);
    assert.match(await asked({ client: 'research' }, leo), /Shown/);
    assert.match(await asked({ client: 'cohort' }, ana), /Hidden[\s\S]*Scope[\s\S]*Stops it/);

    const { status, text } = affinity(
      ...['explain', '--person', 'okafor', '--client', 'ward', '--scope', 'user/*.rs', '--record', `Patient/${rosa}`],
      ...['GET', `/fhir/Patient/${rosa}`],
    );
    assert.equal(status, 0, text);
    assert.match(text, /It is hidden/);
    const declared = { person: 'okafor', client: 'ward', scope: 'user/*.rs', purpose: 'BTG' };
    assert.match(await asked(declared, rosa), /Shown/);
    assert.match(text, /^ {4}consent +does not let it through/m);
    assert.match(text, /^ {4}scope +lets it through/m);
    assert.match(text, /privacy-0006 of patient patient-0006/);
  });
});
