/** The operations of the registry as they are asked: by GET and POST, in JSON and XML, behind the guard. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createClinic, sending } from '@affinity/resource-server/testing/clinic.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createValidator } from '@affinity/validation/validator.ts';
import { createArtefacts } from '../artefacts.ts';
import { createCoreDefinitions } from '../core-definitions.ts';
import { noticedWrites } from '../noticed-writes.ts';
import { registryTypes } from '../registry-types.ts';
import { createRelatedArtefacts } from '../related-artefacts.ts';
import { snapshotLimits } from '../snapshot/snapshot.ts';
import { terminologyLimits } from '../terminology/limits.ts';
import { animalSystem, animals, filtered, numberSystem, numbers, valueSet } from '../terminology/testing/animals.ts';
import { terminologyCapabilities } from '../terminology-capabilities.ts';
import { createDefinitionsOfCaller } from '../terminology-of-caller.ts';
import { createSnapshotOperation } from './snapshot-operation.ts';
import { createTerminologyOperations } from './terminology-operations.ts';
import { createValidateOperation } from './validate-operation.ts';

const open = new Set(registryTypes);
const facts = (principal: Principal): DecisionFacts => ({
  ...(principal.anonymous ? { now: Date.UTC(2026, 0, 2) } : wholeFacts(principal)),
  open,
  publisher: principal.user === 'publisher',
});
const validator = createValidator();
after(() => validator.close());
const carried = createCoreDefinitions();

const start = async (t: Parameters<typeof testDatabase>[0]) => {
  const { pool } = await testDatabase(t);
  const store = createBackend({ pool, ownBases: [] });
  const clock = { seconds: 60, now: () => 0 };
  const artefacts = createArtefacts({ backend: store, carried, most: 100, ...clock });
  const backend = noticedWrites(store, artefacts.changed);
  const related = createRelatedArtefacts({ backend, artefacts, ...clock });
  const definitions = createDefinitionsOfCaller({
    artefacts,
    related,
    limits: { ...terminologyLimits, expansionCodes: 10 },
    snapshotLimits,
    ...clock,
  });
  const server = await createClinic({
    backend,
    facts,
    openReads: { types: open, perMinute: 1000 },
    terminologyCapabilities: async () =>
      terminologyCapabilities({
        name: 'registry',
        base: 'http://localhost:4000/fhir',
        codeSystems: await definitions(() => ({ kind: 'confidentiality', atMost: 'N' })).codeSystems(),
      }),
    operations: [
      ...createTerminologyOperations({ definitions, now: () => 0 }),
      createSnapshotOperation(definitions),
      createValidateOperation({ definitions, validator }),
    ],
  });
  const token = await server.token({ sub: 'publisher', scope: 'openid user/*.cruds', patient: undefined });
  const put = async (resource: { readonly resourceType: string; readonly id?: string }): Promise<void> => {
    await backend.create({
      type: resource.resourceType,
      id: resource.id ?? '',
      content: { resource, json: JSON.stringify(resource) },
    });
  };
  const ask = async (path: string, init?: RequestInit, as?: string) => {
    const response = await server.send(path, as, init);
    return { status: response.status, body: await response.json() };
  };
  return { server, backend, token, put, ask };
};
const parameters = (values: Readonly<Record<string, unknown>>) => ({
  resourceType: 'Parameters',
  parameter: Object.entries(values).map(([name, value]) => ({
    name,
    [typeof value === 'object' ? 'resource' : 'valueString']: value,
  })),
});
const issue = ({ status, body }: { status: number; body: { resourceType: string; issue?: { code: string }[] } }) =>
  `${status} ${body.resourceType} ${body.issue?.[0]?.code}`;
const codes = ({ body }: { body: { expansion?: { contains?: { code: string }[] } } }) =>
  body.expansion?.contains?.map(({ code }) => code).join(' ');
const result = ({ body }: { body: { parameter?: { name: string; valueBoolean?: boolean }[] } }) =>
  body.parameter?.find(({ name }) => name === 'result')?.valueBoolean;

test('M04: $expand by GET and POST, of the type and of an instance, in JSON and XML; faults are OperationOutcomes', async (t) => {
  const { server, token, put, ask } = await start(t);
  const pets = filtered('pets', ['home', '=', 'house']);
  const self = valueSet('self', [{ valueSet: ['http://a.example/ValueSet/self'] }]);
  for (const each of [animalSystem, pets, self, numberSystem(11), numbers]) await put(each as never);
  assert.equal(codes(await ask(`/ValueSet/$expand?url=${pets.url}`)), 'dog cat');
  assert.equal(codes(await ask('/ValueSet/pets/$expand?count=1&offset=1')), 'cat');
  assert.equal(
    codes(await ask('/ValueSet/$expand', sending('POST', parameters({ url: pets.url, filter: 'dog' })))),
    'dog',
  );
  assert.equal(
    codes(await ask('/ValueSet/$expand', sending('POST', filtered('sent', ['concept', 'is-a', 'bird'])))),
    'bird',
  );
  assert.equal(
    codes(await ask('/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender')),
    'male female other unknown',
  );
  const xml = await server.send(`/ValueSet/$expand?url=${pets.url}`, undefined, {
    headers: { accept: 'application/fhir+xml' },
  });
  assert.match(await xml.text(), /<ValueSet xmlns="http:\/\/hl7.org\/fhir">.*<code value="dog"\/>/);
  const posted = await server.send('/ValueSet/$expand', undefined, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+xml', accept: 'application/fhir+json' },
    body: `<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="url"/><valueUri value="${pets.url}"/></parameter></Parameters>`,
  });
  assert.equal(codes({ body: await posted.json() }), 'dog cat');
  assert.equal(issue(await ask('/ValueSet/$expand?url=http://a.example/none')), '404 OperationOutcome not-found');
  assert.equal(issue(await ask('/ValueSet/none/$expand')), '404 OperationOutcome not-found');
  assert.equal(issue(await ask(`/ValueSet/$expand?url=${numbers.url}`)), '422 OperationOutcome too-costly');
  assert.equal(issue(await ask(`/ValueSet/$expand?url=${self.url}`)), '422 OperationOutcome processing');
  assert.equal(issue(await ask(`/ValueSet/$expand?url=${pets.url}&colour=red`)), '400 OperationOutcome not-supported');
  assert.equal(issue(await ask('/ValueSet/$expand', sending('POST', [1]))), '400 OperationOutcome structure');
  assert.equal((await server.send('/ValueSet/$expand', token, { method: 'DELETE' })).status, 405);
  assert.ok(server.audit.some(({ outcome, query }) => outcome === 'permitted' && query?.includes('url=') === true));
});

test('M04: what is written is in the next expansion', async (t) => {
  const { server, token, put, ask } = await start(t);
  const all = valueSet('all', [{ system: animals }]);
  await put({ ...animalSystem, status: 'draft', concept: [{ code: 'yak' }] } as never);
  await put(all as never);
  const expanded = () => ask(`/ValueSet/$expand?url=${all.url}&system-version=${animals}|1.0.0`);
  assert.equal(codes(await expanded()), 'yak');
  const changed = { ...animalSystem, status: 'draft', concept: [{ code: 'gnu' }] };
  assert.equal((await server.send('/CodeSystem/animals', token, sending('PUT', changed))).status, 200);
  assert.equal(codes(await expanded()), 'gnu');
  const supplement = {
    resourceType: 'CodeSystem',
    id: 's',
    url: `${animals}-it`,
    status: 'active',
    content: 'supplement',
    supplements: animals,
    concept: [{ code: 'gnu', designation: [{ language: 'it', value: 'Gnu striato' }] }],
  };
  assert.equal(
    (await server.send('/CodeSystem', token, sending('POST', { ...supplement, id: undefined }))).status,
    201,
  );
  const { body } = await ask(`/ValueSet/$expand?url=${all.url}&system-version=${animals}|1.0.0&displayLanguage=it`);
  assert.equal(body.expansion.contains[0].display, 'Gnu striato');
});

test('M05, M06: codes are validated, looked up, compared and translated as they are asked', async (t) => {
  const { put, ask } = await start(t);
  await put(animalSystem as never);
  await put(filtered('pets', ['home', '=', 'house']) as never);
  const map = {
    resourceType: 'ConceptMap',
    id: 'noise',
    url: 'http://a.example/ConceptMap/noise',
    status: 'active',
    group: [
      {
        source: animals,
        target: 'http://a.example/noise',
        element: [{ code: 'dog', target: [{ code: 'woof', equivalence: 'equivalent' }] }],
      },
    ],
  };
  await put(map);
  assert.equal(result(await ask(`/ValueSet/pets/$validate-code?code=dog&system=${animals}`)), true);
  assert.equal(result(await ask(`/CodeSystem/animals/$validate-code?code=zebra`)), false);
  assert.equal(result(await ask('/CodeSystem/$validate-code?url=http://a.example/unknown&code=a')), false);
  const coding = {
    resourceType: 'Parameters',
    parameter: [{ name: 'coding', valueCoding: { system: animals, code: 'dog' } }],
  };
  const looked = await ask('/CodeSystem/$lookup', sending('POST', coding));
  assert.equal(looked.body.parameter.find(({ name }: { name: string }) => name === 'display').valueString, 'Dog');
  assert.equal(issue(await ask(`/CodeSystem/$lookup?system=${animals}&code=zebra`)), '404 OperationOutcome not-found');
  const subsumed = await ask(`/CodeSystem/$subsumes?system=${animals}&codeA=mammal&codeB=dog`);
  assert.deepEqual(subsumed.body.parameter, [{ name: 'outcome', valueCode: 'subsumes' }]);
  assert.equal(result(await ask(`/ConceptMap/$translate?system=${animals}&code=dog`)), true);
  assert.equal(
    result(await ask('/ConceptMap/noise/$translate?system=http://a.example/noise&code=woof&reverse=true')),
    true,
  );
});

const profile = {
  resourceType: 'StructureDefinition',
  id: 'pet',
  url: 'http://a.example/StructureDefinition/pet',
  version: '1.0.0',
  name: 'Pet',
  status: 'active',
  abstract: false,
  kind: 'resource',
  type: 'Basic',
  derivation: 'constraint',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
  differential: {
    element: [
      { id: 'Basic.subject', path: 'Basic.subject', min: 1 },
      {
        id: 'Basic.code',
        path: 'Basic.code',
        binding: { strength: 'required', valueSet: 'http://a.example/ValueSet/pets' },
      },
    ],
  },
};

test('M08: $snapshot of what is sent, or of what is kept; a base that is missing is told', async (t) => {
  const { put, ask } = await start(t);
  const element = ({ body }: { body: { snapshot?: { element: { id: string; min: number }[] } } }) =>
    body.snapshot?.element.find(({ id }) => id === 'Basic.subject')?.min;
  assert.equal(element(await ask('/StructureDefinition/$snapshot', sending('POST', profile))), 1);
  assert.equal(
    element(await ask('/StructureDefinition/$snapshot', sending('POST', parameters({ definition: profile })))),
    1,
  );
  await put(profile);
  assert.equal(element(await ask('/StructureDefinition/pet/$snapshot')), 1);
  assert.equal(element(await ask(`/StructureDefinition/$snapshot?url=${profile.url}`)), 1);
  assert.equal(
    element(await ask('/StructureDefinition/$snapshot?url=http://hl7.org/fhir/StructureDefinition/Basic')),
    0,
  );
  const orphan = { ...profile, baseDefinition: 'http://a.example/none' };
  const refused = await ask('/StructureDefinition/$snapshot', sending('POST', orphan));
  assert.equal(issue(refused), '422 OperationOutcome not-found');
  assert.match(
    refused.body.issue[0].diagnostics,
    /http:\/\/a.example\/none is not known here: it is the base of the profile/,
  );
  assert.equal(issue(await ask('/StructureDefinition/$snapshot')), '400 OperationOutcome required');
  assert.equal(
    issue(await ask('/StructureDefinition/$snapshot?url=http://a.example/none')),
    '404 OperationOutcome not-found',
  );
});

test('M07: $validate of any type against a profile that is kept, with its codes; 200 though invalid', async (t) => {
  const { server, token, put, ask } = await start(t);
  for (const each of [animalSystem, filtered('pets', ['home', '=', 'house']), profile]) await put(each as never);
  const basic = (code: string, more: object = {}) => ({
    resourceType: 'Basic',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' },
    code: { coding: [{ system: animals, code }] },
    subject: { display: 'A' },
    ...more,
  });
  const faults = async (resource: object, query = `?profile=${profile.url}`) => {
    const { status, body } = await ask(`/Basic/$validate${query}`, sending('POST', resource), token);
    assert.equal(status, 200);
    return body.issue
      .filter(({ severity }: { severity: string }) => severity === 'error')
      .map(({ code, expression }: { code: string; expression?: string[] }) => `${code} ${expression?.[0]}`);
  };
  assert.deepEqual(await faults(basic('dog')), []);
  assert.deepEqual(await faults(basic('dog'), `?profile=${profile.url}|1.0.0&mode=create`), []);
  assert.deepEqual(await faults(basic('hen')), ['code-invalid Basic.code']);
  assert.deepEqual(await faults(basic('dog', { subject: undefined })), ['required Basic.subject']);
  assert.deepEqual(await faults(basic('hen', { subject: undefined }), ''), []);
  assert.deepEqual(await faults({ ...basic('hen'), meta: { profile: [profile.url] } }, ''), [
    'code-invalid Basic.code',
  ]);
  assert.deepEqual(await faults(basic('dog'), '?mode=update'), ['required Basic.id']);
  assert.deepEqual(await faults(basic('dog'), '?profile=http://a.example/none'), ['not-found undefined']);
  const kept = await ask('/StructureDefinition/pet/$validate', undefined, token);
  assert.deepEqual([kept.status, kept.body.resourceType], [200, 'OperationOutcome']);
  const broken = {
    ...profile,
    id: 'orphan',
    url: 'http://a.example/StructureDefinition/orphan',
    baseDefinition: 'http://a.example/none',
  };
  await put(broken);
  assert.equal(
    issue(await ask(`/Basic/$validate?profile=${broken.url}`, sending('POST', basic('dog')), token)),
    '422 OperationOutcome not-found',
  );
  assert.equal(issue(await ask('/Basic/$validate', sending('POST', basic('dog')))), '401 OperationOutcome login');
  assert.equal(
    issue(await ask('/StructureDefinition/$validate', sending('POST', profile))),
    '401 OperationOutcome login',
  );
  assert.equal(
    issue(await ask('/Basic/$validate?colour=red', sending('POST', basic('dog')), token)),
    '400 OperationOutcome not-supported',
  );
  assert.equal(
    issue(await ask('/Basic/$validate?mode=odd', sending('POST', basic('dog')), token)),
    '400 OperationOutcome value',
  );
  assert.equal((await server.send('/NoType/$validate', token, sending('POST', basic('dog')))).status, 404);
  assert.equal((await server.send('/Basic/$expand', token, sending('POST', basic('dog')))).status, 404);
});

test('M04: a code of an artefact that the caller may not see is in no expansion of theirs', async (t) => {
  const { put, ask, token } = await start(t);
  const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }];
  await put({ ...animalSystem, meta: { security } } as never);
  const one = filtered('one', ['concept', 'is-a', 'dog']);
  await put(one as never);
  await put({ ...numbers, meta: { security } } as never);
  const expected = '422 OperationOutcome not-found';
  for (const as of [undefined, token]) {
    assert.equal(issue(await ask(`/ValueSet/$expand?url=${one.url}`, undefined, as)), expected);
    assert.equal(
      issue(await ask(`/ValueSet/$expand?url=${numbers.url}`, undefined, as)),
      '404 OperationOutcome not-found',
    );
    assert.equal(
      issue(await ask(`/CodeSystem/$lookup?system=${animals}&code=dog`, undefined, as)),
      '404 OperationOutcome not-found',
    );
  }
});

test('M11: /metadata?mode=terminology tells what can be asked; the other modes are the CapabilityStatement', async (t) => {
  const { server, put, ask } = await start(t);
  await put(animalSystem as never);
  const { body } = await ask('/metadata?mode=terminology');
  assert.equal(body.resourceType, 'TerminologyCapabilities');
  assert.deepEqual(body.codeSystem, [{ uri: animals, version: [{ code: '1.0.0' }] }]);
  assert.equal(body.expansion.paging, true);
  assert.ok(body.expansion.parameter.some(({ name }: { name: string }) => name === 'filter'));
  const xml = await server.send('/metadata?mode=terminology&_format=xml');
  assert.match(await xml.text(), /<TerminologyCapabilities /);
  for (const mode of ['', '?mode=full', '?mode=normative']) {
    const statement = (await ask(`/metadata${mode}`)).body;
    assert.equal(statement.resourceType, 'CapabilityStatement');
    const operations = statement.rest[0].resource.find(({ type }: { type: string }) => type === 'ValueSet').operation;
    assert.ok(operations.some(({ name }: { name: string }) => name === 'expand'));
  }
  assert.equal(issue(await ask('/metadata?mode=odd')), '400 OperationOutcome value');
  const { validatorIssues } = { validatorIssues: await validator.validate({ resource: { ...body, id: 't' } }) };
  assert.deepEqual(
    validatorIssues.filter(({ severity }) => severity === 'error'),
    [],
  );
});
