import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { comprehensive, folder, post, provided, reference, sending, submissionSet } from './testing/documents.ts';
import { base, clinic, openLocator, type TestLocator } from './testing/locator.ts';

const all = 'system/DocumentReference.cruds system/List.cruds system/Binary.cr';
interface Found {
  readonly total?: number;
  readonly link: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly resource: { readonly resourceType: string; readonly id: string };
    readonly search: { readonly mode: string };
  }[];
}

const concept = (code: string) => ({ coding: [{ system: 'urn:codes', code }] });
/** With everything that MHD searches by. */
const rich = (value: string, more: object = {}) =>
  reference({
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value },
    identifier: [{ system: 'urn:archive', value: '17' }],
    contained: [
      { resourceType: 'Practitioner', id: 'dr', name: [{ family: 'Okafor', given: ['Daniel'] }] },
      { resourceType: 'Practitioner', id: 'legal', name: [{ family: 'Signer' }] },
      { resourceType: 'Patient', id: 'source', name: [{ family: 'Hidden' }] },
    ],
    author: [{ reference: '#dr' }],
    authenticator: { reference: '#legal' },
    category: [concept('class')],
    date: '2026-05-03T10:00:00Z',
    securityLabel: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }],
    context: {
      event: [concept('event')],
      facilityType: concept('facility'),
      practiceSetting: concept('setting'),
      period: { start: '2026-05-01', end: '2026-05-02' },
      related: [{ reference: 'https://archive.example/ServiceRequest/9' }],
      sourcePatientInfo: { reference: '#source' },
    },
    content: [
      {
        attachment: {
          contentType: 'text/plain',
          url: 'urn:uuid:b0000000-0000-4000-8000-000000000001',
          creation: '2026-05-03T09:00:00Z',
          language: 'en',
        },
        format: { system: 'urn:formats', code: 'format' },
      },
    ],
    ...more,
  });

let locator: TestLocator;
let token: string;
let richId = '';
before(async () => {
  locator = await openLocator(await testDatabase());
  token = await locator.token(all);
  const designation = {
    url: 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-designationType',
    valueCodeableConcept: concept('cardiology'),
  };
  const { extension, ...plain } = submissionSet();
  const set = {
    ...plain,
    extension: [...extension, designation],
    source: { reference: '#a' },
    contained: [{ resourceType: 'Practitioner', id: 'a', name: [{ family: 'Lindholm', given: ['Petra'] }] }],
  };
  const bundle = provided(rich('urn:oid:1.9.1'), {
    set: set as never,
    profile: comprehensive,
    more: [post({ ...folder(), extension: [designation] })],
  });
  const response = await locator.send('/', token, sending(bundle));
  const body = (await response.json()) as { entry: { response: { location: string } }[] };
  assert.equal(response.status, 200, JSON.stringify(body));
  richId = body.entry[1]?.response.location.split('/').at(-3) ?? '';
  const other = provided(reference({ subject: { reference: 'Patient/p2' }, date: '2020-01-01T00:00:00Z' }), {
    set: submissionSet({ subject: { reference: 'Patient/p2' } }),
  });
  assert.equal((await locator.send('/', token, sending(other))).status, 200);
});

const search = async (path: string, by = token, init: RequestInit = {}): Promise<Found> => {
  const response = await locator.send(path, by, init);
  const body = await response.json();
  assert.equal(response.status, 200, `${path}: ${JSON.stringify(body)}`);
  return body as Found;
};
const idsOf = ({ entry = [] }: Found) =>
  entry.filter(({ search: { mode } }) => mode === 'match').map(({ resource }) => resource.id);

