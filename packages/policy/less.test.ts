import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidentialityLevels } from '@affinity/core/fhir/filter.ts';
import type { Interaction } from '@affinity/core/fhir/interaction.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import fc from 'fast-check';
import { decide, permitsContent } from './decide.ts';
import type { ConsentFacts, DecisionFacts } from './facts.ts';
import { lessened } from './testing/arbitrary-consent.ts';
import {
  arbitraryInteraction,
  arbitraryResource,
  factsOfWorld,
  type WorldResource,
} from './testing/arbitrary-question.ts';
import { arbitrarySituation, type Situation } from './testing/arbitrary-situation.ts';

const visible = ({ principal, facts }: Situation, interaction: Interaction, resource: WorldResource): boolean => {
  const decision = decide({ principal, interaction, facts });
  return decision.kind === 'permit' && permitsContent(decision, factsOfWorld(resource));
};

const withoutEach = <Thing extends object>(thing: Thing): readonly (readonly [string, Thing])[] =>
  Object.keys(thing).map((dropped) => [
    dropped,
    Object.fromEntries(Object.entries(thing).filter(([name]) => name !== dropped)) as Thing,
  ]);

/**
 * An emergency is a claim that narrows too: it leaves nothing but to read one record. So a token for one, as the
 * authorization server makes them, holds no scope but to look at the patient in its context. Of a false one all is denied.
 */
const isOfEmergency = ({ purposes = [], scopes }: Principal): boolean =>
  purposes.includes('BTG') &&
  scopes.every(
    ({ compartment, permissions }) => compartment === 'patient' && permissions.every((one) => 'rs'.includes(one)),
  );

const lesserConsents = (consents: ConsentFacts, which: number): readonly ConsentFacts[] => {
  const known = [...consents.byPatient];
  const changed = known.flatMap(([patient, own]) => {
    const { consents: all } = own;
    const at = which % Math.max(1, all.length);
    const provision = all[at]?.provision;
    const others = provision === undefined ? [] : lessened(provision, which);
    return [
      [patient, { ...own, faulty: true }] as const,
      ...others.map((less) => {
        // What the base rule is for and how long are what a later Consent is compared by.
        const { period: _, ...rest } = less;
        const base = {
          ...rest,
          purposes: provision?.purposes ?? [],
          ...(provision?.period === undefined ? {} : { period: provision.period }),
        };
        const consentsOf = all.map((one, index) => (index === at ? { ...one, provision: base } : one));
        return [patient, { ...own, consents: consentsOf }] as const;
      }),
    ];
  });
  return [
    { ...consents, implicit: 'deny' },
    { ...consents, implicit: 'emergency-only' },
    { ...consents, covers: new Set() },
    ...changed.map((entry) => ({ ...consents, byPatient: new Map([...known, entry]) })),
  ];
};

const lesser = (
  { principal, facts }: Situation,
  interaction: Interaction,
  which: number,
): readonly [string, Situation][] => {
  const looks = 'rs'.includes(permissionFor[interaction.kind]);
  const claims = withoutEach(principal).filter(([name]) => {
    if (name === 'clientId' || name === 'tokenId' || name === 'scopes') return false;
    return (
      name !== 'purposes' ||
      !principal.purposes?.includes('BTG') ||
      (looks && facts.emergency === true && isOfEmergency(principal))
    );
  });
  const { grant, consents, service } = facts;
  const grants =
    grant === undefined ? [] : lessened(grant.provision, which).map((provision) => ({ ...grant, provision }));
  const fewer: readonly (readonly [string, DecisionFacts])[] = [
    ...withoutEach(facts),
    ...(['patientsOf', 'caredFor'] as const).flatMap((name) =>
      (facts[name] ?? []).map(
        (one) => [name, { ...facts, [name]: facts[name]?.filter((each) => each !== one) }] as const,
      ),
    ),
    [
      'clearance of a service',
      { ...facts, ...(service === undefined ? {} : { service: { records: service.records } }) },
    ],
    ['emergency', { ...facts, emergency: false }],
    ['wholeServer', { ...facts, wholeServer: false }],
    ...grants.map((less) => ['grant', { ...facts, grant: less }] as const),
    ...(consents === undefined ? [] : lesserConsents(consents, which)).map(
      (less) => ['consents', { ...facts, consents: less }] as const,
    ),
  ];
  return [
    ...claims.map(([name, less]): [string, Situation] => [name, { principal: less, facts }]),
    ...principal.scopes.map((scope): [string, Situation] => [
      'scope',
      { principal: { ...principal, scopes: principal.scopes.filter((one) => one !== scope) }, facts },
    ]),
    ...fewer.map(([name, less]): [string, Situation] => [name, { principal, facts: less }]),
  ];
};

test('a claim, a fact or a permit taken away, a deny that means more, a label raised: never more is seen', () => {
  let seenAtAll = 0;
  let compared = 0;
  const sample = [arbitrarySituation, arbitraryInteraction, arbitraryResource, fc.nat({ max: 20 })] as const;
  fc.assert(
    fc.property(...sample, (situation, interaction, { type: _, ...drawn }, which) => {
      const resource = { ...drawn, type: interaction.type as WorldResource['type'] };
      if (visible(situation, interaction, resource)) {
        seenAtAll += 1;
        return;
      }
      for (const [name, less] of lesser(situation, interaction, which)) {
        compared += 1;
        assert.ok(!visible(less, interaction, resource), `without ${name}`);
      }
      const raised = confidentialityLevels.indexOf(resource.confidentiality) + 1;
      for (const confidentiality of confidentialityLevels.slice(raised)) {
        assert.ok(!visible(situation, interaction, { ...resource, confidentiality }), `raised to ${confidentiality}`);
      }
    }),
    { numRuns: 20_000 },
  );
  assert.ok(seenAtAll > 150 && compared > 100_000, `${seenAtAll} seen, ${compared} compared`);
});
