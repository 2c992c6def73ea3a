/**
 * A claim, a fact or a permit that is missing or corrupted never yields more: what can be read with it is what could be
 * read without the fault, or less. SMART App Launch 2.2, scopes; RFC 9068 §2.2; FHIR R4 consent.html.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Provision } from '@affinity/core/fhir/consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { openAgain, openClinic, type StandingClinic } from '../clinic/clinic.ts';
import { createDice } from '../proofs/dice.ts';
import type { Caller } from './access-oracle.ts';
import { claimsOf, grantOf } from './callers.ts';
import { fill } from './interference.ts';
import { emptyOfRecords } from './stage.ts';
import { factsIn } from './world-facts.ts';
import { beginning, type WorldPlan } from './world-plan.ts';
import { callerNamed } from './world-run.ts';
import { planWorld } from './worlds.ts';

/** Each with a world in which there is something to lose. */
const kinds: readonly (readonly [caller: string, seed: number])[] = [
  ['a patient, confidential too', 1],
  ['an app with a narrow grant', 1],
  ['a proxy, all of theirs', 5],
  ['a proxy, one patient', 5],
  ['a practitioner by care team', 5],
  ['a practitioner with one patient', 1],
  ['a practitioner of the whole server', 5],
  ['an emergency', 5],
  ['a service for everything', 5],
  ['a service for two types of two patients', 10],
];

/** Over every way to many resources at once. */
const battery = [
  '/_history?_count=500',
  '/Patient/b/$everything?_count=500',
  '/Observation?_count=500&_include=Observation:subject',
  '/Consent?_count=500',
];

interface Entry {
  readonly resource?: { readonly resourceType: string; readonly id?: string; readonly meta?: { versionId?: string } };
}
const readable = async (clinic: StandingClinic, token: string): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for (const path of battery) {
    const answer = await clinic.send(path, token);
    assert.ok(answer.status < 500, `${path}: ${answer.status}`);
    const { entry = [] } = (await answer.json()) as { readonly entry?: readonly Entry[] };
    for (const { resource } of answer.status === 200 ? entry : [])
      if (resource?.id !== undefined) found.add(`${resource.resourceType}/${resource.id}/${resource.meta?.versionId}`);
  }
  return found;
};

type Claims = Readonly<Record<string, unknown>>;

/** Claims that say another thing, or nothing, or not in the way in which it is said. Never a sound claim of more. */
const corruptions = (claims: Claims): readonly (readonly [string, Claims])[] =>
  Object.entries(claims).flatMap(([name, value]): (readonly [string, Claims])[] => {
    const others: Record<string, unknown> = {
      patient: 'b',
      fhirUser: 'Patient/b',
      grant_id: 'another',
      sub: 'another',
      client_id: 'another',
      extensions: { ihe_iua: { purpose_of_use: [{ code: 'TREAT' }] } },
    };
    const said = typeof value === 'string' ? [` ${value} `, [value, 'V', '*']] : [[value]];
    const wrong = [undefined, null, '', 1, {}, ...said, ...(name in others ? [others[name]] : [])];
    return wrong.map((each) => [`${name}: ${JSON.stringify(each)}`, { ...claims, [name]: each }]);
  });

/** A provision without one of its permits, at any depth. */
const withoutPermits = (provision: Provision): readonly Provision[] =>
  provision.provisions.flatMap((each, at) => {
    const others = provision.provisions.filter((_, other) => other !== at);
    const without = each.type === 'permit' ? [{ ...provision, provisions: others }] : [];
    const within = withoutPermits(each).map((less) => ({
      ...provision,
      provisions: provision.provisions.with(at, less),
    }));
    return [...without, ...within];
  });

