/** An explanation says what the server does, asks no backend for a record, and holds nothing of one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { base, type Clinic, createClinic, observation, types as offered, patient, sending } from '../testing/clinic.ts';
import { createExplainRequest, type ExplainNeighbours } from './explain-request.ts';
import type { Explanation } from './explanation.ts';

const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
};
const stored = [
  patient('a'),
  patient('b'),
  observation('lab', 'a', 'laboratory'),
  observation('secret', 'a', 'laboratory', restricted),
  observation('other', 'b', 'laboratory'),
];

const filled = async (): Promise<Clinic> => {
  const clinic = await createClinic({}, { appliesFilter: true });
  for (const resource of stored) await clinic.put(resource);
  clinic.calls.length = 0;
  return clinic;
};

const principalOf = (scope: string, more: Partial<Principal> = {}): Principal => {
  const parsed = parseScopes(scope);
  return {
    clientId: 'app-1',
    tokenId: 'token-1',
    user: 'user-1',
    grant: 'grant-1',
    patient: 'a',
    scopes: parsed.kind === 'scopes' ? parsed.scopes.resources : [],
    ...more,
  };
};

const recordFacts = async (type: string, id: string): Promise<ResourceFacts | undefined> => {
  const resource = stored.find((each) => each.resourceType === type && each.id === id);
  return resource === undefined ? undefined : factsOf(resource, [base]);
};

const explaining = (clinic: Clinic, more: Partial<ExplainNeighbours> = {}) => {
  const explain = createExplainRequest({
    backend: clinic.backend,
    facts: wholeFacts,
    recordFacts,
    base,
    canValidate: false,
    now: () => clinic.time,
    ...more,
  });
  return async (scope: string, request: string, record?: string): Promise<Explanation> => {
    const [method = '', url = ''] = request.split(' ');
    const [type = '', id = ''] = record?.split('/') ?? [];
    const named = record === undefined ? {} : { record: { type, id } };
    const result = await explain({ principal: principalOf(scope), method, url, ...named });
    return result.kind === 'explained' ? result.explained.explanation : assert.fail(result.why);
  };
};

test('the end is what the server answers with, status and needed scope alike', async () => {
  const requests: readonly (readonly [string, RequestInit?])[] = [
    ['GET /Observation/lab'],
    ['GET /Observation/lab/_history'],
    ['GET /Observation/lab/_history/1'],
    ['GET /Observation?patient=a'],
    ['GET /Observation?category=laboratory'],
    ['GET /Observation?patient.name=x'],
    ['GET /Observation?_has:Provenance:target:agent=Practitioner/1'],
    ['GET /Patient?_revinclude=Observation:subject'],
    ['GET /Observation?nothing-of-the-kind=1&_count=nonsense'],
    ['GET /Observation/_history'],
    ['GET /_history'],
    ['GET /?_type=Observation,Condition'],
    ['GET /?_lastUpdated=ge2020-01-01'],
    ['GET /Patient/a/$everything'],
    ['GET /Observation/lab/$meta'],
    ['POST /Observation', sending('POST', observation('x', 'a', 'laboratory'))],
    ['PUT /Observation/lab', sending('PUT', observation('lab', 'a', 'laboratory'))],
    ['DELETE /Observation/lab'],
    ['DELETE /Observation?category=laboratory'],
    ['GET /Nothing/1'],
    ['PUT /Observation/lab/_history/1'],
  ];
  const scopes = [
    'patient/*.cruds',
    'patient/*.rs',
    'patient/Observation.rs',
    'patient/Observation.rs?category=survey',
    'patient/Patient.r',
    'patient/Observation.c',
    'user/Observation.rs',
    'openid',
  ];
  for (const scope of scopes) {
    for (const [request, init] of requests) {
      const clinic = await filled();
      const { end } = await explaining(clinic)(scope, request);
      assert.deepEqual(clinic.calls, [], `${request} asked the backend`);
      const [method = '', path = ''] = request.split(' ');
      const answer = await clinic.send(path, await clinic.token({ scope }), { method, ...init });
      const told = /scope="([^"]*)"/.exec(answer.headers.get('WWW-Authenticate') ?? '')?.[1];
      const hidden = answer.status === 404 && end.status === 200;
      assert.ok(
        hidden || answer.status === end.status,
        `${scope} ${request}: ${answer.status}, explained ${end.status}`,
      );
      assert.equal(end.neededScope, told, `${scope} ${request}`);
      if (answer.status === 403 && method !== 'POST' && method !== 'PUT') {
        const outcome = (await answer.json()) as { issue: { diagnostics: string }[] };
        assert.ok(end.words.includes(outcome.issue[0]?.diagnostics ?? '?'), end.words);
      }
    }
  }
});

test('rule by rule: what each narrows, in words', async () => {
  const { decisions, facts } = await explaining(await filled())(
    'patient/Observation.rs?category=laboratory patient/Patient.r',
    'GET /fhir/Observation?_include=Observation:subject&patient.name=x',
  );
  const [own, chain, include] = decisions;
  assert.deepEqual(
    [own, chain, include].map((one) => [one?.part, one?.types, one?.outcome.kind]),
    [
      ['request', ['Observation'], 'permit'],
      ['chain', ['Patient'], 'deny'],
      ['include', ['Patient'], 'permit'],
    ],
  );
  const scope = own?.rules.find(({ rule }) => rule === 'scope');
  assert.equal(scope?.verdict, 'narrows');
  assert.match(JSON.stringify(scope?.words), /record of patient a.*laboratory/);
  assert.match(JSON.stringify(own?.rules.find(({ rule }) => rule === 'label')?.words), /N \(normal\)/);
  assert.equal(own?.rules.find(({ rule }) => rule === 'audit-log')?.verdict, 'permits');
  assert.ok(facts.known.some(({ name, words }) => name === 'The app' && words === 'app-1'));
});

test('a denial names its rule, the reason for the log, and the scope that would have been enough', async () => {
  const { end, decisions } = await explaining(await filled())('patient/Patient.r', 'GET /Observation?patient=a');
  assert.equal(end.status, 403);
  assert.equal(end.rule, 'scope');
  assert.match(end.neededScope ?? '', /^patient\/Observation\.s/);
  assert.equal(decisions[0]?.outcome.kind, 'deny');
});

test('types that come to the same are told of together', async () => {
  const { decisions } = await explaining(await filled())('patient/Observation.rs', 'GET /?_lastUpdated=ge2020-01-01');
  const told = decisions.flatMap(({ types }) => types);
  assert.deepEqual([...new Set(told)].sort(), [...offered].sort(), 'each once');
  assert.ok(decisions.length < told.length);
  const permitted = decisions.filter(({ outcome }) => outcome.kind === 'permit');
  assert.deepEqual(
    permitted.flatMap(({ types }) => types),
    ['Observation'],
  );
});

test('one record, rule by rule: which lets it through, and what of it is why', async () => {
  const explain = explaining(await filled());
  const of = async (record: string) => (await explain('patient/Observation.rs', 'GET /Observation', record)).record;
  assert.equal((await of('Observation/lab'))?.kind, 'shown');
  const secret = await of('Observation/secret');
  assert.equal(secret?.kind, 'hidden');
  assert.deepEqual(
    secret?.decisions[0]?.rules.filter(({ passes }) => !passes),
    [{ rule: 'label', passes: false, why: 'is more confidential than N (normal)' }],
  );
  const other = await of('Observation/other');
  assert.ok(other?.decisions[0]?.rules.some(({ rule, passes }) => rule === 'scope' && !passes));
  assert.equal((await of('Observation/none'))?.kind, 'absent');
  assert.equal((await of('Patient/a'))?.kind, 'not-asked-for');
});

test('nothing of a record is in an explanation, and no record is looked at unless it is named', async () => {
  const looked: string[] = [];
  const explain = explaining(await filled(), {
    recordFacts: (type, id) => {
      looked.push(`${type}/${id}`);
      return recordFacts(type, id);
    },
  });
  await explain('patient/*.rs', 'GET /Observation/lab');
  assert.deepEqual(looked, []);
  const text = JSON.stringify(await explain('patient/*.rs', 'GET /Observation', 'Observation/secret'));
  assert.deepEqual(looked, ['Observation/secret']);
  assert.doesNotMatch(text, /718-7|final/);
});

test('what cannot be explained as one request is refused in words', async () => {
  const clinic = await filled();
  const explain = createExplainRequest({
    backend: clinic.backend,
    facts: () => ({}),
    recordFacts,
    base,
    canValidate: false,
    now: () => 0,
  });
  const principal = principalOf('patient/*.rs');
  for (const [method, url] of [
    ['POST', '/'],
    ['POST', '/fhir/'],
    ['GET', '/Observation?_cursor=abc'],
    ['GET', '/Observation /x'],
    ['GET', `/Observation?code=${'1'.repeat(9000)}`],
  ] as const) {
    assert.equal((await explain({ principal, method, url })).kind, 'refused', url.slice(0, 40));
  }
});
