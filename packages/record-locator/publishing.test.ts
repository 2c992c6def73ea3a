import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { encode } from '@affinity/resource-server/format.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import {
  binary,
  comprehensive,
  folder,
  post,
  provided,
  reference,
  sending,
  sha1,
  submissionSet,
  text,
} from './testing/documents.ts';
import { base, clinic, openLocator, type TestLocator } from './testing/locator.ts';

interface Answered {
  readonly type: string;
  readonly entry: { response: { status: string; location?: string } }[];
}
interface Told {
  readonly issue: { code: string; diagnostics: string; expression?: string[] }[];
}
const publisher = 'system/DocumentReference.cruds system/List.cruds system/Binary.cr';

let locator: TestLocator;
let token: string;
before(async () => {
  locator = await openLocator(await testDatabase());
  token = await locator.token(publisher);
});
const publish = (bundle: unknown, by = token) => locator.send('/', by, sending(bundle));
const read = async (path: string, by = token) =>
  (await (await locator.send(path, by, { headers: { Accept: 'application/fhir+json' } })).json()) as Record<
    string,
    unknown
  > & {
    meta: { source: string; security?: { code: string }[] };
    subject: { reference: string };
    status: string;
    content: { attachment: { url: string; hash: string; size: number } }[];
  };
const placesIn = ({ entry }: Answered) =>
  entry.map(({ response: { location } }) => location?.slice(base.length + 1).split('/_history')[0] ?? '');
const published = async (bundle: unknown, by = token) => {
  const response = await publish(bundle, by);
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return placesIn(body as Answered);
};
const count = async (type: string) =>
  ((await (await locator.send(`/${type}?_summary=count`, token)).json()) as { total: number }).total;