/** Facts without one of them, or without one permit of a Consent. */
const lesserFacts = (facts: DecisionFacts): readonly (readonly [string, DecisionFacts])[] => {
  const dropped = Object.keys(facts).map((name) => {
    const { [name as keyof DecisionFacts]: _, ...rest } = facts;
    return [`without ${name}`, rest as DecisionFacts] as const;
  });
  const { grant, consents, patientsOf, caredFor } = facts;
  const lists: [string, DecisionFacts][] = [
    ['nobody to act for', { ...facts, patientsOf: [] }],
    ['nobody to care for', { ...facts, caredFor: [] }],
    ['one fewer to act for', { ...facts, patientsOf: (patientsOf ?? []).slice(1) }],
    ['one fewer to care for', { ...facts, caredFor: (caredFor ?? []).slice(1) }],
    ['no actors', { ...facts, actors: [] }],
  ];
  const narrower = grant === undefined ? [] : withoutPermits(grant.provision);
  const grants = narrower.map(
    (provision, at) =>
      [`grant without permit ${at}`, { ...facts, ...(grant && { grant: { ...grant, provision } }) }] as const,
  );
  if (consents === undefined) return [...dropped, ...lists, ...grants];
  const decided = [...consents.byPatient].flatMap(([patient, held]) => [
    [`${patient}: faulty`, new Map(consents.byPatient).set(patient, { ...held, faulty: true })] as const,
    ...held.consents.flatMap((consent, at) =>
      withoutPermits(consent.provision).map((provision) => {
        const changed = held.consents.with(at, { ...consent, provision });
        const byPatient = new Map(consents.byPatient).set(patient, { ...held, consents: changed });
        return [`${patient}: ${consent.id} without a permit`, byPatient] as const;
      }),
    ),
  ]);
  return [
    ...dropped,
    ...lists,
    ...grants,
    ['nobody was looked up', { ...facts, consents: { ...consents, covers: new Set<string>() } }],
    ['nothing is implied', { ...facts, consents: { ...consents, implicit: 'deny' } }],
    ...decided.map(([name, byPatient]) => [name, { ...facts, consents: { ...consents, byPatient } }] as const),
  ];
};

const worldOf = (caller: Caller, seed: number): WorldPlan => {
  const grant = grantOf(caller);
  return planWorld(createDice(seed), 40, grant === undefined ? [] : [grant]);
};

test('claim-dropping', async (t) => {
  const { url } = await testDatabase(t);
  const clock = { now: beginning };
  const standing = await openClinic(url, { now: () => clock.now, connections: 4 });
  for (const [name, seed] of kinds) {
    await t.test(`D14, E30, E74, P20: ${name}: less that is known never yields more`, async () => {
      const caller = callerNamed(name);
      const world = worldOf(caller, seed);
      await emptyOfRecords(standing);
      clock.now = beginning;
      await fill(standing, world.resources, clock, () => true);
      const gather = factsIn(standing.backend, caller, world);
      let change: (facts: DecisionFacts) => DecisionFacts = (facts) => facts;
      const clinic = openAgain(standing, {
        now: () => clock.now,
        facts: async (principal: Principal) => change(await gather(principal)),
      });
      const iat = Math.floor(beginning / 1000);
      const times = { iat, exp: iat + 86_400 };
      const claims = claimsOf(caller);
      const sound = await clinic.token({ ...times, ...claims });
      const all = await readable(clinic, sound);
      assert.ok(all.size > 3, `there is something to lose: ${all.size}`);
      const checkLess = async (what: string, token: string): Promise<void> => {
        const more = [...(await readable(clinic, token))].filter((one) => !all.has(one));
        assert.deepEqual(more, [], `${name}, ${what}`);
      };
      for (const [what, corrupted] of corruptions({ ...claims, ...times, iss: 'x', aud: 'x' })) {
        const { iss, aud, ...kept } = corrupted;
        const spoiled = { ...(iss === 'x' ? {} : { iss }), ...(aud === 'x' ? {} : { aud }) };
        await checkLess(what, await clinic.token({ ...kept, ...spoiled }));
      }
      let known: DecisionFacts = {};
      change = (facts) => {
        known = facts;
        return facts;
      };
      await clinic.send('/Patient/a', sound);
      for (const [what, lesser] of lesserFacts(known)) {
        change = () => lesser;
        await checkLess(what, sound);
      }
    });
  }
  await standing.close();
});
