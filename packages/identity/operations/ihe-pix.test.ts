/** Under which numbers a person is known: with the exact answers of PIXm ITI-83, and none about what is hidden. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { takeOver } from '../feeds/take-over.ts';
import {
  base,
  blue,
  home,
  type IdentityServer,
  openIdentityServer,
  red,
  refusal,
  told,
} from '../testing/identity-server.ts';

let server: IdentityServer;
const work: (() => Promise<void>)[] = [];
before(async () => {
  server = await openIdentityServer({ after: (end) => void work.push(end) });
});
test.after(async () => {
  for (const end of work.reverse()) await end();
});

const ask = (query: string, scope?: string): Promise<Response> =>
  server.send('asker', `/Patient/$ihe-pix?${query}`, {}, scope);
const source = (system: string, value: string): string =>
  `sourceIdentifier=${encodeURIComponent(`${system}|${value}`)}`;
const numbersIn = async (response: Response): Promise<readonly string[]> =>
  ((await told(response)).parameter ?? []).flatMap(({ valueIdentifier }) =>
    valueIdentifier === undefined ? [] : [`${valueIdentifier.system}|${valueIdentifier.value}`],
  );

test('K30: the other numbers of a person at once after the feed, without the one that was asked by', async () => {
  assert.equal((await server.feed('red', red, 'r1')).status, 201);
  assert.equal((await server.feed('blue', blue, 'b1')).status, 201);
  const answer = await ask(source(red, 'r1'));
  assert.equal(answer.status, 200);
  const { resourceType, parameter = [] } = await told(answer);
  assert.equal(resourceType, 'Parameters');
  const numbers = parameter.filter(({ name }) => name === 'targetIdentifier');
  assert.deepEqual(
    numbers.map(({ valueIdentifier }) => valueIdentifier),
    [{ system: blue, value: 'b1' }],
  );
  const ids = parameter.filter(({ name }) => name === 'targetId');
  assert.equal(ids.length, 2);
  assert.ok(ids.every(({ valueReference }) => valueReference?.reference.startsWith(`${base}/Patient/`)));
  assert.deepEqual(await numbersIn(await ask(`${source(red, 'r1')}&targetSystem=${blue}`)), [`${blue}|b1`]);
  assert.deepEqual(await numbersIn(await ask(`${source(red, 'r1')}&targetSystem=${red}`)), []);
  // By POST, and as XML.
  const parameters = {
    resourceType: 'Parameters',
    parameter: [{ name: 'sourceIdentifier', valueString: `${red}|r1` }],
  };
  const posted = await server.send('asker', '/Patient/$ihe-pix', { method: 'POST', ...server.json(parameters) });
  assert.deepEqual(await numbersIn(posted), [`${blue}|b1`]);
  const xml = await ask(`${source(red, 'r1')}&_format=xml`);
  assert.match(await xml.text(), /^<\?xml[^>]*>\s*<Parameters|^<Parameters/);
  assert.deepEqual(server.clinic.audit.at(-1)?.patients?.length, 2);
});

test('K30: a number that is not known is 404, a domain that is not known 400, a target that is not known 403', async () => {
  await server.feed('red', red, 'r2', { name: [{ family: 'Other', given: ['Ann'] }] });
  assert.deepEqual(await refusal(await ask(source(red, 'never'))), [
    404,
    'error',
    'not-found',
    'sourceIdentifier Patient Identifier not found',
  ]);
  assert.deepEqual(await refusal(await ask(source('urn:never', 'r2'))), [
    400,
    'error',
    'code-invalid',
    'sourceIdentifier Assigning Authority not found',
  ]);
  const unknown = await ask(`${source(red, 'r2')}&targetSystem=${blue}&targetSystem=urn:never`);
  assert.deepEqual(await refusal(unknown), [403, 'error', 'code-invalid', 'targetSystem not found']);
  for (const bad of ['', 'sourceIdentifier=r2', `sourceIdentifier=${red}|`, `sourceIdentifier=|r2`])
    assert.equal((await ask(bad)).status, 400, bad);
  assert.equal((await ask(`${source(red, 'r2')}&${source(red, 'r1')}`)).status, 400);
  assert.equal((await ask(source(red, 'r2'), 'system/Patient.r')).status, 403);
  assert.equal((await server.clinic.send(`/Patient/$ihe-pix?${source(red, 'r2')}`)).status, 401);
});

test('K30, K32: after a merge the old and the new number have one answer, and the number that was given up is in none', async () => {
  const name = [{ family: 'Merged', given: ['May'] }];
  await server.feed('red', red, 'new', { name });
  await server.feed('red', red, 'old', { name: [{ family: 'Maiden', given: ['May'] }] });
  await server.feed('blue', blue, 'b-new', { name });
  assert.equal((await ask(source(red, 'old'))).status, 200);
  const link = [{ other: { identifier: { system: red, value: 'new' } }, type: 'replaced-by' }];
  assert.equal((await server.feed('red', red, 'old', { name, active: false, link })).status, 200);
  assert.deepEqual(
    (await numbersIn(await ask(source(red, 'old')))).toSorted(),
    [`${red}|new`, `${blue}|b-new`].toSorted(),
  );
  assert.deepEqual(await numbersIn(await ask(source(red, 'new'))), [`${blue}|b-new`]);
  assert.deepEqual(await numbersIn(await ask(source(blue, 'b-new'))), [`${red}|new`]);
  // Taken back, each has its own again.
  await server.feed('red', red, 'old', { name: [{ family: 'Maiden', given: ['May'] }] });
  assert.deepEqual(await numbersIn(await ask(source(red, 'old'))), []);
});

test('K30: a record that the caller may not see is not there: its numbers, its domain and its place are as unknown', async () => {
  const name = [{ family: 'Hidden', given: ['Hal'] }];
  const secret = 'urn:secret-clinic';
  const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };
  const fed = {
    ...{ resourceType: 'Patient', id: 'p1', meta: { security: [label] }, name, birthDate: '1958-01-30' },
    identifier: [{ system: secret, value: 's1' }],
  };
  await server.feed('red', red, 'r-hidden', { name });
  await takeOver(home, [{ type: 'Patient', id: 'p1', body: JSON.stringify(fed) }], server.taking);
  await server.settle();
  const person = await server.persons.personByIdentifier({ system: secret, value: 's1' });
  assert.equal(person, await server.persons.personByIdentifier({ system: red, value: 'r-hidden' }));
  const shown = await told(await ask(source(red, 'r-hidden')));
  assert.deepEqual(
    shown.parameter?.map(({ name: each }) => each),
    ['targetId'],
  );
  const never = await refusal(await ask(source('urn:never', 's1')));
  assert.deepEqual(await refusal(await ask(source(secret, 's1'))), never);
  const target = await refusal(await ask(`${source(red, 'r-hidden')}&targetSystem=urn:never`));
  assert.deepEqual(await refusal(await ask(`${source(red, 'r-hidden')}&targetSystem=${secret}`)), target);
  // By its id at the home it is as one that there never was.
  const absent = await refusal(await ask(source(home, 'Patient/never')));
  assert.deepEqual(await refusal(await ask(source(home, 'Patient/p1'))), absent);
  assert.equal(absent[0], 404);
  const open = { ...fed, meta: {}, id: 'p1' };
  await takeOver(home, [{ type: 'Patient', id: 'p1', body: JSON.stringify(open) }], server.taking);
  assert.deepEqual(
    await numbersIn(await ask(source(home, 'Patient/p1'))),
    [`${red}|r-hidden`, `${secret}|s1`].toSorted(),
  );
});
