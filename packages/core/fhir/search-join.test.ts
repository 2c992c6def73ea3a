import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchParametersOf } from './search-parameter.ts';
import { parseSearch } from './search-parse.ts';
import type { SearchCapability, SearchSettings } from './search-settings.ts';

const capabilityOf = (type: string): SearchCapability => ({
  searchParams: searchParametersOf(type).map(({ code, type, definition }) => ({ name: code, type, definition })),
  sort: [],
});
const parse = (type: string, text: string, more: Partial<SearchSettings> = {}) =>
  parseSearch(type, new URLSearchParams(text), {
    handling: 'lenient',
    defaultCount: 20,
    maxCount: 100,
    maxValues: 3,
    maxClauses: 20,
    ownBases: [],
    capability: capabilityOf(type),
    capabilityOf,
    now: Date.parse('2026-01-01'),
    ...more,
  });
const joins = (type: string, text: string, more?: Partial<SearchSettings>) => {
  const parsed = parse(type, text, more);
  assert.ok(parsed.kind === 'query', `${text}: ${JSON.stringify(parsed)}`);
  assert.deepEqual(parsed.ignored, []);
  return parsed.query.joins;
};
const refused = (type: string, text: string, more?: Partial<SearchSettings>) => {
  const parsed = parse(type, text, more);
  assert.ok(parsed.kind === 'fault', `${text} was understood`);
  return parsed.code;
};
const string = (param: string, text: string) => ({ param, values: [{ kind: 'string', text }] });
const token = (param: string, code: string) => ({ param, values: [{ kind: 'token', code }] });

test('a chain leads to each type that may be meant and knows the parameter (N16)', () => {
  assert.deepEqual(joins('Observation', 'subject:Patient.name=x'), [
    { kind: 'chain', param: 'subject', targets: [{ type: 'Patient', clauses: [string('name', 'x')] }] },
  ]);
  const [wide] = joins('Observation', 'subject.identifier=x') ?? [];
  assert.ok(wide?.kind === 'chain');
  assert.deepEqual(
    wide.targets.map(({ type }) => type),
    ['Group', 'Device', 'Patient', 'Location'],
  );
  const [some] = joins('Observation', 'subject.birthdate=2000') ?? [];
  assert.ok(some?.kind === 'chain');
  assert.deepEqual(
    some.targets.map(({ type }) => type),
    ['Patient'],
  );
});

test('subject:identifier and subject.identifier are two searches (K02)', () => {
  for (const chain of ['subject:Patient.identifier', 'patient.identifier']) {
    const [param = ''] = chain.split(/[:.]/);
    assert.deepEqual(joins('Observation', `${chain}=PRP1660`), [
      { kind: 'chain', param, targets: [{ type: 'Patient', clauses: [token('identifier', 'PRP1660')] }] },
    ]);
  }
  assert.equal(joins('Observation', 'subject:identifier=PRP1660'), undefined);
  assert.equal(refused('Observation', 'subject:identifier.name=x'), 'not-supported');
});

test('chains go on, and end in any parameter with its modifier', () => {
  assert.deepEqual(joins('Observation', 'subject:Patient.organization.name:exact=x'), [
    {
      kind: 'chain',
      param: 'subject',
      targets: [
        {
          type: 'Patient',
          clauses: [],
          joins: [
            {
              kind: 'chain',
              param: 'organization',
              targets: [{ type: 'Organization', clauses: [{ ...string('name', 'x'), modifier: 'exact' }] }],
            },
          ],
        },
      ],
    },
  ]);
  assert.equal(joins('Observation', 'patient._id=1&patient.birthdate=ge2000&patient.gender:not=male')?.length, 3);
});

test('_has asks who points here, nested and with a chain (N19)', () => {
  const observed = { type: 'Observation', clauses: [token('code', 'x')] };
  assert.deepEqual(joins('Patient', '_has:Observation:patient:code=x'), [
    { kind: 'has', param: 'patient', source: observed },
  ]);
  assert.deepEqual(joins('Patient', '_has:Encounter:patient:_has:Observation:encounter:code=x'), [
    {
      kind: 'has',
      param: 'patient',
      source: { type: 'Encounter', clauses: [], joins: [{ kind: 'has', param: 'encounter', source: observed }] },
    },
  ]);
  assert.deepEqual(joins('Patient', '_has:Observation:patient:encounter.class=x'), [
    {
      kind: 'has',
      param: 'patient',
      source: {
        type: 'Observation',
        clauses: [],
        joins: [
          { kind: 'chain', param: 'encounter', targets: [{ type: 'Encounter', clauses: [token('class', 'x')] }] },
        ],
      },
    },
  ]);
});

