/** Requests that nobody in their right mind would send, and some that they would. */
import type { Dice } from './dice.ts';
import { bodies, pathOf, queryOf } from './fuzz-parts.ts';
import { contentTypes, methods, sound, xmlBodies } from './fuzz-words.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** A request that is in order, or nearly: what is found and stored is fuzzed too, not only what is refused at the door. */
const soundRequest = (dice: Dice): FuzzRequest => {
  const json: [string, string] = ['content-type', 'application/fhir+json'];
  const id = dice.one(['a', 'b', 'c']);
  const at = dice.one([`/Patient/${id}`, `/Observation/${id}`]);
  const patient = { resourceType: 'Patient', id, name: [{ family: dice.one(['Fox', 'Hare', 'x']) }], gender: 'female' };
  const observation = {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: dice.one(['718-7', '8480-6']) }] },
    subject: { reference: `Patient/${dice.one(['a', 'b'])}` },
    effectiveDateTime: dice.one(['2020', '2020-06-01', '2020-06-01T10:00:00Z']),
    valueQuantity: { value: dice.below(200), unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
  };
  const resource = at.startsWith('/Patient') ? patient : observation;
  const body = JSON.stringify(resource);
  switch (dice.below(9)) {
    case 0:
      return { method: 'PUT', path: at, headers: [json], body };
    case 1:
      return { method: 'POST', path: `/${resource.resourceType}`, headers: [json], body };
    case 2:
      return {
        method: 'GET',
        path: at + dice.one(['', '/_history', '/_history/1', '/$meta', '?_summary=true', '?_format=xml']),
        headers: [],
      };
    case 3: {
      const entry = [
        { fullUrl: 'urn:uuid:1', resource: patient, request: { method: 'POST', url: 'Patient' } },
        {
          resource: { ...observation, subject: { reference: dice.one(['urn:uuid:1', 'Patient?name=Fox']) } },
          request: { method: 'POST', url: 'Observation' },
        },
        { request: { method: 'GET', url: `Observation${queryOf(dice)}` } },
        { request: { method: 'DELETE', url: `Observation/${id}` } },
      ].filter(() => dice.chance(0.7));
      const bundle = { resourceType: 'Bundle', type: dice.one(['batch', 'transaction']), entry };
      return { method: 'POST', path: '/', headers: [json], body: JSON.stringify(bundle) };
    }
    case 4: {
      const patch = [
        dice.one([
          { op: 'add', path: '/active', value: true },
          { op: 'remove', path: '/name' },
          { op: 'test', path: '/id', value: id },
        ]),
      ];
      return {
        method: 'PATCH',
        path: at,
        headers: [['content-type', 'application/json-patch+json']],
        body: JSON.stringify(patch),
      };
    }
    case 5:
      return { method: 'POST', path: `/${resource.resourceType}/$validate`, headers: [json], body };
    default:
      return {
        method: 'GET',
        path:
          dice.one(sound) +
          dice.one(['', '', '&_count=2', '&_total=accurate', '&_sort=-_lastUpdated', '&_elements=status']),
        headers: [],
      };
  }
};

export const arbitraryRequest = (dice: Dice): FuzzRequest => {
  if (dice.chance(0.4)) return soundRequest(dice);
  const method = dice.one(methods);
  const headers: [string, string][] = [];
  const maybe = (name: string, options: readonly string[], share = 0.1): void => {
    if (dice.chance(share)) headers.push([name, dice.one(options)]);
  };
  maybe(
    'accept',
    [
      '*/*',
      'application/fhir+xml',
      'application/fhir+json',
      'text/html',
      'application/json;q=0',
      ',,,',
      'application/fhir+json; fhirVersion=5.0',
    ],
    0.3,
  );
  maybe('if-match', ['W/"1"', 'W/"99"', '"1"', '*', 'x', 'W/""']);
  maybe('if-none-match', ['W/"1"', '*', 'x']);
  maybe('if-modified-since', ['Wed, 21 Oct 2015 07:28:00 GMT', 'x', '9999']);
  maybe('if-none-exist', ['identifier=x|y', 'name=x', '', 'bogus=1', '_id=a', '&&&', 'identifier=%00']);
  maybe(
    'prefer',
    [
      'return=minimal',
      'return=representation',
      'return=OperationOutcome',
      'handling=strict',
      'handling=lenient',
      'respond-async',
      ';;;',
    ],
    0.2,
  );
  maybe(
    'x-provenance',
    [
      '{}',
      '{"resourceType":"Provenance","recorded":"2020-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}',
      'x',
      '[]',
    ],
    0.05,
  );
  maybe('x-request-id', ['abc', 'a'.repeat(500), '<script>'], 0.05);
  maybe('origin', ['https://app.example', 'https://evil.example', 'null'], 0.05);
  maybe('x-http-method-override', ['DELETE', 'PUT'], 0.02);
  const path = pathOf(dice) + queryOf(dice);
  if (method === 'GET' || method === 'HEAD') return { method, path, headers };
  const contentType = method === 'PATCH' && dice.chance(0.7) ? 'application/json-patch+json' : dice.one(contentTypes);
  if (contentType !== '') headers.push(['content-type', contentType]);
  const text = contentType.includes('xml')
    ? dice.one(xmlBodies)
    : contentType.includes('form')
      ? queryOf(dice).slice(1)
      : (JSON.stringify(bodies(dice)) ?? '');
  const cut = dice.chance(0.05) ? text.slice(0, dice.below(text.length + 1)) : text;
  return { method, path, headers, body: cut };
};
