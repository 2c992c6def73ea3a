/** Which servers hold what of a person, and that nothing else is told. IHE MHD, security considerations. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { callerOf, gathering, locatorBase, principalOf } from '../testing/gathering.ts';
import { type Held, indexOf, startSource, tokenForEach } from '../testing/sources.ts';
import type { Caller, TokenFor } from './asking.ts';

const database = testDatabase();
after(async () => (await database).close());

const held = (resourceType: string, id: string, of: string, date: string): Held => ({
  resourceType,
  id,
  subject: { reference: `Patient/${of}` },
  ...(resourceType === 'Observation' ? { effectiveDateTime: date } : { date }),
});

interface Part {
  readonly name: string;
  readonly part?: readonly Part[];
  readonly resource?: { readonly issue: readonly { readonly diagnostics: string }[] };
  readonly valueReference?: { readonly reference: string };
  readonly [value: string]: unknown;
}

const open = async (t: TestContext, tokenFor: TokenFor = tokenForEach) => {
  const clinic = await startSource(t, 'Clinic', [
    held('Observation', 'o1', 'p1', '2026-01-01'),
    held('Observation', 'o2', 'p1', '2026-03-01'),
    held('DocumentReference', 'd1', 'p1', '2026-02-01T10:00:00Z'),
  ]);
  const hospital = await startSource(t, 'City Hospital', [
    held('DocumentReference', 'd7', 'h1', '2025-12-01T10:00:00Z'),
  ]);
  const quiet = await startSource(t, 'Lakeside Centre', [held('Observation', 'secret', 'q1', '2026-05-01')]);
  const sources = [clinic.source, hospital.source, { ...quiet.source, confidentiality: 'R' as const }];
  const index = indexOf({ ana: { [clinic.base]: 'p1', [hospital.base]: 'h1', [quiet.base]: 'q1' } });
  const { pool } = await database;
  const { locate } = gathering({ pool, sources, index, tokenFor });
  const ask = async (pairs: readonly (readonly [string, string])[], caller: Caller = callerOf(), id?: string) => {
    const answer = await locate(caller, id, pairs);
    if (answer instanceof FhirError) return answer.status;
    const { parameter } = JSON.parse(answer.json) as { parameter: readonly Part[] };
    return parameter;
  };
  return { clinic, hospital, quiet, ask };
};

const locations = (answer: number | readonly Part[]) =>
  (typeof answer === 'number' ? [] : answer).flatMap(({ name, part = [] }) =>
    name === 'location'
      ? [
          [
            part.find((one) => one.name === 'title')?.valueString,
            part
              .find((one) => one.name === 'patient')
              ?.valueReference?.reference.split('/')
              .at(-1),
            ...part.flatMap(({ name: of, part: its = [] }) =>
              of === 'holding'
                ? [its.map((one) => one.valueCode ?? one.valueUnsignedInt ?? one.valueDateTime).join(' ')]
                : [],
            ),
          ],
        ]
      : [],
  );

const everywhere = [
  ['Clinic', 'p1', 'DocumentReference 1 2026-02-01T10:00:00Z', 'Observation 2 2026-03-01'],
  ['City Hospital', 'h1', 'DocumentReference 1 2025-12-01T10:00:00Z'],
];

test('L07, L08: by id, by any identifier or by the id at one server: where it is, how much, and of when', async (t) => {
  const { ask, clinic, hospital } = await open(t);
  assert.deepEqual(locations(await ask([], callerOf(), 'ana')), everywhere);
  for (const pairs of [
    [['identifier', 'urn:mrn|ana']],
    [['patient', `${clinic.base}/Patient/p1`]],
    [['patient', `${hospital.base}/Patient/h1`]],
    [['patient', 'ana']],
    [['patient', `${locatorBase}/Patient/ana`]],
  ] as const)
    assert.deepEqual(locations(await ask(pairs)), everywhere, pairs[0][1]);
  assert.deepEqual(
    locations(
      await ask([
        ['patient', 'ana'],
        ['_type', 'Observation'],
      ]),
    ),
    [['Clinic', 'p1', 'Observation 2 2026-03-01']],
  );
  for (const wrong of [
    [],
    [
      ['patient', 'ana'],
      ['identifier', 'urn:mrn|ana'],
    ],
    [['identifier', 'ana']],
    [['other', 'x']],
  ] as const)
    assert.equal(await ask(wrong as readonly (readonly [string, string])[]), 400);
});

test('L07: a place that is confidential by itself is neither listed nor asked, nor named when it fails', async (t) => {
  const { ask, quiet } = await open(t);
  quiet.instead = () => true;
  assert.deepEqual(locations(await ask([['patient', 'ana']])), everywhere);
  assert.equal(quiet.heard.length, 0);
  quiet.instead = undefined;
  const cleared = callerOf({ principal: principalOf('user/Observation.rs', { clearance: 'R' }) });
  assert.deepEqual(locations(await ask([['patient', 'ana']], cleared)).at(-1), [
    'Lakeside Centre',
    'q1',
    'Observation 1 2026-05-01',
  ]);
});

test('L15, L07: where everything is kept back, nothing is told: opted out, labelled, unknown and no such person are one answer', async (t) => {
  const { ask, clinic, hospital } = await open(t);
  // What a server keeps back it does not give the locator either: it counts nothing.
  clinic.records = [];
  hospital.instead = (_request, response) => {
    response.writeHead(403, { 'content-type': 'application/fhir+json' }).end('{}');
    return true;
  };
  const hidden = await ask([['patient', 'ana']]);
  assert.deepEqual(hidden, []);
  for (const pairs of [
    [['patient', 'nobody']],
    [['identifier', 'urn:mrn|nobody']],
    [['identifier', 'urn:unknown|1']],
    [['patient', 'https://elsewhere.example/fhir/Patient/1']],
    [['patient', `${clinic.base}/Patient/nobody`]],
  ] as const)
    assert.deepEqual(await ask(pairs), hidden, pairs[0][1]);
});

test('L09, L11: where the issuer gives the caller no token there is nothing; where nobody can be asked it is said', async (t) => {
  const refused = await open(t, async () => ({ kind: 'refused' }));
  assert.deepEqual(await refused.ask([['patient', 'ana']]), []);
  const failed = await open(t, async () => ({ kind: 'failed' }));
  const answer = await failed.ask([['patient', 'ana']]);
  const [{ resource } = assert.fail()] = typeof answer === 'number' ? [] : answer;
  assert.deepEqual(
    resource?.issue.map(({ diagnostics }) => diagnostics.split(':')[0]),
    ['Clinic could not be asked for you now', 'City Hospital could not be asked for you now'],
  );
});
