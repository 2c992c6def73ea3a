/** Sources feed their own records (PIXm ITI-104), and whoever may search finds them (PDQm ITI-78) and the providers (mCSD). */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { takeOver } from './feeds/take-over.ts';
import { blue, home, type IdentityServer, openIdentityServer, red, refusal, told } from './testing/identity-server.ts';

let server: IdentityServer;
const work: (() => Promise<void>)[] = [];
before(async () => {
  server = await openIdentityServer({ after: (end) => void work.push(end) });
});
test.after(async () => {
  for (const end of work.reverse()) await end();
});

const find = (query: string, init: RequestInit = {}): Promise<Response> =>
  server.send('asker', `/Patient?${query}`, init);
const familiesIn = async (response: Response): Promise<readonly unknown[]> =>
  ((await told(response)).entry ?? []).map(({ resource }) => (resource.name as { family: string }[])[0]?.family);

test('K31: conditional PUT adds and revises, as JSON and as XML; DELETE removes; the CapabilityStatement tells so', async () => {
  const added = await server.feed('red', red, 'IHERED-994', { name: [{ family: 'Mohr', given: ['Alissa'] }] });
  assert.equal(added.status, 201);
  const xml = `<Patient xmlns="http://hl7.org/fhir"><identifier><system value="${red}"/><value value="IHERED-994"/></identifier>
    <active value="true"/><name><family value="Mohr"/><given value="Alice"/></name><birthDate value="1958-01-30"/></Patient>`;
  const at = `/Patient?identifier=${encodeURIComponent(`${red}|IHERED-994`)}`;
  const headers = { 'Content-Type': 'application/fhir+xml', Accept: 'application/fhir+xml' };
  const revised = await server.send('red', at, { method: 'PUT', body: xml, headers });
  assert.equal(revised.status, 200);
  assert.match(await revised.text(), /<given value="Alice"\/>/);
  assert.deepEqual(await familiesIn(await find(`identifier=${red}|IHERED-994`)), ['Mohr']);
  assert.equal((await server.send('red', at, { method: 'DELETE' })).status, 204);
  await server.settle();
  assert.equal(await server.persons.personByIdentifier({ system: red, value: 'IHERED-994' }), undefined);
  const { rest } = (await (await server.clinic.send('/metadata')).json()) as {
    rest: { resource: Record<string, unknown>[] }[];
  };
  const patient = rest[0]?.resource.find(({ type }) => type === 'Patient');
  assert.deepEqual([patient?.conditionalUpdate, patient?.conditionalDelete], [true, 'single']);
  assert.deepEqual((patient?.operation as { name: string }[]).map(({ name }) => name).slice(0, 2), [
    'ihe-pix',
    'match',
  ]);
  assert.ok((patient?.searchParam as { name: string }[]).some(({ name }) => name === 'mothersMaidenName'));
});

test('K31: a source changes its own domain alone, and what conflicts is refused whole with the reason', async () => {
  assert.equal((await server.feed('red', red, 'own')).status, 201);
  const cases: readonly (readonly [string, Promise<Response>, number, RegExp])[] = [
    ['no source', server.feed('asker', red, 'x'), 403, /no source/],
    ['domain of another', server.feed('blue', red, 'x'), 403, /domain that is not of this source/],
    ['record of another', server.feed('blue', red, 'own'), 403, /of another source/],
    [
      'a number of another beside its own',
      server.feed('blue', blue, 'b1', {
        identifier: [
          { system: blue, value: 'b1' },
          { system: red, value: 'own' },
        ],
      }),
      403,
      /domain that is not of this source/,
    ],
    [
      'no number of its own',
      server.feed('red', red, 'y', { identifier: [{ system: 'urn:insurance', value: '1' }] }),
      422,
      /has an identifier/,
    ],
    ['a number without system', server.feed('red', red, 'y', { identifier: [{ value: '1' }] }), 422, /has a system/],
    [
      'a number of another record',
      server.feed('red', red, 'z', {
        identifier: [
          { system: red, value: 'z' },
          { system: red, value: 'own' },
        ],
      }),
      409,
      /another record of this source/,
    ],
  ];
  for (const [name, sent, status, why] of cases) {
    const [got, , , diagnostics] = await refusal(await sent);
    assert.equal(got, status, name);
    assert.match(String(diagnostics), why, name);
  }
  const taken = await server.send('blue', `/Patient?identifier=${red}|own`, { method: 'DELETE' });
  assert.equal(taken.status, 403);
  for (const [system, value] of [
    [red, 'x'],
    [red, 'y'],
    [red, 'z'],
    [blue, 'b1'],
  ] as const)
    assert.equal((await told(await find(`identifier=${system}|${value}`))).total, 0, value);
  const insured = [
    { system: red, value: 'insured' },
    { system: 'urn:insurance', value: '1' },
  ];
  assert.equal((await server.feed('red', red, 'insured', { identifier: insured })).status, 201);
});

