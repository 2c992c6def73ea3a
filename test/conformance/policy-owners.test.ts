/**
 * Whose record each type is, asked over HTTP by an app that reads one patient's: what is about that patient comes, what only
 * names the patient in another role, or is about others too, does not. FHIR R4 compartmentdefinition-patient.html.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compartmentParameters, nobodysRecord, ownerElements } from '@affinity/core/fhir/compartment.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { typeFacts } from '@affinity/core/fhir/resource-type.ts';
import { searchParameter } from '@affinity/core/fhir/search-parameter.ts';
import { base, patientClaims, sending } from '../clinic/clinic.ts';
import { type Bundle, type Caller, clinicFor } from './clinic.ts';

const to = (reference: string) => ({ reference });
const a = to('Patient/a');
const b = to('Patient/b');

type Place = readonly string[];

/** The value at the end of the path, each element in the form that its definition has. */
const at = (type: string, [name = '', ...rest]: Place, value: object): object => {
  const fact = typeFacts(type)?.elements.get(name);
  assert.ok(fact !== undefined, `${type}.${name}`);
  const inner = rest.length === 0 ? value : at(fact.content ?? fact.type, rest, value);
  return { [name]: fact.repeats ? [inner] : inner };
};

/** The places where HL7's compartment finds a patient, but for the owner's. */
const otherRoles = (type: string): readonly Place[] =>
  compartmentParameters(type).flatMap((param) => {
    const lookup = searchParameter(type, param);
    assert.ok(lookup.kind === 'indexed');
    return lookup.parameter.paths
      .map(({ steps }) => steps.map(({ name }) => name))
      .filter((place) => place.join('.') !== ownerElements[type]);
  });

const put = (clinic: Caller, resource: Resource & { readonly id: string }) =>
  clinic.backend.create({
    type: resource.resourceType,
    id: resource.id,
    content: { resource, json: JSON.stringify(resource) },
  });

/** A caller of patient a, and what it sees of a type, by search and by read. */
const appOf = async (clinic: Caller) => {
  const token = await clinic.token(patientClaims('a', 'launch/patient patient/*.rs'));
  return async (type: string, ids: readonly string[]): Promise<readonly string[]> => {
    const response = await clinic.send(`/${type}?_count=100&_total=accurate`, token);
    const bundle = (await response.json()) as Bundle;
    assert.equal(response.status, 200, JSON.stringify(bundle));
    const found = (bundle.entry ?? []).map(({ resource }) => resource?.id ?? '').sort();
    assert.equal(bundle.total, found.length, type);
    const read: string[] = [];
    for (const id of ids) {
      const { status } = await clinic.send(`/${type}/${id}`, token);
      assert.ok(status === 200 || status === 404, `${type}/${id}: ${status}`);
      if (status === 200) read.push(id);
    }
    assert.deepEqual(found, read.sort(), `${type}: found and read`);
    return found;
  };
};

test('E21, E22, E24, E25: of every type, the record of its owner and of nobody else', async (t) => {
  const clinic = await clinicFor(t);
  const seen = await appOf(clinic);
  for (const id of ['a', 'b']) await put(clinic, { resourceType: 'Patient', id });
  for (const [type, element] of Object.entries(ownerElements)) {
    const repeats = typeFacts(type)?.elements.get(element)?.repeats === true;
    const about = (...references: readonly object[]): object => ({ [element]: repeats ? references : references[0] });
    const own: Readonly<Record<string, object>> = {
      relative: a,
      versioned: to('Patient/a/_history/3'),
      slash: to('Patient/a/'),
      absolute: to(`${base}/Patient/a`),
    };
    const foreign: Readonly<Record<string, object>> = {
      others: b,
      case: to('patient/a'),
      elsewhere: to('https://other.example/fhir/Patient/a'),
      uuid: to('urn:uuid:a'),
      contained: to('#a'),
      identifier: { type: 'Patient', identifier: { system: 'urn:mrn', value: 'a' } },
      practitioner: to('Practitioner/a'),
    };
    const contained = [{ resourceType: 'Patient', id: 'a' }];
    const resources: (Resource & { readonly id: string })[] = [
      ...Object.entries(own).map(([id, reference]) => ({ resourceType: type, id, ...about(reference) })),
      ...Object.entries(foreign).map(([id, reference]) => ({ resourceType: type, id, contained, ...about(reference) })),
      { resourceType: type, id: 'nobody' },
      ...(repeats ? [{ resourceType: type, id: 'shared', ...about(a, b) }] : []),
      ...(repeats ? [{ resourceType: type, id: 'half', ...about(a, to('#b')) }] : []),
      ...otherRoles(type).flatMap((place, i) => [
        { resourceType: type, id: `role-${i}-of-b`, ...about(b), ...at(type, place, a) },
        { resourceType: type, id: `role-${i}-alone`, ...at(type, place, a) },
      ]),
    ];
    for (const resource of resources) assert.equal((await put(clinic, resource)).kind, 'created', type);
    const ids = resources.map(({ id }) => id);
    assert.deepEqual(await seen(type, ids), Object.keys(own).sort(), type);
  }
});

test('E22: what names several people is nobody’s, though it names one alone', async (t) => {
  const clinic = await clinicFor(t);
  const seen = await appOf(clinic);
  for (const type of nobodysRecord) {
    const ids = otherRoles(type).map((place, i) => ({ id: `n-${i}`, place }));
    assert.ok(ids.length > 0, type);
    for (const { id, place } of ids) await put(clinic, { resourceType: type, id, ...at(type, place, a) });
    assert.deepEqual(
      await seen(
        type,
        ids.map(({ id }) => id),
      ),
      [],
      type,
    );
  }
});

