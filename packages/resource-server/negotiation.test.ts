/** Representations that are asked for and sent. FHIR R4 http.html#mime-type. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { contentTypeOf, encode } from './format.ts';
import { contentFormatOf, patchFormatOf, preferencesOf, representationOf } from './negotiation.ts';

const asked = (accept: string | undefined, query = '') => {
  const found = representationOf(
    new Headers(accept === undefined ? {} : { Accept: accept }),
    new URLSearchParams(query),
  );
  return found instanceof FhirError ? found.status : found.format;
};

test('N21, N22: Accept: names, wildcards, qualities, versions', () => {
  for (const [accept, format] of [
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*;q=0.5', 'json'],
    ['text/html, */*;q=0.1', 'json'],
    ['application/fhir+json', 'json'],
    ['Application/FHIR+JSON', 'json'],
    ['application/json', 'json'],
    ['text/json', 'json'],
    ['application/json+fhir', 'json'],
    ['application/fhir+json; fhirVersion=4.0', 'json'],
    ['application/fhir+json; charset="utf-8"; fhirVersion="4.0"', 'json'],
    ['application/fhir+xml', 'xml'],
    ['application/xml', 'xml'],
    ['text/xml', 'xml'],
    ['application/xml+fhir', 'xml'],
    ['application/fhir+xml;fhirVersion=4.0', 'xml'],
    ['application/fhir+json;q=0.5, application/fhir+xml', 'xml'],
    ['application/fhir+xml;q=0.5, application/fhir+json;q=0.4', 'xml'],
    ['application/fhir+xml, application/fhir+json', 'json'],
    ['application/fhir+xml, */*;q=0.8', 'xml'],
    ['application/fhir+json;q=0, */*', 'xml'],
    ['application/fhir+json;fhirVersion=5.0, application/fhir+xml;q=0.1', 'xml'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'xml'],
    ['application/fhir+xml;q=0', 406],
    ['application/fhir+json;q=0', 406],
    ['*/*;q=0', 406],
    ['text/html', 406],
    ['application/pdf, image/*', 406],
    ['application/fhir+json;q=2', 406],
    ['application/fhir+json; fhirVersion=5.0', 406],
    ['application/fhir+xml; fhirVersion=3.0', 406],
    ['json', 406],
    ['constructor, __proto__', 406],
    [',,;;=,q', 406],
  ] as const)
    assert.equal(asked(accept), format, accept);
});

test('N21: _format beats Accept, and a plus may have become a space', () => {
  for (const [query, format] of [
    ['_format=json', 'json'],
    ['_format=xml', 'xml'],
    ['_format=application/fhir%2Bxml', 'xml'],
    ['_format=application/fhir+xml', 'xml'],
    ['_format=text/xml', 'xml'],
    ['_format=application/json', 'json'],
    ['_format=application/fhir%2Bjson;fhirVersion=4.0', 'json'],
    ['_format=application/fhir%2Bjson;fhirVersion=5.0', 406],
    ['_format=html', 406],
    ['_format=*/*', 406],
    ['_format=', 406],
    ['_format=constructor', 406],
    ['_format=json&_format=xml', 400],
  ] as const)
    for (const accept of [undefined, 'application/fhir+xml', 'application/fhir+json', 'text/html'])
      assert.equal(asked(accept, query), format, `${query} with ${accept}`);
});

test('N21: _pretty writes for people, decimals untouched', () => {
  const pretty = representationOf(new Headers(), new URLSearchParams('_pretty=true'));
  assert.deepEqual(pretty, { format: 'json', pretty: true });
  assert.equal(asked(undefined, '_pretty=yes'), 400);
  const json = '{"resourceType":"Patient","x":0.10}';
  assert.equal(encode(json, { format: 'json', pretty: false }), json);
  assert.equal(encode(json, { format: 'json', pretty: true }), '{\n  "resourceType": "Patient",\n  "x": 0.10\n}');
  assert.equal(contentTypeOf({ format: 'json', pretty: true }), 'application/fhir+json;charset=utf-8');
  assert.equal(contentTypeOf({ format: 'xml', pretty: false }), 'application/fhir+xml;charset=utf-8');
});

test('N21, N22: bodies that are taken, and those that are not', () => {
  const sent = (type: string | undefined, more: Record<string, string> = {}) => {
    const found = contentFormatOf(new Headers({ ...(type === undefined ? {} : { 'Content-Type': type }), ...more }));
    return found instanceof FhirError ? found.status : found;
  };
  for (const [type, format] of [
    ['application/fhir+json', 'json'],
    ['application/json;charset=UTF-8', 'json'],
    ['text/json', 'json'],
    ['application/json+fhir', 'json'],
    ['application/fhir+json;fhirVersion=4.0', 'json'],
    ['application/fhir+xml', 'xml'],
    ['application/xml; charset="utf-8"', 'xml'],
    ['text/xml', 'xml'],
    [undefined, 415],
    ['', 415],
    ['json', 415],
    ['*/*', 415],
    ['text/plain', 415],
    ['multipart/form-data', 415],
    ['application/fhir+json;charset=latin1', 415],
    ['application/fhir+xml;charset=utf-16', 415],
    ['application/fhir+json;fhirVersion=3.0', 415],
    ['application/fhir+xml;fhirVersion=5.0', 415],
    ['application/json-patch+json', 415],
  ] as const)
    assert.equal(sent(type), format, type);
  for (const encoding of ['gzip', 'br', 'deflate', 'gzip, gzip'])
    assert.equal(sent('application/fhir+json', { 'Content-Encoding': encoding }), 415, encoding);
  assert.equal(sent('application/fhir+json', { 'Content-Encoding': 'identity' }), 'json');
});

test('N06: patches by their media type; unknown ones are 415', () => {
  const sent = (type: string) => {
    const found = patchFormatOf(new Headers({ 'Content-Type': type }));
    return found instanceof FhirError ? found.status : found;
  };
  assert.equal(sent('application/json-patch+json'), 'json-patch');
  assert.equal(sent('application/xml-patch+xml'), 'xml-patch');
  assert.equal(sent('application/fhir+json'), 'fhirpath-json');
  assert.equal(sent('application/fhir+xml; charset=utf-8'), 'fhirpath-xml');
  for (const type of ['application/merge-patch+json', 'application/json-patch+json;charset=latin1', 'text/plain', ''])
    assert.equal(sent(type), 415, type);
});

test('N23: preferences', () => {
  const of = (prefer: string) => preferencesOf(new Headers({ Prefer: prefer }));
  assert.deepEqual(of('return=minimal'), { handling: 'lenient', return: 'minimal' });
  assert.deepEqual(of('respond-async, return=OperationOutcome; handling=strict'), {
    handling: 'strict',
    return: 'OperationOutcome',
  });
  assert.deepEqual(of('return=representation, return=minimal'), { handling: 'lenient', return: 'representation' });
  assert.deepEqual(of('return=nonsense'), { handling: 'lenient' });
});
