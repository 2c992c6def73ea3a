/** A foreign server's address stands nowhere in what is handed out, and its own references are ours. FHIR R4 references.html#literal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { observation, openRemote, publicBase, searchset, startUpstream } from './testing/upstream.ts';
import { createUpstreamNames, type NameOptions } from './upstream-names.ts';

const namesOf = (url: string, more: Partial<NameOptions> = {}) =>
  createUpstreamNames({ url: new URL(url), aliases: [], publicBase, showsHost: false, ...more });
const told = (url: string, value: unknown, more: Partial<NameOptions> = {}): unknown => {
  const text = namesOf(url, more).localised(JSON.stringify(value));
  return text === undefined ? undefined : JSON.parse(text);
};

test('E48: references to its own resources become relative, however the base is spelled; others stay', () => {
  const reference = (text: string) =>
    (told('https://records.hospital.example/r4', { reference: text }) as { reference: string }).reference;
  for (const base of [
    'https://records.hospital.example/r4',
    'http://records.hospital.example/r4',
    'HTTPS://Records.Hospital.EXAMPLE/r4',
    'https://records.hospital.example:443/r4',
    'http://records.hospital.example:80/r4',
  ]) {
    assert.equal(reference(`${base}/Patient/1`), 'Patient/1', base);
    assert.equal(reference(`${base}/Patient/1/_history/2`), 'Patient/1/_history/2');
    assert.equal(reference(`${base}/Patient?identifier=1`), `${publicBase}/Patient?identifier=1`);
    assert.equal(reference(base), publicBase);
  }
  for (const other of ['Patient/1', '#p', 'urn:uuid:1', 'https://other.example/r4/Patient/1', 'http://hl7.org/fhir/x'])
    assert.equal(reference(other), other);
});

test('E48: its base becomes ours wherever else it stands, and its host is nowhere', () => {
  const url = 'https://records.hospital.example/r4';
  const resource = {
    resourceType: 'DocumentReference',
    id: 'd',
    meta: {
      profile: ['https://records.hospital.example/r4/StructureDefinition/d'],
      source: 'https://records.hospital.example/r4#1',
    },
    text: {
      div: '<div xmlns="http://www.w3.org/1999/xhtml"><a href="https://records.hospital.example/ui?p=1&amp;x">records.hospital.example</a> https://records.hospital.example/r4/Patient/1</div>',
    },
    extension: [
      { url: 'http://records.hospital.example/r4/StructureDefinition/e', valueString: 'RECORDS.hospital.example:8443' },
    ],
    content: [{ attachment: { url: 'https://records.hospital.example/r4/Binary/1', title: 'x' } }],
    subject: { reference: 'https://records.hospital.example/r4/Patient/1' },
    custodian: { reference: 'https://records.hospital.example/r45/Organization/1' },
  };
  const ours = told(url, resource) as typeof resource;
  assert.doesNotMatch(JSON.stringify(ours), /hospital\.example/i);
  assert.equal(ours.meta.profile[0], `${publicBase}/StructureDefinition/d`);
  assert.equal(ours.content[0]?.attachment.url, `${publicBase}/Binary/1`);
  assert.equal(ours.subject.reference, 'Patient/1');
  assert.equal(ours.extension[0]?.url, `${publicBase}/StructureDefinition/e`);
  assert.match(ours.text.div, /href="https:\/\/gateway\.example\/ui\?p=1&amp;x"/);
});

test('E48: what JSON hides behind escapes is found too; decimals keep their places', () => {
  const names = namesOf('https://records.hospital.example/r4');
  const hidden =
    '{"resourceType":"Observation","valueQuantity":{"value":0.10},"subject":{"reference":"https:\\/\\/records.hospital.ex\\u0061mple\\/r4\\/Patient\\/1"},"note":[{"text":"at \\u0052ecords.hospital.example"}]}';
  const text = names.localised(hidden) ?? '';
  assert.doesNotMatch(text, /hospital\.example/i);
  assert.match(text, /"value":0\.10\}/);
  assert.equal(JSON.parse(text).subject.reference, 'Patient/1');
  const plain = '{"resourceType":"Observation",  "note":[{"text":"\\u00e4"}]}';
  assert.equal(names.localised(plain), plain, 'what names nothing stays byte for byte');
  assert.equal(
    names.localised('{"https://records.hospital.example":1}'),
    undefined,
    'a name of an element cannot be told',
  );
});

test('E48: a host that is an everyday word is hidden as part of an address only; one that everybody knows may be shown', () => {
  const note = (url: string, text: string, more: Partial<NameOptions> = {}) =>
    (told(url, { text }, more) as { text: string }).text;
  assert.equal(note('http://fhir:8080/fhir', 'http://hl7.org/fhir/sid/us-ssn'), 'http://hl7.org/fhir/sid/us-ssn');
  assert.equal(
    note('http://fhir:8080/fhir', 'see http://fhir:8080/ui or fhir:8080'),
    'see https://gateway.example/ui or gateway.example',
  );
  assert.equal(note('http://fhir/fhir', 'see http://fhir/ui and fhir'), 'see https://gateway.example/ui and fhir');
  assert.equal(
    note('http://localhost:8080/fhir', 'localhost:8080, localhost:80801'),
    'gateway.example, localhost:80801',
  );
  const mrn = 'https://hospital.example/mrn';
  assert.equal(note('https://hospital.example/r4', mrn, { showsHost: true }), mrn);
  assert.equal(
    note('https://hospital.example/r4', `${mrn} https://hospital.example/r4/x`, { showsHost: true }),
    `${mrn} ${publicBase}/x`,
  );
  const shared = { publicBase: 'https://hospital.example/guarded' };
  assert.equal(
    note('https://hospital.example/r4', `${mrn} https://hospital.example/r4/x`, shared),
    `${mrn} https://hospital.example/guarded/x`,
  );
  const aliases = [new URL('http://internal.example:9999/x/fhir')];
  assert.equal(
    note('https://hospital.example/r4', 'http://internal.example:9999/x/fhir/Patient/1', { aliases }),
    `${publicBase}/Patient/1`,
  );
});

test('E48: a foreign server finds and keeps in its own terms what is ours, and is never named by a caller', () => {
  const names = namesOf('https://records.hospital.example/r4');
  const content = JSON.stringify({
    subject: { reference: `${publicBase}/Patient/1` },
    url: `${publicBase}/Questionnaire/q`,
    text: 'plain',
    other: { reference: `${publicBase}-other/Patient/1` },
  });
  assert.deepEqual(JSON.parse(names.foreign(content) ?? ''), {
    subject: { reference: 'Patient/1' },
    url: 'https://records.hospital.example/r4/Questionnaire/q',
    text: 'plain',
    other: { reference: `${publicBase}-other/Patient/1` },
  });
  assert.equal(
    names.foreignValue(`${publicBase}/Questionnaire/q`),
    'https://records.hospital.example/r4/Questionnaire/q',
  );
  const plain = '{"subject":{"reference":"Patient/1"}, "value":0.10}';
  assert.equal(names.foreign(plain), plain);
  for (const named of [
    'https://records.hospital.example/r4/Patient/2',
    'http://RECORDS.hospital.example/x',
    'records.hospital.example',
  ])
    assert.equal(names.foreign(JSON.stringify({ focus: { reference: named } })), undefined, named);
  assert.equal(
    names.foreign('{"focus":{"reference":"https:\\/\\/r\\u0065cords.hospital.example\\/r4\\/Patient\\/2"}}'),
    undefined,
  );
});

test('E48: nothing of a foreign server that echoes its own address everywhere names it', async (t) => {
  const upstream = await startUpstream(t);
  const { host, origin } = new URL(upstream.url);
  const echoing = observation('o1', 'a', {
    subject: { reference: `${upstream.url}/Patient/a` },
    note: [{ text: `from ${origin}/console on ${host}` }],
    extension: [{ url: `${upstream.url}/StructureDefinition/x`, valueUri: upstream.url }],
  });
  const link = [
    { relation: 'self', url: `${upstream.url}/Observation?_count=10` },
    { relation: 'next', url: `${upstream.url}/Observation?page=2` },
  ];
  upstream.say = ({ path, method }) => {
    const headers = {
      location: `${upstream.url}/Observation/o1/_history/2`,
      'content-location': upstream.url,
      server: host,
    };
    if (method === 'PUT') return { status: 200, headers, body: echoing };
    if (path.includes('_history?'))
      return { headers, body: { ...searchset(upstream.url, [echoing]), type: 'history', link } };
    return { headers, body: path.includes('?') ? searchset(upstream.url, [echoing], { link }) : echoing };
  };
  const { remote, reports } = await openRemote(t, upstream.url);
  const at = { type: 'Observation', id: 'o1' };
  const content = { resource: echoing, json: JSON.stringify(observation('o1', 'a')) };
  const given = [
    remote.capabilities,
    await remote.read(at),
    await remote.vread?.({ ...at, versionId: '1' }),
    await remote.find({ type: 'Observation', clauses: [], sort: [], count: 10 }),
    await remote.historyInstance?.({ ...at, page: { count: 10 } }),
    await remote.writer?.write({ kind: 'update', ...at, content, ifMatch: '1' }),
    reports,
    remote.health(),
  ];
  const text = JSON.stringify(given);
  assert.ok(text.includes('"next"') && text.includes('Patient/a'));
  assert.ok(!text.includes(host) && !text.includes('127.0.0.1'), text);
  const named = { resource: echoing, json: JSON.stringify(echoing) };
  await assert.rejects(
    async () => remote.writer?.write({ kind: 'update', ...at, content: named, ifMatch: '1' }),
    (error) => error instanceof FhirError && error.status === 422,
  );
});

test('E48: a foreign server that calls itself by an address that was not told is told of, once, without it', async (t) => {
  const upstream = await startUpstream(t);
  const inside = 'http://fhir.internal.example:8080/fhir';
  upstream.say = () => ({
    body: searchset(inside, [observation('o1', 'a', { subject: { reference: `${inside}/Patient/a` } })]),
  });
  const wanted = { type: 'Observation', clauses: [], sort: [], count: 10 };
  const { remote, reports } = await openRemote(t, upstream.url);
  for (const _ of [1, 2]) await remote.find(wanted);
  assert.deepEqual(reports, [{ kind: 'upstream-unknown-address', source: 'hospital' }]);
  const told = await openRemote(t, upstream.url, { aliases: [inside] });
  const { found } = await told.remote.find(wanted);
  assert.deepEqual([found[0]?.resource.subject, told.reports], [{ reference: 'Patient/a' }, []]);
});
