/** N14, N17–N20, Q27: searches and their answers, each requirement by its id, on real PostgreSQL. FHIR R4 search.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { assertOutcome, type Bundle, type Caller, clinicFor, includedTypes, linkOf, matchIds } from './clinic.ts';

const patient = (more: object): Resource => ({ resourceType: 'Patient', ...more });
const observation = (more: object): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: {
    coding: [{ system: 'http://loinc.org', code: '718-7', display: 'Hemoglobin' }],
    text: 'Haemoglobin in blood',
  },
  ...more,
});
const coded = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });

/** What each query finds, by the names of what was created. */
const expectFound = async (
  { found }: Caller,
  names: Readonly<Record<string, { readonly id: string }>>,
  expected: Readonly<Record<string, string>>,
): Promise<void> => {
  for (const [query, wanted] of Object.entries(expected)) {
    const ids = await found(query);
    const got = Object.entries(names).flatMap(([name, { id }]) => (ids.includes(id) ? [name] : []));
    assert.equal(got.join(' '), wanted, query);
    assert.equal(ids.length, got.length, `${query} finds nothing else`);
  }
};

test('N14: search by GET and by POST: searchset, mode, fullUrl; URL and form are one set of parameters', async (t) => {
  const clinic = await clinicFor(t);
  const { id } = await clinic.create(patient({ name: [{ family: 'Fox' }], gender: 'female' }));
  await clinic.create(patient({ name: [{ family: 'Fox' }], gender: 'male' }));
  const got = await clinic.json<Bundle>(200, 'GET', '/Patient?family=Fox&gender=female');
  assert.equal(got.type, 'searchset');
  assert.equal(got.total, 1);
  assert.ok(got.entry?.[0]?.fullUrl?.endsWith(`/fhir/Patient/${id}`));
  assert.equal(got.entry?.[0]?.search?.mode, 'match');
  const response = await clinic.send('/Patient/_search?gender=female', await clinic.token(), {
    method: 'POST',
    body: 'family=Fox',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  assert.deepEqual(matchIds((await response.json()) as Bundle), [id]);
});

test('N17: a parameter that is not known is refused when strict; else passed over and not in the self link', async (t) => {
  const clinic = await clinicFor(t);
  const strict = await clinic.json(400, 'GET', '/Patient?bogus=1', undefined, { Prefer: 'handling=strict' });
  assertOutcome(strict, 'not-supported');
  const lenient = await clinic.json<Bundle>(200, 'GET', '/Patient?bogus=1&gender=male');
  assert.equal(linkOf(lenient, 'self'), '/Patient?gender=male');
  for (const known of ['_filter=x', '_query=x', '_content=x', '_text=x', '_list=x'])
    await clinic.ask(400, 'GET', `/Patient?${known}`);
});

test('N18: _sort, _count, _total, _summary, _elements, _include, _revinclude and :iterate', async (t) => {
  const clinic = await clinicFor(t);
  const organization = await clinic.create({ resourceType: 'Organization', name: 'Clinic' });
  const one = await clinic.create(
    patient({
      name: [{ family: 'Beta' }],
      birthDate: '1980-01-01',
      managingOrganization: { reference: `Organization/${organization.id}` },
    }),
  );
  const other = await clinic.create(patient({ name: [{ family: 'Alpha' }], birthDate: '1990-01-01' }));
  const result = await clinic.create(observation({ subject: { reference: `Patient/${one.id}` } }));
  const order = async (query: string) =>
    ((await clinic.json<Bundle>(200, 'GET', query)).entry ?? []).map(({ resource }) => resource?.id);
  assert.deepEqual(await order('/Patient?_sort=family'), [other.id, one.id]);
  assert.deepEqual(await order('/Patient?_sort=-family'), [one.id, other.id]);
  assert.deepEqual(await order('/Patient?_sort=birthdate'), [one.id, other.id]);
  assert.deepEqual(await order('/Patient?_sort=_id'), [one.id, other.id].sort());
  await clinic.ask(400, 'GET', '/Patient?_sort=bogus');
  const counted = await clinic.json<Bundle>(200, 'GET', '/Patient?_summary=count');
  assert.deepEqual([counted.total, counted.entry], [2, undefined]);
  assert.equal((await clinic.json<Bundle>(200, 'GET', '/Patient?_count=0')).total, 2);
  assert.equal((await clinic.json<Bundle>(200, 'GET', '/Patient?_count=1&_total=accurate')).total, 2);
  const included = await clinic.json<Bundle>(200, 'GET', `/Observation?_id=${result.id}&_include=Observation:subject`);
  assert.deepEqual([matchIds(included), includedTypes(included)], [[result.id], ['Patient']]);
  const iterated = await clinic.json<Bundle>(
    200,
    'GET',
    `/Observation?_id=${result.id}&_include=Observation:subject&_include:iterate=Patient:organization`,
  );
  assert.deepEqual(includedTypes(iterated), ['Organization', 'Patient']);
  assert.equal(iterated.total, 1);
  const reverse = await clinic.json<Bundle>(200, 'GET', '/Patient?_revinclude=Observation:subject');
  assert.deepEqual([matchIds(reverse).length, includedTypes(reverse)], [2, ['Observation']]);
  const [elements] = (await clinic.json<Bundle>(200, 'GET', `/Patient?_id=${one.id}&_elements=birthDate`)).entry ?? [];
  assert.equal(elements?.resource?.birthDate, '1980-01-01');
  assert.equal(elements?.resource?.name, undefined);
  assert.ok(elements?.resource?.meta?.tag?.some(({ code }) => code === 'SUBSETTED'));
  for (const [which, has, hasNot] of [
    ['true', 'name', 'contact'],
    ['text', 'id', 'name'],
    ['data', 'name', 'text'],
  ] as const) {
    const [entry] = (await clinic.json<Bundle>(200, 'GET', `/Patient?_id=${one.id}&_summary=${which}`)).entry ?? [];
    assert.ok(entry?.resource?.[has] !== undefined, `${which} keeps ${has}`);
    assert.equal(entry?.resource?.[hasNot], undefined, `${which} leaves out ${hasNot}`);
    assert.ok(entry?.resource?.meta?.tag?.some(({ code }) => code === 'SUBSETTED'));
  }
});

test('N19: the parameters of all resources, and _has', async (t) => {
  const clinic = await clinicFor(t);
  const tagged = (code: string, more: object = {}) =>
    clinic.create(patient({ meta: { tag: [{ system: 'urn:tags', code }], ...more } }));
  const names = {
    one: await tagged('a', { profile: ['http://x.example/p|2'], source: 'http://source.example/one' }),
    two: await tagged('b', { security: [{ system: 'urn:labels', code: 'x' }] }),
  };
  await clinic.create(observation({ subject: { reference: `Patient/${names.one.id}` }, code: coded('1-8') }));
  await expectFound(clinic, names, {
    [`/Patient?_id=${names.one.id}`]: 'one',
    '/Patient?_lastUpdated=ge2020': 'one two',
    '/Patient?_lastUpdated=lt2020': '',
    '/Patient?_tag=urn:tags|a': 'one',
    '/Patient?_tag=b': 'two',
    '/Patient?_profile=http://x.example/p': 'one',
    '/Patient?_profile=http://x.example/p|2': 'one',
    '/Patient?_security=urn:labels|x': 'two',
    '/Patient?_source=http://source.example/one': 'one',
    '/Patient?_has:Observation:patient:code=1-8': 'one',
    '/Patient?_has:Observation:patient:code=2-8': '',
  });
  const system = await clinic.json<Bundle>(200, 'GET', '/?_type=Patient,Observation&_lastUpdated=ge2020');
  assert.equal(system.entry?.length, 3);
});

test('N20: pages with self, first, previous, next and last; nothing twice and nothing left out while others write', async (t) => {
  const clinic = await clinicFor(t);
  const ids = new Set<string>();
  for (let index = 0; index < 25; index += 1)
    ids.add((await clinic.create(observation({ effectiveDateTime: `2020-01-${10 + (index % 9)}` }))).id);
  const seen: string[] = [];
  let path: string | undefined = '/Observation?_count=7&_sort=-date';
  let previous: string | undefined;
  let page: Bundle | undefined;
  while (path !== undefined) {
    page = await clinic.json<Bundle>(200, 'GET', path);
    assert.ok(linkOf(page, 'self') && linkOf(page, 'first'));
    seen.push(...matchIds(page));
    await clinic.create(observation({ effectiveDateTime: '2021-05-05' }));
    previous = linkOf(page, 'previous');
    path = linkOf(page, 'next');
  }
  assert.deepEqual(new Set(seen), ids);
  assert.equal(seen.length, ids.size);
  assert.ok(previous, 'the last page leads back');
  const back = await clinic.json<Bundle>(200, 'GET', previous);
  assert.equal(matchIds(back).length, 7);
  assert.deepEqual([...matchIds(back)].sort(), seen.slice(14, 21).sort());
});

test('Q27: what costs too much is refused by limits that are settings', async (t) => {
  const clinic = await clinicFor(t);
  for (const query of [
    '/Patient?_count=1000000',
    `/Patient?family=${Array.from({ length: 101 }, (_, index) => `n${index}`).join(',')}`,
    '/Observation?subject:Patient.organization.partof.partof.name=x',
    '/Patient?_has:Observation:patient:_has:Provenance:target:_has:AuditEvent:entity:type=x',
    '/Patient?_include=*&_revinclude=*',
  ]) {
    const response = await clinic.send(query, await clinic.token());
    assert.equal(response.status, 400, query);
    assertOutcome((await response.json()) as Resource, 'too-costly');
  }
});
