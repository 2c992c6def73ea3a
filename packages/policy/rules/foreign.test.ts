/** A caller of another domain: one patient whom both know, or what was agreed with its service; never what our people have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { decide, permitsContent } from '../decide.ts';
import type { Intent } from '../decision.ts';
import type { DecisionFacts } from '../facts.ts';
import { factsOfWorld, scopeOf } from '../testing/arbitrary-question.ts';
import { unsaid } from '../testing/whole-facts.ts';

const issuer = 'https://lab.example/auth';
const foreign = (scopes: string, more: Partial<Principal> = {}): Principal => ({
  ...{ clientId: `${issuer} viewer`, tokenId: 't', foreign: { issuer, subject: 'user-9' } },
  scopes: scopes.split(' ').map(scopeOf),
  ...more,
});
const consents: DecisionFacts['consents'] = { implicit: 'permit', byPatient: new Map(), covers: 'everybody' };
/** Everything that somebody of ours could have. */
const generous: DecisionFacts = {
  ...{ now: 0, patientsOf: ['a', 'b'], caredFor: ['a', 'b'], actors: ['Practitioner/1'], wholeServer: true },
  ...{ auditor: true, emergency: true, relabel: true, consents },
};
const seen = (
  who: Principal,
  facts: DecisionFacts = generous,
  { type = 'Observation', confidentiality = 'N' }: { type?: string; confidentiality?: 'N' | 'R' } = {},
  kind: 'read' | 'update' = 'read',
) =>
  ['a', 'b', 'c'].filter((owner) => {
    const resource = factsOfWorld({ type: 'Observation', owners: [owner], categories: [], confidentiality });
    const interaction: Intent = { kind, type, id: '1' };
    const decision = decide({ principal: who, interaction, facts });
    return decision.kind === 'permit' && permitsContent(decision, { ...resource, type });
  });

test('E31: a foreign caller reaches the patient in context and nobody else, up to normal records', () => {
  assert.deepEqual(seen(foreign('patient/*.rs', { patient: 'a' })), ['a']);
  assert.deepEqual(seen(foreign('patient/*.rs')), []);
  assert.deepEqual(seen(foreign('user/*.rs', { patient: 'a' })), []);
  assert.deepEqual(seen(foreign('system/*.rs', { patient: 'a' })), []);
  assert.deepEqual(
    seen(foreign('patient/*.rs', { patient: 'a', clearance: 'V' }), generous, { confidentiality: 'R' }),
    [],
  );
  assert.deepEqual(seen(foreign('patient/*.rs', { patient: 'a', purposes: ['BTG'] })), []);
});

test('E32: a foreign service reaches what was agreed, and without an agreement nothing', () => {
  const service = foreign('system/*.rs', { service: true });
  assert.deepEqual(seen(service), []);
  assert.deepEqual(seen(service, { ...generous, service: { records: ['b'], clearance: 'N' } }), ['b']);
});

test('nobody of another domain reads the audit log, however wide their scopes', () => {
  const agreed: DecisionFacts = { ...generous, service: { records: 'all', clearance: 'N' } };
  for (const who of [
    foreign('system/*.cruds', { service: true }),
    foreign('patient/*.cruds', { patient: 'a' }),
    foreign('user/*.cruds', { patient: 'a' }),
  ])
    assert.deepEqual(seen(who, agreed, { type: 'AuditEvent' }), []);
});

test('nobody of another domain writes a Consent, by which patients say what it may have', () => {
  const agreed: DecisionFacts = { ...generous, service: { records: 'all', clearance: 'N' } };
  const consent = { type: 'Consent' };
  const app = foreign('patient/*.cruds', { patient: 'a' });
  assert.deepEqual([seen(app, agreed, consent), seen(app, agreed, {}, 'update')], [['a'], ['a']]);
  assert.deepEqual(seen(app, agreed, consent, 'update'), []);
  assert.deepEqual(seen(foreign('system/*.cruds', { service: true }), agreed, consent, 'update'), []);
});

test('what the patient refused at home, or refused a client of theirs, is refused to them', () => {
  const who = foreign('patient/*.rs', { patient: 'a' });
  const refusing = (actors: readonly object[]): DecisionFacts => ({
    ...generous,
    consents: {
      implicit: 'permit',
      covers: new Set(['a']),
      byPatient: new Map([
        [
          'a',
          {
            faulty: false,
            consents: [
              {
                ...{ id: 'c', given: 0, grantors: [] },
                provision: {
                  ...{ ...unsaid, type: 'permit' },
                  provisions: [{ ...unsaid, type: 'deny', actors, provisions: [] }],
                },
              },
            ],
          },
        ],
      ]),
    } as DecisionFacts['consents'] & object,
  });
  const client = (value: string) => ({ roles: [], identifier: { system: 'urn:affinity:client', value } });
  assert.deepEqual(seen(who, refusing([])), []);
  assert.deepEqual(seen(who, refusing([client(`${issuer} viewer`)])), []);
  assert.deepEqual(seen(who, refusing([client('viewer')])), ['a'], 'a client of ours with the same name is another');
  assert.deepEqual(seen(who, { ...generous, consents: { ...consents, covers: new Set(['b']) } }), [], 'not looked up');
});