test('E22: an item of a list or the focus of a task is a name, and opens nothing', async (t) => {
  const clinic = await clinicFor(t);
  const seen = await appOf(clinic);
  await put(clinic, { resourceType: 'Condition', id: 'theirs', subject: b });
  const theirs = to('Condition/theirs');
  await put(clinic, { resourceType: 'List', id: 'l', subject: a, entry: [{ item: theirs }] });
  await put(clinic, { resourceType: 'Task', id: 't', for: a, focus: theirs, input: [{ valueReference: theirs }] });
  assert.deepEqual(await seen('List', ['l']), ['l']);
  assert.deepEqual(await seen('Task', ['t']), ['t']);
  assert.deepEqual(await seen('Condition', ['theirs']), []);
  const token = await clinic.token(patientClaims('a', 'launch/patient patient/*.rs'));
  for (const include of ['/List?_include=List:item', '/Task?_include=Task:focus', '/Patient/a/$everything']) {
    const text = await (await clinic.send(include, token)).text();
    assert.doesNotMatch(text, /"id":"theirs"/, include);
  }
});

test('E26: a link to another Patient gives nothing of theirs', async (t) => {
  const clinic = await clinicFor(t);
  const seen = await appOf(clinic);
  const link = (other: object) => [{ other, type: 'replaced-by' }];
  await put(clinic, { resourceType: 'Patient', id: 'a', link: link(b) });
  await put(clinic, { resourceType: 'Patient', id: 'b', link: link(a) });
  await put(clinic, { resourceType: 'Condition', id: 'theirs', subject: b });
  assert.deepEqual(await seen('Patient', ['a', 'b']), ['a']);
  assert.deepEqual(await seen('Condition', ['theirs']), []);
  const token = await clinic.token(patientClaims('a', 'launch/patient patient/*.rs'));
  for (const path of [
    '/Patient?_include=Patient:link',
    '/Patient?_revinclude=Patient:link',
    '/Patient/a/$everything',
  ]) {
    const { entry = [] } = (await (await clinic.send(path, token)).json()) as Bundle;
    assert.deepEqual(
      entry.map(({ resource }) => resource?.id),
      ['a'],
      path,
    );
  }
});

test('E57: a Binary is of the record of its security context, whoever points to it', async (t) => {
  const clinic = await clinicFor(t);
  const seen = await appOf(clinic);
  const binary = (id: string, more: object) =>
    put(clinic, { resourceType: 'Binary', id, contentType: 'text/plain', data: 'dGV4dA==', ...more });
  const document = (id: string, subject: object, url: string) =>
    put(clinic, {
      resourceType: 'DocumentReference',
      id,
      status: 'current',
      subject,
      content: [{ attachment: { url } }],
    });
  for (const id of ['a', 'b']) await put(clinic, { resourceType: 'Patient', id });
  await document('mine', a, 'Binary/own');
  await document('theirs', b, 'Binary/others');
  await binary('own', { securityContext: to('DocumentReference/mine') });
  await binary('patient', { securityContext: a });
  await binary('others', { securityContext: to('DocumentReference/theirs') });
  await binary('without', {});
  await document('points-at-theirs', a, `${base}/Binary/others`);
  await document('points-at-none', a, 'Binary/without');
  const ids = ['own', 'patient', 'others', 'without'];
  const token = await clinic.token(patientClaims('a', 'launch/patient patient/*.cruds'));
  const read = await Promise.all(ids.map(async (id) => (await clinic.send(`/Binary/${id}`, token)).status));
  assert.deepEqual(read, [200, 200, 404, 404]);
  const write = async (more: object) => {
    const body = { resourceType: 'Binary', contentType: 'text/plain', data: 'dGV4dA==', ...more };
    return (await clinic.send('/Binary', token, sending('POST', body))).status;
  };
  assert.equal(await write({}), 403, 'without a context it is nobody’s');
  assert.equal(await write({ securityContext: to('DocumentReference/theirs') }), 403);
  assert.equal(await write({ securityContext: to('DocumentReference/mine') }), 201);
  const documents = ['mine', 'points-at-none', 'points-at-theirs'];
  assert.deepEqual(await seen('DocumentReference', [...documents, 'theirs']), documents);
});

test('E57: to attach what is somebody else’s tells nothing of it', async (t) => {
  const clinic = await clinicFor(t);
  for (const id of ['a', 'b']) await put(clinic, { resourceType: 'Patient', id });
  await put(clinic, { resourceType: 'Binary', id: 'theirs', contentType: 'text/plain', securityContext: b } as never);
  const token = await clinic.token(patientClaims('a', 'launch/patient patient/*.cruds'));
  const attach = async (id: string, form: (url: string) => string): Promise<string> => {
    const body = {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: a,
      content: [{ attachment: { contentType: 'text/plain', url: form(`Binary/${id}`) } }],
    };
    const headers = { 'Content-Type': 'application/fhir+json', Prefer: 'return=OperationOutcome' };
    const sent = await clinic.send('/DocumentReference', token, {
      method: 'POST',
      body: JSON.stringify(body),
      headers,
    });
    return `${sent.status} ${await sent.text()}`;
  };
  for (const form of [(url: string) => url, (url: string) => `${base}/${url}`, (url: string) => `/fhir/${url}`]) {
    const [hidden, absent] = [await attach('theirs', form), await attach('never', form)];
    assert.equal(hidden, absent);
    assert.match(hidden, /^201 /);
  }
  assert.equal((await clinic.send('/Binary/theirs', token)).status, 404);
});