test('what is not understood on the way is refused, also when lenient (N16)', () => {
  for (const text of [
    'subject.nonsense=x',
    'nonsense.name=x',
    'subject:Practitioner.name=x',
    'subject:Nonsense.name=x',
    'subject:Patient:Group.name=x',
    'code.name=x',
    '.name=x',
    'subject.=x',
    'subject:Patient.name:nonsense=x',
    '_has=x',
    '_has:Observation=x',
    '_has:Observation:patient=x',
    '_has:Observation:patient:=x',
    '_has:Nonsense:patient:code=x',
    '_has:Observation:nonsense:code=x',
    '_has:Observation:code:code=x',
    '_has:Observation:patient:nonsense=x',
    '_has:Observation:patient:code:nonsense=x',
    '_has:Observation:patient:code=x',
    '_hasty=x',
  ])
    assert.match(refused('Observation', text), /^(not-supported|invalid)$/, text);
  assert.equal(refused('Observation', 'subject:Patient.birthdate=x'), 'invalid');
});

test('a parameter that has a dot in its name is no chain', () => {
  const parsed = parse('AuditEvent', 'patient.identifier=s%7CPRP1660');
  assert.ok(parsed.kind === 'query');
  assert.deepEqual(parsed.query.clauses, [
    { param: 'patient.identifier', values: [{ kind: 'token', system: 's', code: 'PRP1660' }] },
  ]);
  assert.equal(parsed.query.joins, undefined);
});

test('a hop leads only to types that are offered', () => {
  const only = (...types: string[]) => ({
    capabilityOf: (type: string) => (types.includes(type) ? capabilityOf(type) : undefined),
  });
  const [join] = joins('Observation', 'subject.identifier=x', only('Group')) ?? [];
  assert.deepEqual(join?.kind === 'chain' ? join.targets.map(({ type }) => type) : join, ['Group']);
  assert.equal(refused('Observation', 'subject.identifier=x', only('Practitioner')), 'not-supported');
  assert.equal(refused('Patient', '_has:Observation:patient:code=x', only('Patient')), 'not-supported');
});

test('depth, number and breadth are limited, at the limit and past it (Q27)', () => {
  assert.equal(joins('Observation', 'encounter.patient.organization.name=x')?.length, 1);
  assert.equal(refused('Observation', 'encounter.patient.organization.partof.name=x'), 'too-costly');
  assert.equal(refused('Observation', 'patient.organization.name=x', { maxChainDepth: 1 }), 'too-costly');
  const nested = '_has:Encounter:patient:_has:Observation:encounter:';
  assert.equal(joins('Patient', `${nested}code=x`)?.length, 1);
  assert.equal(refused('Patient', `${nested}_has:Observation:derived-from:code=x`), 'too-costly');
  assert.equal(refused('Patient', `${nested}code=x`, { maxHasDepth: 1 }), 'too-costly');
  const many = (count: number) => Array.from({ length: count }, (_, i) => `patient.name=x${i}`).join('&');
  assert.equal(joins('Observation', many(4))?.length, 4);
  assert.equal(refused('Observation', many(5)), 'too-costly');
  assert.equal(joins('Observation', many(5), { maxJoins: 5 })?.length, 5);
  assert.equal(joins('Observation', 'subject.identifier=x', { maxChainTargets: 4 })?.length, 1);
  assert.equal(refused('Observation', 'subject.identifier=x', { maxChainTargets: 3 }), 'too-costly');
  assert.equal(refused('Observation', 'focus.identifier=x'), 'too-costly');
  assert.equal(joins('Observation', 'focus:Patient.identifier=x')?.length, 1);
  assert.equal(refused('Observation', 'focus.focus.focus.code=x'), 'too-costly');
  assert.equal(refused('Basic', 'subject.subject.subject.nonsense=x'), 'too-costly');
});