test('L01: a document is found by patient and status with each parameter of MHD, by GET and by POST, and not by another value', async () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['author.given', 'daniel', 'Petra'],
    ['author.family', 'Okafor', 'Signer'],
    ['category', 'urn:codes|class', 'urn:codes|other'],
    ['creation', '2026-05-03', '2026-05-04'],
    ['date', 'ge2026-05-03', 'lt2026-05-03'],
    ['event', 'event', 'facility'],
    ['facility', 'urn:codes|facility', 'event'],
    ['format', 'urn:formats|format', 'urn:formats|x'],
    ['identifier', 'urn:ietf:rfc:3986|urn:oid:1.9.1', 'urn:ietf:rfc:3986|urn:oid:1.9.2'],
    ['identifier', 'urn:archive|17', 'urn:archive|017'],
    ['period', 'ge2026-05-01', 'lt2026-05-01'],
    ['related', 'https://archive.example/ServiceRequest/9', 'https://archive.example/ServiceRequest/8'],
    ['security-label', 'N', 'R'],
    ['setting', 'setting', 'event'],
    ['type', 'http://loinc.org|34133-9', 'http://loinc.org|1'],
  ];
  for (const [name, value, other] of cases) {
    const query = (text: string) =>
      new URLSearchParams([
        ['patient', 'Patient/p1'],
        ['status', 'current'],
        [name, text],
      ]).toString();
    assert.deepEqual(idsOf(await search(`/DocumentReference?${query(value)}`)), [richId], `${name}=${value}`);
    assert.deepEqual(idsOf(await search(`/DocumentReference?${query(other)}`)), [], `${name}=${other}`);
    const form = {
      method: 'POST',
      body: query(value),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    };
    assert.deepEqual(idsOf(await search('/DocumentReference/_search', token, form)), [richId], `POST ${name}`);
  }
});

test('L01, K03: the patient is named by any identifier, by the id at another server, or by the id here: it is one person', async () => {
  for (const patient of [
    'patient.identifier=urn:mrn|0001',
    'subject.identifier=urn:mrn|0001',
    'patient=Patient/p1',
    'patient=p1',
    `patient=${clinic}/Patient/a`,
    `patient=${base}/Patient/p1`,
  ])
    assert.deepEqual(idsOf(await search(`/DocumentReference?status=current&${encodeURI(patient)}`)), [richId], patient);
  for (const nobody of [
    'patient.identifier=urn:mrn|1',
    'patient.identifier=0001',
    'patient.identifier=urn:mrn|',
    'patient=Patient/p9',
    `patient=${clinic}/Patient/p1`,
  ]) {
    const found = await search(`/DocumentReference?status=current&${encodeURI(nobody)}`);
    assert.equal(found.total, 0, nobody);
    assert.equal(found.entry, undefined, nobody);
  }
  locator.persons.set('old', { survivor: 'p1' });
  assert.deepEqual(
    idsOf(await search('/DocumentReference?status=current&patient=Patient/old')),
    [richId],
    'an id of before a merge',
  );
});

test('L02, L01: nothing found is 200; what is not known is passed over with a warning, and is not in the link to itself; XML too', async () => {
  const found = await search('/DocumentReference?patient=Patient/p9&status=current&colour=blue');
  assert.equal(found.total, 0);
  assert.deepEqual(
    found.entry?.map(({ resource, search: { mode } }) => [resource.resourceType, mode]),
    [['OperationOutcome', 'outcome']],
  );
  assert.doesNotMatch(found.link[0]?.url ?? '', /colour/);
  const xml = await locator.send('/DocumentReference?patient=Patient/p1&status=current', token, {
    headers: { Accept: 'application/fhir+xml' },
  });
  assert.match(await xml.text(), /<Bundle .*<DocumentReference/s);
});

test('L06: submission sets and folders are found by patient, code and status, by what they are of and by who sent them', async () => {
  const lists = async (query: string) => idsOf(await search(`/List?status=current&${query}`)).length;
  assert.equal(await lists('patient=Patient/p1&code=submissionset'), 1);
  assert.equal(await lists('patient.identifier=urn:mrn%7C0001&code=folder'), 1);
  assert.equal(await lists('patient=Patient/p1&code=submissionset&designationType=cardiology'), 1);
  assert.equal(await lists('patient=Patient/p1&code=folder&designationType=urn:codes%7Cpsychiatry'), 0);
  assert.equal(await lists('patient=Patient/p1&code=submissionset&sourceId=urn:oid:1.2.3.4'), 1);
  assert.equal(await lists('patient=Patient/p1&code=submissionset&source.family=lindholm&source.given=Petra'), 1);
  assert.equal(await lists('patient=Patient/p1&code=submissionset&source.family=okafor'), 0);
  assert.equal(await lists('patient=Patient/p1&code=submissionset&date=2026-11-02'), 1);
  assert.equal(await lists('patient=Patient/p1&code=submissionset&identifier=urn:oid:1.2.3.2'), 1);
});

