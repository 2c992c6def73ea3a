/** Who may be this person: PDQm ITI-119, and what it must not tell. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { takeOver } from '../feeds/take-over.ts';
import {
  home,
  type IdentityServer,
  openIdentityServer,
  red,
  refusal,
  type Told,
  told,
} from '../testing/identity-server.ts';

let server: IdentityServer;
const work: (() => Promise<void>)[] = [];
const perMinute = 40;
before(async () => {
  server = await openIdentityServer({ after: (end) => void work.push(end) }, { perMinute });
});
test.after(async () => {
  for (const end of work.reverse()) await end();
});

const person = (family: string, given: string) => ({
  resourceType: 'Patient',
  name: [{ family, given: [given] }],
  birthDate: '1958-01-30',
});
const ask = (patient: unknown, more: readonly object[] = [], client = 'asker', scope?: string): Promise<Response> => {
  const parameter = [{ name: 'resource', resource: patient }, ...more];
  const body = server.json({ resourceType: 'Parameters', parameter });
  return server.send(client, '/Patient/$match', { method: 'POST', ...body }, scope);
};
const gradesIn = ({ entry = [] }: Told): readonly (readonly unknown[])[] =>
  entry.map(({ search }) => [search?.extension?.[0]?.valueCode, search?.score, search?.mode]);
const certainOnly = { name: 'onlyCertainMatches', valueBoolean: true };

test('K20: the best first, with score and grade; none is an empty Bundle; count is kept to', async () => {
  for (const [value, given] of [
    ['1', 'Ada'],
    ['2', 'Ada'],
    ['3', 'Eva'],
  ] as const)
    await server.feed('red', red, value, { name: [{ family: 'Best', given: [given] }] });
  const answer = await ask(person('Best', 'Ada'));
  assert.equal(answer.status, 200);
  const bundle = await told(answer);
  assert.deepEqual([bundle.resourceType, bundle.total], ['Bundle', 3]);
  assert.deepEqual(gradesIn(bundle), [
    ['certain', 0.99, 'match'],
    ['certain', 0.99, 'match'],
    ['possible', 0.6, 'match'],
  ]);
  assert.equal(bundle.entry?.[0]?.search?.extension?.[0]?.url, 'http://hl7.org/fhir/StructureDefinition/match-grade');
  assert.ok(bundle.entry?.every(({ resource }) => resource.resourceType === 'Patient'));
  assert.equal(server.clinic.audit.at(-1)?.patients?.length, 3);
  assert.equal(server.clinic.audit.at(-1)?.event, 'operation');
  const two = await told(await ask(person('Best', 'Ada'), [{ name: 'count', valueInteger: 2 }]));
  assert.equal(two.entry?.length, 2);
  const none = await told(await ask(person('Nobody', 'Ada')));
  assert.deepEqual([none.total, none.entry], [0, undefined]);
  // A Patient by itself stands for the Parameters, and XML is understood and given.
  const bare = await server.send('asker', '/Patient/$match?_format=xml', {
    method: 'POST',
    body: '<Patient xmlns="http://hl7.org/fhir"><name><family value="Best"/><given value="Ada"/></name><birthDate value="1958-01-30"/></Patient>',
    headers: { 'Content-Type': 'application/fhir+xml' },
  });
  assert.equal(bare.status, 200);
  assert.match(await bare.text(), /match-grade/);
});

test('K20: onlyCertainMatches gives the records of one person, and nothing where they are of several', async () => {
  await server.feed('red', red, '11', { name: [{ family: 'Sure', given: ['Ida'] }] });
  await server.feed('red', red, '12', { name: [{ family: 'Sure', given: ['Ida'] }] });
  await server.feed('red', red, '13', { name: [{ family: 'Sure', given: ['Una'] }] });
  const one = await told(await ask(person('Sure', 'Ida'), [certainOnly]));
  assert.deepEqual(
    gradesIn(one).map(([grade]) => grade),
    ['certain', 'certain'],
  );
  assert.deepEqual((await told(await ask(person('Sure', 'Tom'), [certainOnly]))).total, 0);
  const [record] = one.entry ?? [];
  await server.stewardship.unlink(record?.resource.id ?? '', { by: 'steward', why: 'two people' });
  assert.deepEqual((await told(await ask(person('Sure', 'Ida'), [certainOnly]))).total, 0);
});

test('K21: too little to ask by is refused, and so is what is not understood', async () => {
  const { birthDate: _, ...nameOnly } = person('Best', 'Ada');
  const refused = await refusal(await ask(nameOnly));
  assert.deepEqual(refused.slice(0, 3), [422, 'error', 'business-rule']);
  assert.match(String(refused[3]), /at least 2 of/);
  assert.equal((await ask({ ...nameOnly, birthDate: '1958' })).status, 422);
  for (const more of [
    { name: 'count', valueInteger: 0 },
    { name: 'other', valueString: 'x' },
    { name: 'onlyCertainMatches', valueString: 'yes' },
  ])
    assert.equal((await ask(person('Best', 'Ada'), [more])).status, 400, more.name);
  assert.equal((await ask({ resourceType: 'Observation' })).status, 400);
  assert.equal((await server.send('asker', '/Patient/$match')).status, 405);
});

test('K21: it needs the right to search patients, and shows only those who may be found', async () => {
  assert.equal((await ask(person('Best', 'Ada'), [], 'asker', 'system/Patient.r')).status, 403);
  assert.equal((await ask(person('Best', 'Ada'), [], 'asker', 'system/Observation.rs')).status, 403);
  const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };
  const hidden = { ...person('Best', 'Ada'), id: 'p1', meta: { security: [label] } };
  const three = [{ name: 'count', valueInteger: 3 }];
  const before = await (await ask(person('Best', 'Ada'), three)).text();
  await takeOver(home, [{ type: 'Patient', id: 'p1', body: JSON.stringify(hidden) }], server.taking);
  assert.equal(await (await ask(person('Best', 'Ada'), three)).text(), before);
  const certain = await told(await ask(person('Best', 'Ada'), [certainOnly]));
  assert.equal(certain.total, 2);
});

test('K21: a client asks so often a minute, counted over all processes: the last one is answered and the next is not', async () => {
  const client = 'eager';
  const statuses: number[] = [];
  const once = async (): Promise<void> => {
    statuses.push((await ask(person('Nobody', 'Eager'), [], client)).status);
  };
  // Within one minute of the clock, and from the other side of the wire at once.
  await server.pool.query('insert into identity_question values ($1, $2, $3)', [
    client,
    Math.floor(Date.now() / 60_000) + 1,
    perMinute - 2,
  ]);
  await Promise.all([once(), once(), once()]);
  assert.deepEqual(statuses.toSorted(), [200, 200, 429]);
  const throttled = await ask(person('Nobody', 'Eager'), [], client);
  assert.deepEqual([throttled.status, Number(throttled.headers.get('retry-after')) > 0], [429, true]);
  assert.equal((await ask(person('Nobody', 'Eager'), [], 'another')).status, 200);
});