test('L05, L03: a set with its document and folder is provided whole, each answered 201 in its place; the document has its address, hash and size', async () => {
  const response = await publish(provided(reference(), { more: [post(folder())] }));
  const body = (await response.json()) as Answered;
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.equal(body.type, 'transaction-response');
  assert.deepEqual(
    body.entry.map((each) => each.response.status),
    Array(4).fill('201 Created'),
  );
  const [set = '', document = '', held = ''] = placesIn(body);
  assert.match(set, /^List\//);
  assert.match(document, /^DocumentReference\//);
  const entry = await read(`/${document}`);
  assert.deepEqual(entry.content[0]?.attachment, {
    contentType: 'text/plain',
    url: `${base}/${held}`,
    hash: sha1,
    size: text.length,
  });
  assert.equal(entry.meta.source, 'urn:affinity:client:source-1');
  const got = await locator.send(`/${held}`, token);
  assert.equal(await got.text(), text);
  assert.equal(got.headers.get('content-type'), 'text/plain');
  const list = (await read(`/${set}`)) as unknown as { entry: { item: { reference: string } }[] };
  assert.equal(list.entry[0]?.item.reference, document);
});

test('L05: the same in XML', async () => {
  const xml = encode(JSON.stringify(provided()), { format: 'xml', pretty: false });
  assert.ok(typeof xml === 'string');
  const response = await locator.send('/', token, {
    ...sending(xml, 'POST', 'application/fhir+xml'),
    headers: { 'Content-Type': 'application/fhir+xml', Accept: 'application/fhir+xml' },
  });
  const answered = await response.text();
  assert.equal(response.status, 200, answered);
  assert.equal(answered.match(/<status value="201 Created"/g)?.length, 3);
});

test('L05: what is not as MHD has it is refused whole, with the place, and nothing of it stands', async () => {
  const before = [await count('DocumentReference'), await count('List')];
  const { content: _, ...bare } = reference();
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['no submission set', provided(reference(), { set: folder() as never }), /one entry creates a submission set/],
    ['two', provided(reference(), { more: [post(submissionSet())] }), /one entry creates a submission set/],
    ['a wrong hash', provided(reference({}, { hash: Buffer.alloc(20).toString('base64') })), /SHA-1/],
    ['a wrong size', provided(reference({}, { size: 7 })), /number of bytes/],
    ['another media type', provided(reference({}, { contentType: 'text/html' })), /two media types/],
    [
      'a Binary that is not in the Bundle',
      provided(reference({}, { url: 'urn:uuid:b0000000-0000-4000-8000-00000000dead' })),
      /a Binary of this Bundle/,
    ],
    ['no unique id', provided(reference({ masterIdentifier: undefined })), /masterIdentifier/],
    ['no content', provided(bare as never), /content/],
    ['less than comprehensive', provided(reference(), { profile: comprehensive }), /comprehensive metadata/],
    [
      'a Bundle as document',
      provided(reference(), { held: { resourceType: 'Bundle', type: 'document' } as never }),
      /FHIRDocumentNotSupported/,
    ],
    [
      'a patient that is not known',
      provided(reference({ subject: { reference: 'Patient/p9' } })),
      /the patient is not known/,
    ],
    [
      'two patients',
      provided(reference({ subject: { reference: 'Patient/p1', identifier: { system: 'urn:mrn', value: '0002' } } })),
      /the patient is not known/,
    ],
    [
      'a document of somebody else',
      provided(reference(), { more: [post(binary(), 'urn:uuid:b0000000-0000-4000-8000-000000000002')] }),
      /no entry speaks/,
    ],
  ];
  for (const [what, bundle, told] of cases) {
    const response = await publish(bundle);
    const { issue } = (await response.json()) as Told;
    assert.equal(response.status, 422, `${what}: ${JSON.stringify(issue)}`);
    assert.ok(
      issue.some(({ diagnostics }) => told.test(diagnostics)),
      `${what}: ${JSON.stringify(issue)}`,
    );
    assert.match(issue[0]?.expression?.[0] ?? '', /^Bundle\.entry\[\d]$/, what);
  }
  assert.deepEqual([await count('DocumentReference'), await count('List')], before);
  assert.equal((await publish({ resourceType: 'Bundle', type: 'transaction' })).status, 422);
});

test('L01: the subject is the person, by an identifier, by the address at another server, or by the id here', async () => {
  for (const subject of [
    { identifier: { system: 'urn:mrn', value: '0002' } },
    { reference: `${clinic}/Patient/b` },
    { reference: 'Patient/p2' },
    { reference: `${base}/Patient/p2` },
  ]) {
    const [, document] = await published(provided(reference({ subject }), { set: submissionSet({ subject }) }));
    assert.equal((await read(`/${document}`)).subject.reference, 'Patient/p2');
  }
});

test('L05: what is replaced becomes superseded in the same transaction; of two who replace it at once one does', async () => {
  const [, first] = await published(provided());
  const replacing = provided(reference({ relatesTo: [{ code: 'replaces', target: { reference: first } }] }));
  const both = await Promise.all([publish(replacing), publish(replacing)]);
  assert.deepEqual(both.map(({ status }) => status === 200).sort(), [false, true]);
  const done = both.find(({ status }) => status === 200);
  assert.equal(((await done?.json()) as Answered).entry.length, 3, 'the answer has an entry for each that was sent');
  assert.equal((await read(`/${first}`)).status, 'superseded');
  const attached = new URL((await read(`/${first}`)).content[0]?.attachment.url ?? '').pathname.replace(
    '/locator/fhir',
    '',
  );
  assert.equal((await locator.send(attached, token)).status, 410);
  const [, second] = await published(provided());
  const bad = provided(
    reference({
      relatesTo: [{ code: 'replaces', target: { reference: second } }],
      subject: { reference: 'Patient/p9' },
    }),
  );
  assert.equal((await publish(bad)).status, 422);
  assert.equal((await read(`/${second}`)).status, 'current', 'nothing of a refused transaction stands');
});

test('L05: a source that says itself what becomes superseded is taken at its word, once', async () => {
  const [, first] = await published(provided());
  const patch = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'DocumentReference.status' },
          { name: 'value', valueCode: 'superseded' },
        ],
      },
    ],
  };
  const update = { resource: patch, request: { method: 'PATCH', url: first } };
  const replacing = provided(reference({ relatesTo: [{ code: 'replaces', target: { reference: first } }] }), {
    more: [update],
  });
  assert.equal((await published(replacing)).length, 4);
  assert.equal((await read(`/${first}`)).status, 'superseded');
});

