/**
 * A patient known by different numbers in two places sees one record. From the index of persons to the token, with nothing restarted. IHE PIXm; FHIR R4 patient.html#links.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { samplePeople } from '../../affinity/demo/people.ts';
import {
  authorizeUrl,
  bearer,
  clientsYaml,
  codeOf,
  createVisitor,
  readPage,
  redeem,
  refresh,
  type Shown,
  type Tokens,
} from '../hostile/caller.ts';
import { type Domain, removeDirectory, startDomain } from './domain.ts';

let domain: Domain;
before(async () => {
  domain = await startDomain({ yaml: clientsYaml });
});
after(async () => {
  await domain.stop();
  removeDirectory(domain.directory);
});

const passwordOf = (username: string): string =>
  samplePeople.find((person) => person.username === username)?.password ?? assert.fail(username);

/** What the feeds of the index bring comes by itself, however slow the machine is. */
const wait = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
  for (let attempt = 0; !(await holds()); attempt += 1) {
    assert.ok(attempt < 600, what);
    await new Promise((done) => setTimeout(done, 200));
  }
};

const scope = 'openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.rs';

const signedIn = async (username: string): Promise<readonly [clinic: Tokens, hospital: Tokens]> => {
  const { origin } = domain;
  const hospital = `${origin}/hospital/fhir`;
  const visitor = createVisitor(origin);
  const resources = [`${origin}/fhir`, hospital].map((base) => `&resource=${encodeURIComponent(base)}`).join('');
  const signIn = await readPage(
    await visitor.open(`${authorizeUrl(origin, { scope, prompt: 'consent' })}${resources}`),
  );
  const page: Shown = await readPage(await visitor.submit(signIn, { username, password: passwordOf(username) }));
  assert.equal(page.kind, 'consent');
  const back = await visitor.submit(page, {
    scope: page.scopes,
    server: [`${origin}/fhir`, hospital],
    duration: '365',
    decision: 'allow',
    confidential_asked: 'yes',
  });
  const first = (await (await redeem(origin, codeOf(back))).json()) as Tokens;
  const second = await refresh(origin, first.refresh_token, { resource: hospital });
  assert.equal(second.status, 200, await second.clone().text());
  return [first, (await second.json()) as Tokens];
};

const count = async (url: string, token: string): Promise<number> => {
  const response = await fetch(url, { headers: bearer(token) });
  assert.equal(response.status, 200, await response.clone().text());
  const { entry = [] } = (await response.json()) as { entry?: readonly { search?: { mode: string } }[] };
  return entry.filter(({ search }) => search?.mode === 'match').length;
};

test('K03: a patient known by different numbers in two places sees one record, by either number, from one sign-in', async () => {
  const [ofClinic, ofHospital] = await signedIn('ana');
  assert.notEqual(ofClinic.patient, ofHospital.patient);
  const numbers = [
    'https://riverside.example/mrn|MRN-100001',
    `https://hospital.example/pat|${ofHospital.patient}`,
  ].map(encodeURIComponent);
  for (const [base, { access_token }] of [
    ['fhir', ofClinic],
    ['hospital/fhir', ofHospital],
  ] as const) {
    const search = `${domain.origin}/${base}/Observation?_count=5`;
    const all = await count(search, access_token);
    assert.ok(all > 0, base);
    for (const number of numbers)
      await wait(
        async () => (await count(`${search}&patient.identifier=${number}`, access_token)) === all,
        `${base} by ${number}`,
      );
    const another = encodeURIComponent('https://riverside.example/mrn|MRN-100002');
    assert.equal(await count(`${search}&patient.identifier=${another}`, access_token), 0, 'not by Ben’s');
  }
});
