import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clinic, createSmallClinic, observation, patient } from './testing/clinic.ts';

const open = (options = {}) => createSmallClinic({}, { appliesFilter: true, ...options });
const idsIn = async (response: Response): Promise<string[]> => {
  assert.equal(response.status, 200, await response.clone().text());
  const bundle = (await response.json()) as { entry?: { resource: { id: string }; search: { mode: string } }[] };
  return (bundle.entry ?? []).map(({ resource, search }) => `${search.mode} ${resource.id}`).sort();
};
const named = (id: string, family: string, identifier: string) => ({
  ...patient(id),
  name: [{ family }],
  identifier: [{ system: 'urn:mrn', value: identifier }],
});
const fill = async (clinic: Clinic): Promise<void> => {
  for (const resource of [named('a', 'Adams', '1'), named('b', 'Brown', '2')])
    await clinic.backend.update(
      { type: 'Patient', id: resource.id, content: { resource, json: JSON.stringify(resource) } },
      { kind: 'everything' },
    );
  await clinic.put({ resourceType: 'Practitioner', id: 'dr', name: [{ family: 'Cole' }] });
  await clinic.put(observation('seen', 'a', 'survey', { performer: [{ reference: 'Practitioner/dr' }] }));
};

test('E41: a chain needs the search right on every type that it leads through', async () => {
  const { clinic, token } = await open();
  await fill(clinic);
  const both = await clinic.token({ scope: 'patient/Observation.rs patient/Patient.rs' });
  const found = ['match o1', 'match seen'];
  assert.deepEqual(await idsIn(await clinic.send('/Observation?subject:Patient.name=adams', both)), found);
  assert.deepEqual(await idsIn(await clinic.send('/Observation?patient.identifier=urn:mrn|1', both)), found);
  assert.deepEqual(
    await idsIn(await clinic.send('/Observation?subject.identifier=1', both)),
    found,
    'types that were not granted hold nothing',
  );
  for (const scope of ['patient/Observation.rs', 'patient/Observation.rs patient/Patient.r']) {
    const single = await clinic.token({ scope });
    const denied = await clinic.send('/Observation?subject:Patient.name=adams', single);
    assert.equal(denied.status, 403);
    assert.match(denied.headers.get('www-authenticate') ?? '', /scope="patient\/Patient\.s"/);
    assert.equal((await clinic.send('/Observation?patient.identifier=urn:mrn|1', single)).status, 403);
    assert.equal(clinic.audit.at(-1)?.outcome, 'denied');
  }
  const performer = '/Observation?performer:Practitioner.name=cole';
  assert.equal((await clinic.send(performer, both)).status, 403);
  assert.deepEqual(await idsIn(await clinic.send(performer, token)), ['match seen']);
});

test('E41: _has needs it too, and its values must be covered by the scopes', async () => {
  const { clinic, token } = await open();
  await fill(clinic);
  const query = '/Patient?_has:Observation:patient:category=laboratory';
  assert.deepEqual(await idsIn(await clinic.send(query, token)), ['match a']);
  assert.equal((await clinic.send(query, await clinic.token({ scope: 'patient/Patient.rs' }))).status, 403);
  const vitals = await clinic.token({ scope: 'patient/Patient.rs patient/Observation.rs?category=vital-signs' });
  const denied = await clinic.send(query, vitals);
  assert.equal(denied.status, 403);
  assert.match(denied.headers.get('www-authenticate') ?? '', /category=laboratory/);
  assert.deepEqual(await idsIn(await clinic.send('/Patient?_has:Observation:patient:code=718-7', vitals)), []);
});

test('E40: what is included must be readable by itself', async () => {
  const { clinic, token } = await open();
  await fill(clinic);
  const include = '/Observation?category=survey&_include=Observation:performer&_include=Observation:subject';
  assert.deepEqual(await idsIn(await clinic.send(include, token)), ['include a', 'include dr', 'match seen']);
  const narrow = await clinic.token({ scope: 'patient/Observation.rs patient/Practitioner.s patient/Patient.r' });
  assert.deepEqual(await idsIn(await clinic.send(include, narrow)), ['include a', 'match seen']);
  const reverse = '/Patient?_revinclude=Observation:subject';
  assert.deepEqual(await idsIn(await clinic.send(reverse, token)), ['include o1', 'include seen', 'match a']);
  const some = await clinic.token({ scope: 'patient/Patient.rs patient/Observation.r?category=survey' });
  assert.deepEqual(await idsIn(await clinic.send(reverse, some)), ['include seen', 'match a']);
  assert.deepEqual(clinic.audit.at(-1)?.patients, ['a']);
});

test('E44: a backend that may pass the Filter over is not believed in chains, and its includes are judged', async () => {
  for (const leaky of [false, true]) {
    const { clinic, token } = await open({ appliesFilter: false, leaky });
    await fill(clinic);
    assert.equal((await clinic.send('/Observation?subject:Patient.name=adams', token)).status, 400);
    const narrow = await clinic.token({ scope: 'patient/Observation.rs' });
    const shown = await idsIn(await clinic.send('/Observation?_include=Observation:subject', narrow));
    assert.deepEqual(shown, ['match o1', 'match seen']);
  }
});

test('N14, N17: modes of entries; what was passed over is said', async () => {
  const { clinic, token } = await open();
  const bundle = (await (await clinic.send('/Observation?nonsense=1', token)).json()) as {
    link: { relation: string; url: string }[];
    entry: {
      resource: { resourceType: string; issue?: { severity: string; diagnostics: string }[] };
      search: { mode: string };
    }[];
  };
  assert.deepEqual(
    bundle.entry.map(({ search }) => search.mode),
    ['match', 'outcome'],
  );
  assert.equal(bundle.entry[1]?.resource.issue?.[0]?.severity, 'warning');
  assert.match(bundle.entry[1]?.resource.issue?.[0]?.diagnostics ?? '', /nonsense/);
  assert.doesNotMatch(bundle.link[0]?.url ?? '', /nonsense/);
  const strict = { headers: { Prefer: 'handling=strict' } };
  assert.equal((await clinic.send('/Observation?nonsense=1', token, strict)).status, 400);
});

test('Q27: deep chains, many joins and includes without bounds are too costly', async () => {
  const { clinic, token } = await open();
  const queries = [
    'subject:Patient.link:Patient.link:Patient.link:Patient.name=x',
    '_include=*',
    `category=${Array.from({ length: 101 }, (_, i) => i).join(',')}`,
    '_count=1000000',
    Array.from({ length: 31 }, () => 'category=x').join('&'),
  ];
  for (const query of queries) {
    const response = await clinic.send(`/Observation?${query}`, token);
    assert.equal(response.status, 400, query);
  }
});