test('L07: whoever may see one patient finds the same of another as of nobody', async () => {
  const mine = await locator.token('patient/DocumentReference.rs', { sub: 'user-1', patient: 'p1', grant_id: 'g1' });
  const ask = async (patient: string) => {
    const found = await search(`/DocumentReference?status=current&${patient}`, mine);
    return { total: found.total, entry: found.entry };
  };
  assert.deepEqual(await ask('patient=Patient/p2'), await ask('patient=Patient/p9'));
  assert.deepEqual(await ask('patient.identifier=urn:mrn%7C0002'), await ask('patient.identifier=urn:mrn%7Cnone'));
  assert.deepEqual(idsOf(await search('/DocumentReference?status=current', mine)), [richId]);
});

test('L15: who has opted out is to everybody as somebody who is not known, in every way of asking; and is found again once it is taken back', async () => {
  const bundle = (value: string) => provided(reference({ subject: { identifier: { system: 'urn:mrn', value } } }));
  const rest = async (response: Response) => [
    response.status,
    (await response.text()).replaceAll(/p1|p9|0001|none/g, ''),
  ];
  const pairs: readonly (readonly [string, string, string, RequestInit?, RequestInit?])[] = [
    ['by id here', '/DocumentReference?patient=Patient/p1', '/DocumentReference?patient=Patient/p9'],
    [
      'by identifier',
      '/DocumentReference?patient.identifier=urn:mrn%7C0001',
      '/DocumentReference?patient.identifier=urn:mrn%7Cnone',
    ],
    ['lists', '/List?patient=Patient/p1&code=folder', '/List?patient=Patient/p9&code=folder'],
    ['reading', `/DocumentReference/${richId}`, '/DocumentReference/none'],
    ['a version', `/DocumentReference/${richId}/_history/1`, '/DocumentReference/none/_history/1'],
    ['a history', `/DocumentReference/${richId}/_history`, '/DocumentReference/none/_history'],
    [
      'withdrawing',
      `/DocumentReference/${richId}`,
      '/DocumentReference/none',
      { method: 'DELETE' },
      { method: 'DELETE' },
    ],
    ['publishing', '/', '/', sending(bundle('0001')), sending(bundle('none'))],
  ];
  const attachment =
    (
      (await (await locator.send(`/DocumentReference/${richId}`, token)).json()) as {
        content: { attachment: { url: string } }[];
      }
    ).content[0]?.attachment.url ?? '';
  await locator.optOuts.add('p1', 'user-1');
  for (const [what, hidden, none, one, other] of pairs)
    assert.deepEqual(
      await rest(await locator.send(hidden, token, one)),
      await rest(await locator.send(none, token, other)),
      what,
    );
  assert.deepEqual(
    await rest(await locator.send(attachment.slice(base.length), token)),
    await rest(await locator.send('/Binary/none', token)),
  );
  const everybodys = idsOf(await search('/DocumentReference?status=current'));
  assert.ok(everybodys.length > 0 && !everybodys.includes(richId));
  assert.ok(!idsOf(await search('/DocumentReference?identifier=urn:archive%7C17')).includes(richId));
  const history = (await (await locator.send('/DocumentReference/_history', token)).json()) as Found;
  assert.ok(!history.entry?.some(({ resource }) => resource?.id === richId));
  await locator.optOuts.remove('p1');
  assert.deepEqual(idsOf(await search('/DocumentReference?patient=Patient/p1')), [richId], 'nothing was removed');
});

test('L15: the patient says so, and whoever acts for them; no app without the right to their Consents, and nobody who gives care', async () => {
  const of = (scope: string, fhirUser: string) =>
    locator.token(scope, { sub: 'user-1', patient: 'p2', grant_id: 'g1', fhirUser });
  const own = await of('patient/DocumentReference.rs patient/Consent.u', 'Patient/p2');
  const ask = async (by: string, operation = '$opt-out') =>
    (await locator.send(`/${operation}`, by, { method: 'POST' })).status;
  assert.equal(await ask(await of('patient/DocumentReference.rs', 'Patient/p2')), 403);
  assert.equal(await ask(await of('patient/Consent.u', 'Practitioner/x')), 403);
  assert.equal(await ask(await locator.token('system/Consent.u')), 403);
  assert.equal(await locator.optOuts.has('p2'), false);
  assert.equal(await ask(own), 200);
  assert.equal(await locator.optOuts.has('p2'), true);
  assert.equal(await ask(own), 200, 'once is as good as twice');
  assert.equal(await ask(own, '$opt-in'), 200);
  assert.equal(await locator.optOuts.has('p2'), false);
});
