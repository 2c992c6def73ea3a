import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { sending } from '../testing/documents.ts';
import { openLocator, type TestLocator } from '../testing/locator.ts';

const clinical = (patient: string) => `<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <id root="1.2.3.4" extension="doc-1"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summary of episode note"/>
  <title>Summary</title>
  <effectiveTime value="20261103101500+0100"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="en-GB"/>
  <recordTarget><patientRole><id root="1.2.3.9" extension="${patient}"/></patientRole></recordTarget>
  <author><assignedAuthor><assignedPerson><name><given>Daniel</given><family>Okafor</family></name></assignedPerson></assignedAuthor></author>
</ClinicalDocument>`;
const asBinary = (xml: string) => ({
  resourceType: 'Binary',
  contentType: 'text/xml',
  data: Buffer.from(xml).toString('base64'),
});
const parameters = (resource: object) => ({ resourceType: 'Parameters', parameter: [{ name: 'document', resource }] });

const bundle = {
  resourceType: 'Bundle',
  type: 'document',
  identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:10000000-0000-4000-8000-000000000001' },
  timestamp: '2026-11-03T10:15:00Z',
  entry: [
    {
      fullUrl: 'https://source.example/Composition/1',
      resource: {
        resourceType: 'Composition',
        id: '1',
        status: 'final',
        type: { coding: [{ system: 'http://loinc.org', code: '11503-0' }] },
        subject: { reference: 'Patient/7' },
        date: '2026-11-03',
        author: [{ reference: 'Practitioner/2' }],
        title: 'Medical records',
      },
    },
    {
      fullUrl: 'https://source.example/Patient/7',
      resource: { resourceType: 'Patient', id: '7', identifier: [{ system: 'urn:mrn', value: '0001' }] },
    },
    {
      fullUrl: 'https://source.example/Practitioner/2',
      resource: { resourceType: 'Practitioner', id: '2', name: [{ family: 'Lindholm' }] },
    },
  ],
};

let locator: TestLocator;
let token: string;
before(async () => {
  locator = await openLocator(await testDatabase());
  token = await locator.token('system/DocumentReference.crs system/List.crs system/Binary.cr');
  locator.persons.set('p7', { identifiers: [{ system: 'urn:oid:1.2.3.9', value: '7' }] });
});
const generate = (body: object, by = token) => locator.send('/DocumentReference/$generate-metadata', by, sending(body));
interface Entry {
  readonly masterIdentifier: object;
  readonly subject: { readonly reference: string };
  readonly content: readonly {
    readonly attachment: { readonly url: string; readonly creation: string; readonly language: string };
  }[];
}
const generated = async (body: object): Promise<Entry> => {
  const response = await generate(body);
  const made = (await response.json()) as { parameter: { name: string; valueReference: { reference: string } }[] };
  assert.equal(response.status, 200, JSON.stringify(made));
  assert.equal(made.parameter[0]?.name, 'DocumentReference');
  return (await (await locator.send(`/${made.parameter[0].valueReference.reference}`, token)).json()) as Entry;
};

test('L06: a clinical document is published with what its header says, and its bytes are those that were sent', async () => {
  const entry = await generated(parameters(asBinary(clinical('7'))));
  assert.deepEqual(entry.masterIdentifier, { system: 'urn:oid:1.2.3.4', value: 'doc-1' });
  assert.equal(entry.subject.reference, 'Patient/p7');
  const attachment = entry.content[0]?.attachment;
  assert.equal(attachment?.creation, '2026-11-03T10:15:00+01:00');
  assert.equal(attachment?.language, 'en-GB');
  const path = new URL(attachment?.url ?? '').pathname.replace('/locator/fhir', '');
  assert.equal(await (await locator.send(path, token)).text(), clinical('7'));
  const found = await locator.send('/DocumentReference?author.family=okafor&type=http://loinc.org%7C34133-9', token);
  assert.equal(((await found.json()) as { total: number }).total, 1);
});

test('L06: a FHIR document is published with what its Composition says', async () => {
  const entry = await generated(parameters(bundle));
  assert.deepEqual(entry.masterIdentifier, bundle.identifier);
  assert.equal(entry.subject.reference, 'Patient/p1');
  const found = await locator.send('/DocumentReference?author.family=lindholm&creation=2026-11-03', token);
  assert.equal(((await found.json()) as { total: number }).total, 1);
});

test('L06: what is no document, or of nobody who is known, is refused; and so is whoever may not publish', async () => {
  const { identifier: _, ...unnamed } = bundle;
  for (const [resource, status] of [
    [asBinary('<a/>'), 422],
    [asBinary('<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'), 422],
    [asBinary(clinical('8')), 422],
    [unnamed, 422],
    [{ ...bundle, type: 'collection' }, 422],
    [{ resourceType: 'Patient' }, 400],
  ] as const)
    assert.equal((await generate(parameters(resource))).status, status, JSON.stringify(resource).slice(0, 60));
  const reader = await locator.token('system/DocumentReference.rs');
  assert.equal((await generate(parameters(asBinary(clinical('7'))), reader)).status, 403);
  assert.equal((await generate(parameters({ resourceType: 'Patient' }), reader)).status, 403);
});
