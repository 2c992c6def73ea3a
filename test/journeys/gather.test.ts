/**
 * A doctor gathers what three places hold of a patient while one of them is down: every place by its own number and its own token,
 * nothing that is kept back, and what could not be reached said. IHE MHD; RFC 8693.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Upstream } from '@affinity/gateway/remote-fhir/testing/upstream.ts';
import type { Browser } from 'playwright-core';
import { bearer, clientsYaml, obtainTokens } from '../hostile/caller.ts';
import { launchBrowser } from './browser.ts';
import { type Domain, removeDirectory, runCommand, startDomain } from './domain.ts';
import { startRecordsSystem } from './records-system.ts';

const to = (reference: string) => ({ reference });
const restricted = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };

/** Of one place: Ana under a number of its own, cared for there by a doctor with a number of its own. */
const recordsOf = (place: string, more: object = {}): readonly Resource[] => [
  { resourceType: 'Patient', id: `${place}-ana`, name: [{ family: 'Ribeiro' }] },
  { resourceType: 'Patient', id: 'patient-0001', name: [{ family: 'Somebody else' }] },
  { resourceType: 'Practitioner', id: `${place}-d`, active: true },
  {
    resourceType: 'CareTeam',
    id: 'team',
    status: 'active',
    subject: to(`Patient/${place}-ana`),
    participant: [{ member: to(`Practitioner/${place}-d`) }],
  },
  {
    resourceType: 'DocumentReference',
    id: `${place}-letter`,
    status: 'current',
    date: '2026-04-01T10:00:00Z',
    description: `Letter of ${place}`,
    type: { text: 'Discharge letter' },
    subject: to(`Patient/${place}-ana`),
    content: [{ attachment: { contentType: 'text/plain', title: `Letter of ${place}` } }],
    ...more,
  },
  {
    resourceType: 'DocumentReference',
    id: 'of-another',
    status: 'current',
    subject: to('Patient/patient-0001'),
    content: [],
  },
];

let town: Upstream;
let lake: Upstream;
let domain: Domain;
let browser: Browser;
const closers: (() => unknown)[] = [];
const t = { after: (close: unknown) => void closers.push(close as () => unknown) };
before(async () => {
  town = await startRecordsSystem(t, recordsOf('town'));
  lake = await startRecordsSystem(t, recordsOf('lake'));
  const quiet = await startRecordsSystem(t, recordsOf('quiet', { meta: { security: [restricted] } }));
  const server = (name: string, title: string, { url }: Upstream): string => `  - name: ${name}
    kind: fhir
    path: /${name}/fhir
    title: ${title}
    url: ${url}
    credentials: { kind: none }
`;
  domain = await startDomain({
    yaml: `${clientsYaml}gathering: { source_seconds: 3 }
resource_servers:
${server('town', 'City Hospital', town)}${server('lake', 'Lake Clinic', lake)}${server('quiet', 'Quiet House', quiet)}`,
  });
  for (const name of ['town', 'lake', 'quiet']) {
    await runCommand(domain, ['patients', 'link', 'patient-0001', '--server', name, `${name}-ana`]);
    await runCommand(domain, ['practitioners', 'link', 'practitioner-okafor', '--server', name, `${name}-d`]);
  }
});
after(async () => {
  await browser?.close();
  await domain.stop();
  removeDirectory(domain.directory);
  for (const close of closers) await close();
});

interface Part {
  readonly name: string;
  readonly valueString?: string;
  readonly part?: readonly Part[];
}
interface Answer {
  readonly parameter?: readonly Part[];
  readonly entry?: readonly {
    readonly fullUrl?: string;
    readonly search: { readonly mode: string };
    readonly resource: { readonly id: string; readonly issue?: readonly { readonly diagnostics: string }[] };
  }[];
}

const locator = (): string => `${domain.origin}/locator/fhir`;
const ask = async (path: string, token: string): Promise<Answer> => {
  const response = await fetch(`${locator()}/${path}`, {
    headers: { ...bearer(token), 'x-request-id': 'gathering-1' },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Answer;
};
const titles = ({ parameter = [] }: Answer): readonly string[] =>
  parameter.flatMap(({ name, part = [] }) =>
    name === 'location' ? [part.find((one) => one.name === 'title')?.valueString ?? ''] : [],
  );

test('L07, L09, L11, E05: the doctor is told where what is, and is shown it; nobody else is, and no token goes further', async () => {
  const request = { aud: locator(), scope: 'openid fhirUser user/DocumentReference.rs', prompt: 'consent' };
  const { access_token: doctor } = await obtainTokens(domain.origin, { username: 'okafor', request });
  const ana = encodeURIComponent(`${domain.origin}/fhir/Patient/patient-0001`);
  const located = await ask(`Patient/$locate?patient=${ana}`, doctor);
  const where = titles(located);
  assert.ok(where.includes('City Hospital') && where.includes('Lake Clinic'), JSON.stringify(located));
  assert.ok(!where.includes('Quiet House'), 'all it holds is confidential');
  const gathered = await ask(`Patient/patient-0001/$gather?_type=DocumentReference&_count=100`, doctor);
  const ids = (gathered.entry ?? []).map(({ resource }) => resource.id);
  assert.ok(ids.includes('town-letter') && ids.includes('lake-letter'), ids.join());
  assert.ok(!ids.includes('quiet-letter') && !ids.includes('of-another'));
  // The token that the locator was sent opens nothing but the locator.
  for (const base of ['fhir', 'town/fhir', 'lake/fhir']) {
    const replayed = await fetch(`${domain.origin}/${base}/DocumentReference`, { headers: bearer(doctor) });
    assert.equal(replayed.status, 401, base);
  }
  const none = await ask('Patient/$locate?patient=nobody', doctor);
  assert.deepEqual(none.parameter, []);
});

test('L09: a doctor sees in the chart what three places hold, while one of them is down, and is told which', async () => {
  await lake.close();
  browser = await launchBrowser();
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(`${domain.origin}/ehr`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('input[name=username]').fill('okafor');
  await page.locator('input[name=password]').fill('okafor-demo-2026');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('link', { name: /Ana .*Ribeiro/ }).click();
  await page.getByRole('link', { name: 'Records elsewhere' }).click();
  assert.match(page.url(), /\/ehr\/patients\/patient-0001\/elsewhere$/);
  const text = await page.locator('main').innerText();
  assert.match(text, /Not everything is here[\s\S]*Lake Clinic (could not be reached|did not answer in time)/);
  assert.match(text, /Letter of town[\s\S]*City Hospital/);
  assert.doesNotMatch(text, /Letter of lake|Letter of quiet|Quiet House/);
  assert.match(text, /Clinic[\s\S]*documents/);
  for (const width of [375, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    const { scrollWidth } = await page.evaluate(() => ({ scrollWidth: document.documentElement.scrollWidth }));
    assert.ok(scrollWidth <= width, `${width}: ${scrollWidth}`);
    if (process.env.AFFINITY_PICTURES !== undefined)
      await page.screenshot({ path: `${process.env.AFFINITY_PICTURES}/elsewhere-${width}.png`, fullPage: true });
  }
});
