import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidentialityLevels } from '@affinity/core/fhir/filter.ts';
import type { Interaction } from '@affinity/core/fhir/interaction.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { printScope } from '@affinity/core/smart/scope.ts';
import { speaksOf } from '@affinity/core/smart/scope-interaction.ts';
import fc from 'fast-check';
import { decide, permitsContent } from './decide.ts';
import type { DecisionFacts } from './facts.ts';
import {
  arbitraryFacts,
  arbitraryInteraction,
  arbitraryPrincipal,
  arbitraryResource,
  factsOfWorld,
  type WorldResource,
} from './testing/arbitrary-question.ts';
import { wholeFacts } from './testing/whole-facts.ts';

/** Whether a resource of the interaction's type can be in the answer. */
const visible = (principal: Principal, interaction: Interaction, facts: DecisionFacts, resource: WorldResource) => {
  const decision = decide({ principal, interaction, facts });
  return decision.kind === 'permit' && permitsContent(decision, factsOfWorld(resource));
};

const letterOf: Record<Interaction['kind'], string> = {
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  create: 'c',
  'history-type': 's',
  update: 'u',
  patch: 'u',
  delete: 'd',
  'search-type': 's',
};
const outside = ['Practitioner'];

/** The policy said a second time, from the words of the scopes, with nothing of the implementation. */
const oracle = (principal: Principal, interaction: Interaction, facts: DecisionFacts, resource: WorldResource) => {
  const level = (code: string) => 'ULMNRV'.indexOf(code);
  const cleared = principal.user === undefined ? facts.service?.clearance : principal.clearance;
  if (level(resource.confidentiality) > level(cleared ?? 'N')) return false;
  return principal.scopes.map(printScope).some((text) => {
    const [rights = '', query] = text.split('?');
    const [place, rest = ''] = rights.split('/');
    const [type, letters = ''] = rest.split('.');
    if ((type !== '*' && type !== resource.type) || !letters.includes(letterOf[interaction.kind])) return false;
    for (const pair of query === undefined ? [] : query.split('&')) {
      const [param, value = ''] = pair.split('=');
      if (param === 'subject' && !resource.owners.includes(value.slice('Patient/'.length))) return false;
      const wanted = value.split(',').map((each) => each.replace(/.*\|/, ''));
      if (param === 'category' && !wanted.some((code) => resource.categories.includes(code))) return false;
    }
    const own = (ids: readonly string[]) =>
      outside.includes(resource.type)
        ? ids.length > 0 && ['r', 's'].includes(letterOf[interaction.kind])
        : resource.owners.length === 1 && ids.includes(resource.owners[0] ?? '');
    const { patientsOf = [], caredFor = [] } = facts;
    if (place === 'patient') {
      const { user, patient = '' } = principal;
      return user !== undefined && [...patientsOf, ...caredFor].includes(patient) && own([patient]);
    }
    if (place === 'system') {
      const records = principal.service === true ? (facts.service?.records ?? []) : [];
      return records === 'all' || own(records);
    }
    const [kind, id = ''] = (principal.user === undefined ? '' : (principal.fhirUser ?? '')).split('/');
    if (kind === 'Patient') return id !== '' && own([id]);
    if (kind === 'Practitioner' && facts.wholeServer === true) return true;
    // Every resource of these worlds has the id 1.
    const ownEntry = kind === resource.type && id === '1' && ['r', 's'].includes(letterOf[interaction.kind]);
    if (kind === 'Practitioner') return ownEntry || own([...patientsOf, ...caredFor]);
    return kind === 'RelatedPerson' && own(patientsOf);
  });
};

const question = [arbitraryPrincipal, arbitraryInteraction, arbitraryFacts, arbitraryResource] as const;

test('a brute-force reading of the scopes lets through the same records', () => {
  fc.assert(
    fc.property(...question, (principal, interaction, given, { type: _, ...drawn }) => {
      const facts = { ...wholeFacts(principal), ...given };
      const resource = { ...drawn, type: interaction.type as WorldResource['type'] };
      const named = interaction.kind === 'search-type' && interaction.query.clauses.length > 0;
      const seen = visible(principal, interaction, facts, resource);
      const may = oracle(principal, interaction, facts, resource);
      // A search that names a category may be denied whole instead; it must never be answered with more.
      if (named) assert.ok(!seen || may);
      else assert.equal(seen, may);
    }),
    { numRuns: 20_000 },
  );
});

test('dropping a claim, a scope or a fact never yields more', () => {
  fc.assert(
    fc.property(...question, fc.nat(), (principal, interaction, given, { type: _, ...drawn }, which) => {
      const facts = { ...wholeFacts(principal), ...given };
      const resource = { ...drawn, type: interaction.type as WorldResource['type'] };
      const { user, fhirUser, patient, clearance, service, grant, ...rest } = principal;
      const claims = Object.entries({ user, fhirUser, patient, clearance, service, grant }).filter(
        ([, value]) => value !== undefined,
      );
      const kept = Object.fromEntries(claims.filter((_, at) => at !== which % Math.max(1, claims.length)));
      const scopes = principal.scopes.filter((_, at) => at !== which % Math.max(1, principal.scopes.length));
      const lesser: [Principal, DecisionFacts][] = [
        [{ ...rest, ...kept } as Principal, facts],
        [{ ...principal, scopes }, facts],
        [principal, {}],
        [principal, { ...facts, patientsOf: [] }],
        [principal, { ...facts, caredFor: [] }],
        [principal, { ...facts, wholeServer: false }],
        ...Object.keys(facts).map((dropped): [Principal, DecisionFacts] => [
          principal,
          Object.fromEntries(Object.entries(facts).filter(([name]) => name !== dropped)),
        ]),
      ];
      for (const [less, fewer] of lesser) {
        if (visible(less, interaction, fewer, resource)) assert.ok(visible(principal, interaction, facts, resource));
      }
    }),
    { numRuns: 20_000 },
  );
});

test('decide permits nothing that no scope speaks of, and nothing above the clearance', () => {
  fc.assert(
    fc.property(...question, (principal, interaction, given, resource) => {
      const facts = { ...wholeFacts(principal), ...given };
      const decision = decide({ principal, interaction, facts });
      if (!principal.scopes.some((scope) => speaksOf(scope, interaction))) {
        assert.ok(decision.kind === 'deny' && decision.status === 403);
        assert.ok(decision.neededScope !== undefined && speaksOf(decision.neededScope, interaction));
      } else if (visible(principal, interaction, facts, resource)) {
        const levels = confidentialityLevels;
        const cleared = principal.user === undefined ? facts.service?.clearance : principal.clearance;
        assert.ok(levels.indexOf(resource.confidentiality) <= levels.indexOf(cleared ?? 'N'));
      }
    }),
    { numRuns: 5000 },
  );
});