test('K31: what is fed by a server of the domain nobody else changes, and providers nobody but their server', async () => {
  const fed = {
    resourceType: 'Patient',
    id: 'p9',
    identifier: [{ system: red, value: 'at-home' }],
    name: [{ family: 'Home' }],
  };
  await takeOver(home, [{ type: 'Patient', id: 'p9', body: JSON.stringify(fed) }], server.taking);
  const refused = await refusal(await server.feed('red', red, 'at-home', { active: false }));
  assert.deepEqual([refused[0], /server that it is from/.test(String(refused[3]))], [403, true]);
  const body = server.json({ resourceType: 'Organization', name: 'Mine' });
  assert.equal((await server.send('red', '/Organization', { method: 'POST', ...body })).status, 403);
});

test('K31: a merge names a record in use of the same source, and says that the other is not active', async () => {
  const name = [{ family: 'Chain', given: ['Cy'] }];
  for (const value of ['c1', 'c2', 'c3']) await server.feed('red', red, value, { name });
  await server.feed('blue', blue, 'b-c', { name });
  const into = (value: string, by: string, more: object = {}, system = red) =>
    server.feed('red', red, value, {
      ...{ name, active: false, ...more },
      link: [{ other: { identifier: { system, value: by } }, type: 'replaced-by' }],
    });
  assert.equal((await into('c1', 'c2', { active: true })).status, 422);
  assert.equal((await into('c1', 'never')).status, 422);
  assert.equal((await into('c1', 'c1')).status, 422);
  assert.equal((await into('c1', 'b-c', {}, blue)).status, 422);
  assert.equal((await into('c1', 'c2')).status, 200);
  assert.equal((await into('c3', 'c1')).status, 422);
  assert.equal((await into('c2', 'c1')).status, 422);
  assert.equal((await into('c2', 'c3')).status, 422);
});

