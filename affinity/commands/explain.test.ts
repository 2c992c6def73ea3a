/** `affinity explain` on a database that is there: what it says, what it records, what it refuses, and that it changes nothing. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addGrant } from '@affinity/authorization-server/grants.ts';
import { createPeople } from '@affinity/authorization-server/people.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { findCommand } from '../command-line.ts';
import { readConfig } from '../config.ts';

const base = 'http://localhost:4000/fhir';
const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
};
const observation = (id: string, patient: string, more: object = {}): Resource & { readonly id: string } => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'Something that only the record says' },
  subject: { reference: `Patient/${patient}` },
  ...more,
});
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES384' }] });
const yaml = `clients:
  - client_id: charts
    redirect_uris: ['http://localhost:4001/']
    scope: launch/patient patient/Patient.r patient/Observation.rs user/Observation.rs
  - client_id: registry
    grant_types: [client_credentials]
    token_endpoint_auth_method: private_key_jwt
    jwks: ${jwks}
    scope: system/Observation.rs
    affinity_records: [Patient/b]
    affinity_purposes: [HRESCH]
  - client_id: any
    redirect_uris: ['http://localhost:4001/']
`;

const domainOn = async (t: { after(work: () => Promise<void>): void }) => {
  const { pool, url } = await testDatabase(t);
  const directory = mkdtempSync(join(tmpdir(), 'affinity-explain-'));
  t.after(async () => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'affinity.yaml'), yaml);
  const read = readConfig({ DATABASE_URL: url, AFFINITY_DEMO: 'off' }, directory);
  const config = read.kind === 'config' ? read.config : assert.fail(JSON.stringify(read.faults));
  const shared = createSharedConnection({ url, onError: () => {} });
  const backend = createBackend({ pool, shared, ownBases: [base] });
  const stored = [
    ...['a', 'b'].map((id) => ({ resourceType: 'Patient', id })),
    observation('lab', 'a'),
    observation('secret', 'a', restricted),
    observation('other', 'b'),
  ];
  for (const resource of stored) {
    const content = { resource, json: JSON.stringify(resource) };
    await backend.create({ type: resource.resourceType, id: resource.id, content });
  }
  await shared.close();
  const person = (username: string, fhirUser: string, patients: readonly string[]) =>
    createPeople(pool).add({
      username,
      password: `${username}-password`,
      name: username,
      fhirUser,
      patients: patients.map((patient) => ({ patient, relation: 'self' })),
    });
  const { sub } = await person('ana', 'Patient/a', ['a']);
  await person('doctor', 'Practitioner/d', []);
  await createPeople(pool).set('doctor', { emergency: true }, new Date());
  const { sub: both } = await person('carla', 'Patient/b', ['a', 'b']);
  const explain = async (...args: readonly string[]): Promise<readonly [code: number, printed: string]> => {
    const printed: string[] = [];
    const input = { config, args, log: () => {}, print: (text: string) => void printed.push(text) };
    return [(await findCommand('explain')?.run(input)) ?? assert.fail(), printed.join('\n')];
  };
  const recorded = async (): Promise<readonly Record<string, unknown>[]> => {
    const { rows } = await pool.query<{ text: string }>(
      'select records::text as text from audit_segment order by written',
    );
    return rows.flatMap(({ text }) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    );
  };
  return { pool, explain, recorded, sub, both };
};

const ana = ['--person', 'ana', '--client', 'charts'];

test('what a request of a person by an app would come to, rule by rule; the question is recorded', async (t) => {
  const { explain, recorded, sub } = await domainOn(t);
  const [code, text] = await explain(...ana, 'GET', '/fhir/Observation?category=laboratory');
  assert.equal(code, 0, text);
  for (const part of [
    'GET /Observation?category=laboratory',
    'is in the record of patient a and in nobody else’s',
    'is not more confidential than N (normal)',
    'PATRQT (the patient’s own wish)',
    'As if the person had just allowed',
    '200: The search is answered',
  ])
    assert.ok(text.includes(part), `${part} in ${text}`);
  assert.doesNotMatch(text, /only the record says|not-given-yet/);
  const records = await recorded();
  assert.equal(records.length, 1);
  const [record] = records;
  assert.deepEqual(
    [record?.event, record?.source, record?.target, record?.query, record?.method, record?.patients],
    ['decision-explained', 'command-line', 'Observation', 'category=laboratory', 'GET', undefined],
  );
  assert.equal(record?.reason, `for the person ${sub}, with the app charts`);
});

test('whose record it would be: the one that the address names, where the person could choose', async (t) => {
  const { explain } = await domainOn(t);
  for (const address of ['/fhir/Observation?patient=b', '/fhir/Observation?subject=Patient/b', '/fhir/Patient/b']) {
    const [code, text] = await explain('--person', 'carla', '--client', 'charts', 'GET', address);
    assert.equal(code, 0, text);
    assert.match(text, /The record in context +Patient\/b/);
  }
  assert.equal(
    (await explain('--person', 'carla', '--client', 'charts', 'GET', '/fhir/Observation?patient=a,b'))[0],
    1,
  );
});

test('a denial says which scope would have been enough', async (t) => {
  const { explain } = await domainOn(t);
  const [code, text] = await explain(...ana, '--json', 'DELETE', '/fhir/Observation/lab');
  assert.equal(code, 0, text);
  const { end, notes } = JSON.parse(text);
  assert.deepEqual([end.status, end.rule, end.neededScope], [403, 'scope', 'patient/Observation.d']);
  assert.equal(notes.length, 1);
});

test('one record: which rule hides it, without a word of what it holds; the patient’s log is told', async (t) => {
  const { explain, recorded } = await domainOn(t);
  const search = ['GET', '/fhir/Observation'];
  const [, secret] = await explain(...ana, '--record', 'Observation/secret', ...search);
  assert.match(secret, /The record Observation\/secret\n {2}It is hidden/);
  assert.match(secret, /label +does not let it through because it is more confidential than N \(normal\)/);
  assert.doesNotMatch(secret, /only the record says/);
  const [, other] = await explain(...ana, '--record', 'Observation/other', ...search);
  assert.match(other, /scope +does not let it through because it is not in the record of patient a/);
  const [, shown] = await explain(...ana, '--record', 'Observation/lab', ...search);
  assert.match(shown, /All rules let it through/);
  const [, none] = await explain(...ana, '--record', 'Observation/none', ...search);
  assert.match(none, /There is no such record/);
  const records = await recorded();
  assert.deepEqual(
    records.map(({ patients, confidentiality }) => [patients, confidentiality]),
    [
      [['a'], 'R'],
      [['b'], undefined],
      [['a'], undefined],
      [undefined, undefined],
    ],
  );
});

test('a service that asks for itself reaches what was agreed with it', async (t) => {
  const { explain } = await domainOn(t);
  const [code, text] = await explain('--client', 'registry', '--record', 'Observation/lab', 'GET', '/fhir/Observation');
  assert.equal(code, 0, text);
  assert.match(text, /Records agreed for the service +b\n/);
  assert.match(text, /scope +does not let it through because it is not in the record of patient b/);
  assert.match(text, /none: the service asks for itself/);
  assert.match(text, /Purpose +HRESCH \(research\)\n/, 'what its tokens say by themselves');
  assert.doesNotMatch(text, /As if the person/);
});

test('E74: an emergency is explained as it would be declared: for one patient, to look, whatever is confidential', async (t) => {
  const { explain } = await domainOn(t);
  const declared = ['--person', 'doctor', '--client', 'charts', '--scope', 'user/Observation.rs', '--purpose', 'BTG'];
  const [code, text] = await explain(
    ...declared,
    '--record',
    'Observation/secret',
    'GET',
    '/fhir/Observation?patient=a',
  );
  assert.equal(code, 0, text);
  assert.match(text, /All rules let it through/);
  assert.match(text, /What the app was granted +patient\/Observation\.rs/);
  assert.match(text, /up to V/);
  const [, other] = await explain(
    ...declared,
    '--patient',
    'a',
    '--record',
    'Observation/other',
    'GET',
    '/fhir/Observation',
  );
  assert.match(other, /It is hidden/);
  assert.match((await explain(...declared, 'GET', '/fhir/Observation'))[1], /declared for one patient: say for whom/);
});

test('a grant speaks for itself: one without its Consent is over', async (t) => {
  const { pool, explain, sub, both } = await domainOn(t);
  const at = Date.now();
  const grant = (of: string) =>
    transaction(pool, (db) =>
      addGrant(db, {
        sub: of,
        clientId: 'charts',
        audience: base,
        requestedScope: 'patient/Observation.rs',
        scope: 'patient/Observation.rs',
        patient: 'a',
        lasting: false,
        createdAt: new Date(at),
        expiresAt: new Date(at + 600_000),
      }),
    );
  const own = await grant(sub);
  const [code, text] = await explain(...ana, '--grant', own.id, 'GET', '/fhir/Observation');
  assert.equal(code, 0, text);
  assert.match(text, /401: The token is not taken.*\n {2}Denied by the rule grant: the grant has ended/);
  const others = await grant(both);
  assert.match(
    (await explain(...ana, '--grant', others.id, 'GET', '/fhir/Observation'))[1],
    /of another person or another app/,
  );
  const [missing, why] = await explain(...ana, '--grant', 'none', 'GET', '/fhir/Observation');
  assert.deepEqual([missing, /no grant "none" in force/.test(why)], [1, true]);
});

test('what cannot be explained is said in words, with exit code 1; a wrong call with 2; nothing is recorded', async (t) => {
  const { explain, recorded } = await domainOn(t);
  const get = ['GET', '/fhir/Observation'];
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['--client', 'nothing', '--person', 'ana', ...get], /no app "nothing"/],
    [['--client', 'charts', '--person', 'nobody', ...get], /Nobody signs in as "nobody"/],
    [['--client', 'charts', ...get], /no backend service/],
    [['--client', 'any', '--person', 'ana', ...get], /Say what the app asks for/],
    [['--client', 'charts', '--person', 'carla', ...get], /say whose it would be, such as/],
    [[...ana, '--patient', 'a b', ...get], /not the id of a Patient/],
    [[...ana, '--record', 'Observation', ...get], /named as Type\/id/],
    [[...ana, '--clearance', 'X', ...get], /N, R or V/],
    [[...ana, '--purpose', 'FUN', ...get], /a code of v3-ActReason, such as TREAT/],
    [['--client', 'registry', '--purpose', 'FUN', ...get], /a code of v3-ActReason, such as TREAT/],
    [[...ana, '--scope', 'patient/Condition.rs', ...get], /given no token/],
    [[...ana, 'POST', '/fhir'], /each of its entries/],
    [[...ana, 'GET', '/fhir/Observation?_cursor=x'], /next page/],
  ];
  for (const [args, why] of refused) {
    const [code, text] = await explain(...args);
    assert.equal(code, 1, text);
    assert.match(text, why);
  }
  for (const args of [
    [],
    ['GET', '/x'],
    ['--client', 'charts', 'GET'],
    ['--client', 'charts', 'LOOK', '/x'],
    ['--colour', 'red'],
  ])
    assert.equal((await explain(...args))[0], 2, args.join(' '));
  assert.deepEqual(await recorded(), []);
});

test('nothing in the database is changed but the audit log', async (t) => {
  const { pool, explain } = await domainOn(t);
  const digest = async (): Promise<unknown> =>
    (
      await pool.query(`select (select count(*) from resource) as resources, (select max(version) from resource) as version,
        (select count(*) from authorization_grant) as grants`)
    ).rows;
  const before = await digest();
  for (const request of [
    ['DELETE', '/fhir/Observation/lab'],
    ['PUT', '/fhir/Observation/lab'],
    ['POST', '/fhir/Observation'],
    ['GET', '/fhir/Patient/a/$everything'],
  ])
    assert.equal((await explain(...ana, '--scope', 'patient/Observation.rs patient/Patient.r', ...request))[0], 0);
  assert.deepEqual(await digest(), before);
});