test('L14: an entry is changed, replaced and withdrawn by the source that made it, and by no other', async () => {
  const [set = '', document = ''] = await published(provided());
  const other = await locator.token(publisher, { client_id: 'source-2', sub: 'source-2' });
  const entry = await read(`/${document}`);
  const attempts: readonly (readonly [string, RequestInit])[] = [
    [`/${document}`, sending({ ...entry, description: 'mine now' }, 'PUT')],
    [
      `/${document}`,
      sending([{ op: 'replace', path: '/status', value: 'superseded' }], 'PATCH', 'application/json-patch+json'),
    ],
    [`/${document}`, { method: 'DELETE' }],
    [`/${set}`, { method: 'DELETE' }],
    ['/', sending(provided(reference({ relatesTo: [{ code: 'replaces', target: { reference: document } }] })))],
    [
      `/${document}`,
      sending(
        [{ op: 'replace', path: '/meta/source', value: 'urn:affinity:client:source-2' }],
        'PATCH',
        'application/json-patch+json',
      ),
    ],
  ];
  for (const [path, init] of attempts)
    assert.equal((await locator.send(path, other, init)).status, 403, `${init.method} ${path}`);
  assert.equal((await read(`/${document}`)).status, 'current');
  const forged = await locator.send(
    `/${document}`,
    token,
    sending([{ op: 'replace', path: '/meta/source', value: 'urn:x' }], 'PATCH', 'application/json-patch+json'),
  );
  assert.equal(forged.status, 403, 'nor does a source give its entries away');
  const own = await locator.send(
    `/${document}`,
    token,
    sending({ ...entry, meta: { source: 'urn:x' }, description: 'renewed' }, 'PUT'),
  );
  assert.equal(own.status, 200, await own.text());
  assert.equal((await read(`/${document}`)).meta.source, 'urn:affinity:client:source-1');
  assert.equal((await locator.send(`/${document}`, token, { method: 'DELETE' })).status, 204);
});

test('L06, L03: a document published by itself has its Binary and its submission set; one that is kept elsewhere has its place alone', async () => {
  const within = reference({}, { url: undefined, data: Buffer.from(text).toString('base64') });
  const sets = await count('List');
  const made = await locator.send('/DocumentReference', token, sending(within));
  assert.equal(made.status, 201);
  const { id, content } = (await made.json()) as {
    id: string;
    content: { attachment: { url: string; data?: string; hash: string } }[];
  };
  const attachment = content[0]?.attachment;
  assert.equal(attachment?.data, undefined);
  assert.equal(attachment?.hash, sha1);
  assert.equal(await (await locator.send(attachment?.url.slice(base.length) ?? '', token)).text(), text);
  assert.equal(await count('List'), sets + 1);
  const found = (await (await locator.send(`/List?item=DocumentReference/${id}`, token)).json()) as { total: number };
  assert.equal(found.total, 1);
  const elsewhere = await locator.send(
    '/DocumentReference',
    token,
    sending(reference({}, { url: 'https://archive.example/d/1' })),
  );
  assert.equal(elsewhere.status, 201);
  assert.equal(await count('List'), sets + 1);
  for (const url of ['d/1', 'ftp://archive.example/d/1', `${base}/Patient?x`])
    assert.equal((await locator.send('/DocumentReference', token, sending(reference({}, { url })))).status, 422, url);
});

test('L07, E57: what is confidential in a document is so in its entry, its submission set and its Binary', async () => {
  const restricted = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] };
  const { facts } = locator;
  locator.facts = (known) => ({ ...known, service: { records: 'all', clearance: 'R' } });
  const places = await published(provided(reference({ securityLabel: [restricted] })));
  for (const place of places) assert.equal((await locator.send(`/${place}`, token)).status, 200, place);
  locator.facts = facts;
  for (const place of places) {
    const plain = await locator.send(`/${place}`, token);
    const none = await locator.send(`/${place.split('/')[0]}/none`, token);
    assert.equal(plain.status, 404, place);
    assert.equal(await plain.text(), await none.text());
  }
});

test('L01: who may not write for a patient learns nothing of who is known', async () => {
  const patients = await locator.token('patient/DocumentReference.cruds patient/List.cruds patient/Binary.cr', {
    sub: 'user-1',
    patient: 'p1',
    grant_id: 'g1',
  });
  const of = (value: string) =>
    provided(reference({ subject: { identifier: { system: 'urn:mrn', value } } }), { set: submissionSet() });
  const known = await publish(of('0002'), patients);
  const unknown = await publish(of('none'), patients);
  assert.equal(known.status, 403);
  assert.deepEqual(await known.json(), await unknown.json());
  assert.equal(unknown.status, 403);
  assert.equal((await publish(of('0001'), patients)).status, 200);
  const beside = (value: string) =>
    publish(
      provided(reference({ subject: { reference: 'Patient/p1', identifier: { system: 'urn:mrn', value } } })),
      patients,
    );
  const [others, nobodys] = [await beside('0002'), await beside('none')];
  assert.equal(others.status, 422);
  assert.deepEqual(await others.json(), await nobodys.json());
  const reader = await locator.token('system/DocumentReference.rs');
  assert.equal((await publish(of('none'), reader)).status, 403);
});