test('K10: each parameter of PDQm finds, exactly too, AND and OR, by GET and POST, as JSON and XML', async () => {
  const maiden = 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName';
  const sent = {
    name: [{ family: 'Quibell', given: ['Zoë', 'Ann'] }],
    telecom: [{ system: 'phone', value: '+1-413-555-0199' }],
    address: [{ line: ['12 Elm Street'], city: 'Hadley', state: 'MA', postalCode: '01035', country: 'US' }],
    extension: [{ url: maiden, valueString: 'Ferreira' }],
  };
  const created = await server.feed('red', red, 'q1', sent);
  const { id } = (await created.json()) as { id: string };
  await server.feed('red', red, 'q2', {
    ...sent,
    name: [{ family: 'Quibellson', given: ['Zoe'] }],
    gender: 'male',
    extension: undefined,
  });
  const both = ['Quibell', 'Quibellson'];
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [`_id=${id}`, ['Quibell']],
    ['active=true&family=quibell', both],
    ['family:exact=Quibell', ['Quibell']],
    ['given:exact=Zoë', ['Quibell']],
    ['given=zoe&family=quib', both],
    [`identifier=${red}|q1`, ['Quibell']],
    [`identifier=${red}|q1,${red}|q2`, both],
    ['telecom=%2B1-413-555-0199&gender=female', ['Quibell']],
    ['birthdate=1958-01-30&family=quibell', both],
    ['address=hadley&family=quibell', both],
    ['address-city:exact=Hadley&family=quibell', both],
    ['address-country=US&family:exact=Quibell', ['Quibell']],
    ['address-postalcode=01035&family=quibell', both],
    ['address-state=MA&family=quibell&gender=male', ['Quibellson']],
    ['mothersMaidenName=ferr', ['Quibell']],
    ['mothersMaidenName:exact=Ferreira', ['Quibell']],
    ['mothersMaidenName:exact=Ferr', []],
  ];
  for (const [query, expected] of cases)
    assert.deepEqual((await familiesIn(await find(query))).toSorted(), [...expected].toSorted(), query);
  const posted = await server.send('asker', '/Patient/_search', {
    method: 'POST',
    body: 'family:exact=Quibell&unknown=1',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  const bundle = await told(posted);
  assert.equal(bundle.total, 1);
  const self = bundle.link?.find(({ relation }) => relation === 'self')?.url ?? '';
  assert.deepEqual([self.includes('Quibell'), self.includes('unknown')], [true, false]);
  assert.match(await (await find('family=quibell&_format=xml')).text(), /<total value="2"\/>/);
});

test('K11: a domain that is not known is 404 with a warning, no match is none of none, an unknown format 406', async () => {
  assert.deepEqual(await refusal(await find('family=mohr&identifier=urn:never|')), [
    404,
    'warning',
    'not-found',
    'targetSystem not found',
  ]);
  const none = await told(await find(`identifier=${blue}|&family=nobody`));
  assert.deepEqual([none.total, none.entry], [0, undefined]);
  assert.equal((await find('family=mohr&_format=text/plain')).status, 406);
  assert.equal((await find('family=mohr', { headers: { Accept: 'text/csv' } })).status, 406);
});

test('K11: a domain is not known by a record that the caller may not see', async () => {
  const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' };
  const fed = {
    resourceType: 'Patient',
    id: 'p-v',
    meta: { security: [label] },
    identifier: [{ system: 'urn:quiet', value: '1' }],
  };
  const before = await refusal(await find('identifier=urn:quiet|'));
  await takeOver(home, [{ type: 'Patient', id: 'p-v', body: JSON.stringify(fed) }], server.taking);
  assert.deepEqual(await refusal(await find('identifier=urn:quiet|')), before);
  await takeOver(home, [{ type: 'Patient', id: 'p-v', body: JSON.stringify({ ...fed, meta: {} }) }], server.taking);
  assert.equal((await told(await find('identifier=urn:quiet|'))).total, 1);
});

test('K12: each match says how well it fits; a record that was replaced says by what', async () => {
  await server.feed('red', red, 's1', { name: [{ family: 'Scores', given: ['Kim'] }] });
  await server.feed('red', red, 's2', { name: [{ family: 'Scoresby', given: ['Kim'] }] });
  const { entry = [] } = await told(await find('family=scores'));
  const byFamily = new Map(
    entry.map(({ resource, search }) => [(resource.name as { family: string }[])[0]?.family, search]),
  );
  assert.deepEqual(byFamily.get('Scores'), { mode: 'match', score: 1 });
  assert.deepEqual(byFamily.get('Scoresby'), { mode: 'match', score: 0.75 });
  const link = [{ other: { identifier: { system: red, value: 's1' } }, type: 'replaced-by' }];
  await server.feed('red', red, 's2', { name: [{ family: 'Scoresby', given: ['Kim'] }], active: false, link });
  const [deprecated] = (await told(await find('family:exact=Scoresby'))).entry ?? [];
  assert.deepEqual([deprecated?.resource.active, deprecated?.resource.link], [false, link]);
});

test('K40, K41: providers are found by part and whole of a name, by number, by last update, with their endpoints, and by what changed since', async () => {
  const npi = 'http://hl7.org/fhir/sid/us-npi';
  const given = [
    { resourceType: 'Organization', id: 'o1', active: true, name: 'Riverside Clinic' },
    {
      resourceType: 'Endpoint',
      id: 'e1',
      status: 'active',
      connectionType: {
        system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type',
        code: 'hl7-fhir-rest',
      },
      payloadType: [{ text: 'any' }],
      address: 'https://example.org/fhir',
    },
    {
      resourceType: 'Practitioner',
      id: 'pr1',
      identifier: [{ system: npi, value: '1234567893' }],
      name: [{ family: 'Okafor', given: ['Daniel'] }],
    },
    {
      resourceType: 'PractitionerRole',
      id: 'role1',
      active: true,
      practitioner: { reference: 'Practitioner/pr1' },
      organization: { reference: 'Organization/o1' },
      endpoint: [{ reference: 'Endpoint/e1' }],
    },
    {
      resourceType: 'Location',
      id: 'l1',
      status: 'active',
      name: 'River Ward',
      managingOrganization: { reference: `${home}/Organization/o1` },
      position: { longitude: -72.6, latitude: 42.3 },
    },
    {
      resourceType: 'HealthcareService',
      id: 'h1',
      active: true,
      name: 'Cardiology',
      providedBy: { reference: 'Organization/o1' },
    },
    {
      resourceType: 'OrganizationAffiliation',
      id: 'oa1',
      active: true,
      organization: { reference: 'Organization/o1' },
    },
  ];
  const from = given.map((one) => ({ type: one.resourceType, id: one.id, body: JSON.stringify(one) }));
  await takeOver(home, from, server.taking);
  const typesIn = async (path: string, init: RequestInit = {}): Promise<readonly string[]> =>
    ((await told(await server.send('asker', path, init))).entry ?? []).map(({ resource }) => resource.resourceType);
  assert.deepEqual(await typesIn(`/Practitioner?identifier=${npi}|1234567893`), ['Practitioner']);
  assert.deepEqual(await typesIn('/Organization?name:contains=side'), ['Organization']);
  assert.deepEqual(await typesIn('/Organization?name:exact=Riverside'), []);
  assert.deepEqual(await typesIn('/Location?name:exact=River%20Ward&organization.name=Riverside'), ['Location']);
  assert.deepEqual(await typesIn('/HealthcareService?name=card'), ['HealthcareService']);
  assert.deepEqual(await typesIn('/OrganizationAffiliation?primary-organization.name:contains=clinic'), [
    'OrganizationAffiliation',
  ]);
  assert.deepEqual(
    (
      await typesIn(
        '/PractitionerRole?practitioner.family=okafor&_include=PractitionerRole:endpoint&_include=PractitionerRole:practitioner',
      )
    ).toSorted(),
    ['Endpoint', 'Practitioner', 'PractitionerRole'],
  );
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  assert.deepEqual(
    await typesIn('/Endpoint/_search', { method: 'POST', body: 'connection-type=hl7-fhir-rest', headers: form }),
    ['Endpoint'],
  );
  for (const [prefix, expected] of [
    ['gt', 1],
    ['ge', 1],
    ['sa', 1],
    ['lt', 0],
    ['le', 0],
    ['eb', 0],
  ] as const)
    assert.equal((await typesIn(`/Organization?_lastUpdated=${prefix}2020-01-01`)).length, expected, prefix);
  const since = new Date().toISOString();
  await takeOver(
    home,
    [{ type: 'Organization', id: 'o1', body: JSON.stringify({ ...given[0], name: 'Riverside' }) }],
    server.taking,
  );
  assert.deepEqual(await typesIn(`/Organization/_history?_since=${since}`), ['Organization']);
  assert.match(
    await (await server.send('asker', '/Location?_format=xml&name=river')).text(),
    /<latitude value="42.3"\/>/,
  );
});

test('K42: providers are not for anybody without a token, nor for one that does not speak of them', async () => {
  for (const type of ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Endpoint']) {
    assert.equal((await server.clinic.send(`/${type}`)).status, 401, type);
    assert.equal((await server.send('asker', `/${type}`, {}, 'system/Patient.rs')).status, 403, type);
  }
});

test('K31: the same patient told by two sources at once, again and again, is one record of each and one person', async () => {
  const name = [{ family: 'Atonce', given: ['Ida'] }];
  const sent = await Promise.all(
    Array.from({ length: 6 }, (_, at) =>
      at % 2 === 0 ? server.feed('red', red, 'at-once', { name }) : server.feed('blue', blue, 'at-once', { name }),
    ),
  );
  assert.deepEqual(sent.map(({ status }) => status).toSorted(), [200, 200, 200, 200, 201, 201]);
  await Promise.all([server.settle(), server.settle()]);
  const [ofRed, ofBlue] = await Promise.all(
    [red, blue].map((system) => server.persons.personByIdentifier({ system, value: 'at-once' })),
  );
  assert.ok(ofRed);
  assert.equal(ofRed, ofBlue);
  assert.equal((await server.stewardship.recordsOf(ofRed)).length, 2);
});
