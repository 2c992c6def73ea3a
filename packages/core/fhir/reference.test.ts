import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference } from './reference.ts';

const own = ['http://localhost:4000/fhir', 'https://records.example.org/r4/'];
const local = (id: string, versionId?: string) => ({
  kind: 'local',
  type: 'Patient',
  id,
  ...(versionId === undefined ? {} : { versionId }),
});

test('one identity has many spellings (E25)', () => {
  for (const same of [
    'Patient/1',
    'Patient/1/',
    'http://localhost:4000/fhir/Patient/1',
    'http://localhost:4000/fhir/Patient/1/',
    'HTTP://LOCALHOST:4000/fhir/Patient/1',
    'https://records.example.org/r4/Patient/1',
    'https://records.example.org:443/r4/Patient/1',
  ])
    assert.deepEqual(parseReference(same, own), local('1'), same);
  assert.deepEqual(parseReference('Patient/1/_history/2', own), local('1', '2'));
  assert.deepEqual(parseReference('http://localhost:4000/fhir/Patient/1/_history/2', own), local('1', '2'));
});

test('what is not ours never resolves to us', () => {
  for (const other of [
    'https://localhost:4000/fhir/Patient/1',
    'http://localhost:4001/fhir/Patient/1',
    'http://localhost:4000/FHIR/Patient/1',
    'http://localhost:4000/fhirs/Patient/1',
    'http://localhost:4000/fhir/../other/Patient/1',
    'http://localhost:4000@evil.example/fhir/Patient/1',
    'http://user@localhost:4000/fhir/Patient/1',
    'http://localhost:4000/fhir/Patient/1?x=1',
    'http://localhost:4000/fhir/patient/1',
    'http://localhost:4000/fhir/Patient/%31',
    'http://localhost:4000/fhir/a/Patient/1',
  ])
    assert.notEqual(parseReference(other, own).kind, 'local', other);
});

test('foreign references lose version and trailing slash and keep their type', () => {
  const foreign = { kind: 'foreign', url: 'https://other.example/fhir/Patient/9', type: 'Patient' };
  for (const text of ['', '/', '/_history/3', '/_history/3/'])
    assert.deepEqual(parseReference(`https://other.example/fhir/Patient/9${text}`, own), foreign, text);
  assert.deepEqual(parseReference('http://hl7.org/fhir/ValueSet/x|1.0', own), {
    kind: 'foreign',
    url: 'http://hl7.org/fhir/ValueSet/x|1.0',
  });
});

test('urns are foreign, contained resources have no identity', () => {
  for (const urn of ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520', 'urn:oid:1.2.3'])
    assert.deepEqual(parseReference(urn, own), { kind: 'foreign', url: urn });
  assert.deepEqual(parseReference('#p1', own), { kind: 'contained', id: 'p1' });
});

test('what is no reference is unknown', () => {
  for (const text of [
    '',
    'Patient',
    'Patient/',
    '/Patient/1',
    'patient/1',
    'PATIENT/1',
    '../Patient/1',
    './Patient/1',
    'Patient/1/x',
    'Patient/1/_history',
    'Patient/1/_history/',
    'Patient/1#x',
    'Patient/a b',
    `Patient/${'a'.repeat(65)}`,
    'Patient//1',
    'Patient?identifier=x|1',
    'Nonsense/1',
    ' Patient/1',
    'http://',
    'constructor/1',
  ])
    assert.deepEqual(parseReference(text, own), { kind: 'unknown' }, text);
});
