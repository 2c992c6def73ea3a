import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsentActor, clientSystem, type Provision, type Span } from '@affinity/core/fhir/consent.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import fc from 'fast-check';
import type { Question } from '../../decision.ts';
import { evaluate } from '../../filter.ts';
import { arbitraryNow, arbitraryProvision, lessened } from '../../testing/arbitrary-consent.ts';
import { consentedBy } from './provision.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';

interface Told {
  readonly type: 'Observation' | 'Condition' | 'Encounter';
  readonly id: string;
  readonly categories: readonly string[];
  /** its categories say of which system they are */
  readonly systems: boolean;
  readonly date?: string;
  readonly labels: readonly string[];
  readonly author?: string;
  readonly visit: boolean;
}
interface Asker {
  readonly kind: 'read' | 'create' | 'update';
  readonly clientId: 'app' | 'other';
  readonly fhirUser: string;
  readonly actors?: readonly string[];
  readonly purposes?: readonly string[];
  readonly now?: number;
}

const arbitraryTold: fc.Arbitrary<Told> = fc
  .record({
    type: fc.constantFrom('Observation' as const, 'Condition' as const, 'Encounter' as const),
    id: fc.constantFrom('1', '2'),
    categories: fc.subarray(['laboratory', 'vital-signs', 'survey']),
    systems: fc.boolean(),
    date: fc.option(fc.constantFrom('2018-06-01', '2019-12-31', '2020-01-01', '2020-07-02', '2023-01-01')),
    labels: fc.subarray(['N', 'R', 'V', 'PSY', 'ETHUD']),
    author: fc.option(fc.constantFrom('Practitioner/1', 'Practitioner/2')),
    visit: fc.boolean(),
  })
  .map(({ date, author, ...rest }) => ({
    ...rest,
    ...(date === null ? {} : { date }),
    ...(author === null ? {} : { author }),
  }));
const arbitraryAsker: fc.Arbitrary<Asker> = fc
  .record({
    kind: fc.constantFrom('read' as const, 'read' as const, 'create' as const, 'update' as const),
    clientId: fc.constantFrom('app' as const, 'other' as const),
    fhirUser: fc.constantFrom('Practitioner/1', 'Practitioner/2', 'RelatedPerson/1'),
    actors: fc.option(fc.subarray(['Practitioner/1', 'RelatedPerson/1', 'Organization/1'])),
    purposes: fc.option(fc.subarray(['TREAT', 'ETREAT', 'HRESCH', 'COC', 'CLINTRCH'], { maxLength: 2 })),
    now: fc.option(fc.constant(arbitraryNow)),
  })
  .map(({ actors, purposes, now, ...rest }) => ({
    ...rest,
    ...(actors === null ? {} : { actors }),
    ...(purposes === null ? {} : { purposes }),
    ...(now === null ? {} : { now }),
  }));

const resourceOf = ({ type, id, categories, systems, date, labels, author, visit }: Told): Resource => {
  const system = systems ? { system: `${terminology}/observation-category` } : {};
  const category = categories.map((code) => ({ coding: [{ ...system, code }] }));
  const performer = author === undefined ? {} : { reference: author };
  const security = labels.map((code) => ({
    system: `${terminology}/${code.length === 1 ? 'v3-Confidentiality' : 'v3-ActCode'}`,
    code,
  }));
  const encounter = visit ? { encounter: { reference: 'Encounter/e' } } : {};
  const meta = { security };
  const subject = { reference: 'Patient/a' };
  if (type === 'Encounter') {
    const period = date === undefined ? {} : { period: { start: date, end: date } };
    const participant = author === undefined ? {} : { participant: [{ individual: performer }] };
    return { resourceType: type, id: visit ? 'e' : id, meta, subject, type: category, ...period, ...participant };
  }
  if (type === 'Condition') {
    const asserter = author === undefined ? {} : { asserter: performer };
    const recorded = date === undefined ? {} : { recordedDate: date };
    return { resourceType: type, id, meta, subject, category, ...recorded, ...asserter, ...encounter };
  }
  const effective = date === undefined ? {} : { effectiveDateTime: date };
  const by = author === undefined ? {} : { performer: [performer] };
  return { resourceType: type, id, meta, subject, category, ...effective, ...by, ...encounter };
};

// The same said a second time, one record and one caller at a time: yes, no, or not known.
type Answer = 'yes' | 'no' | 'unknown';
const oneOf = <Item>(items: readonly Item[], ask: (item: Item) => Answer): Answer => {
  const answers = items.map(ask);
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no';
};
const yesIf = (holds: boolean): Answer => (holds ? 'yes' : 'no');

const duringPeriod = (span: Span, now: number | undefined): Answer =>
  now === undefined
    ? 'unknown'
    : yesIf(!(span.start !== undefined && now < span.start) && !(span.end !== undefined && now >= span.end));

const isActor = ({ roles, reference, identifier }: ConsentActor, asker: Asker): Answer => {
  if (roles.some(({ code }) => code !== 'IRCP')) return 'unknown';
  if (identifier !== undefined)
    return identifier.system === clientSystem ? yesIf(identifier.value === asker.clientId) : 'unknown';
  if (reference === asker.fhirUser || asker.actors?.includes(reference ?? '')) return 'yes';
  return asker.actors === undefined || reference?.startsWith('Group') ? 'unknown' : 'no';
};

const isAction = (code: string, { kind }: Asker): Answer => {
  if (code.includes('|')) return 'unknown';
  return yesIf({ read: 'access', create: 'collect', update: 'correct' }[kind] === code);
};

const wider: Readonly<Record<string, readonly string[]>> = { ETREAT: ['TREAT'], COC: ['TREAT'], CLINTRCH: ['HRESCH'] };
const purposeAnswer = (named: readonly Coding[], { purposes = [] }: Asker): Answer => {
  if (purposes.length === 0) return 'unknown';
  const covered = (purpose: string): boolean =>
    named.some(
      ({ system, code = '' }) => system !== 'urn:purposes' && [purpose, ...(wider[purpose] ?? [])].includes(code),
    );
  if (purposes.every(covered)) return 'yes';
  if (purposes.some(covered) || named.some(({ system }) => system === 'urn:purposes')) return 'unknown';
  // The caller's purpose may be the narrower one that is named.
  return named.some(({ code = '' }) => purposes.some((purpose) => wider[code]?.includes(purpose))) ? 'unknown' : 'no';
};

const isOfClass = ({ system, code }: Coding, { type }: Told): Answer =>
  system === 'urn:ietf:rfc:3986' ? 'unknown' : yesIf(code === type);

const isOfCode = ({ system, code = '' }: Coding, { categories, systems }: Told): Answer => {
  if (!categories.includes(code)) return 'no';
  return (system !== undefined) === systems ? 'yes' : 'unknown';
};

const ranks = 'ULMNRV';
const rankOf = ({ labels }: Told): number => {
  const said = labels.map((code) => (code.length === 1 ? ranks.indexOf(code) : ranks.indexOf('R')));
  return said.length === 0 ? ranks.indexOf('N') : Math.max(...said);
};
/** Of a confidentiality it matters whether it is permitted up to, or denied from. */
const isLabelled = (code: string, told: Told, type: Provision['type']): Answer => {
  if (code === 'X') return 'unknown';
  if (code.length === 1) {
    const rank = ranks.indexOf(code);
    return yesIf(type === 'permit' ? rankOf(told) <= rank : rankOf(told) >= rank);
  }
  if (code === 'ETH') return told.labels.includes('ETHUD') ? 'unknown' : 'no';
  return yesIf(told.labels.includes(code));
};

const isDated = (span: Span, { date }: Told): Answer => {
  if (date === undefined) return 'unknown';
  const from = new Date(date).getTime();
  const to = from + 86_400_000;
  const { start = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY } = span;
  return from >= start && to <= end ? 'yes' : to <= start || from >= end ? 'no' : 'unknown';
};

const isDatum = ({ meaning, id }: Provision['data'][number], told: Told): Answer => {
  if (meaning === 'instance') return yesIf(told.type === 'Observation' && told.id === id);
  if (meaning === 'related') return yesIf(told.visit);
  return yesIf(told.author === 'Practitioner/1');
};

const speaksOf = (provision: Provision, asker: Asker, told: Told): Answer => {
  const answers: Answer[] = [];
  if (provision.period !== undefined) answers.push(duringPeriod(provision.period, asker.now));
  if (provision.actors.length > 0) answers.push(oneOf(provision.actors, (actor) => isActor(actor, asker)));
  if (provision.actions.length > 0) answers.push(oneOf(provision.actions, (code) => isAction(code, asker)));
  if (provision.purposes.length > 0) answers.push(purposeAnswer(provision.purposes, asker));
  if (provision.classes.length > 0) answers.push(oneOf(provision.classes, (one) => isOfClass(one, told)));
  if (provision.codes.length > 0) answers.push(oneOf(provision.codes.flat(), (one) => isOfCode(one, told)));
  if (provision.securityLabels.length > 0) {
    answers.push(oneOf(provision.securityLabels, ({ code = '' }) => isLabelled(code, told, provision.type)));
  }
  if (provision.dataPeriod !== undefined) answers.push(isDated(provision.dataPeriod, told));
  if (provision.data.length > 0) answers.push(oneOf(provision.data, (one) => isDatum(one, told)));
  return answers.includes('no') ? 'no' : answers.includes('unknown') ? 'unknown' : 'yes';
};

/** What a permit in a permit leaves open is as in the outer one. */
const filledIn = (inner: Provision, outer: Provision): Provision => {
  const filled: Record<string, unknown> = { ...outer };
  for (const [name, value] of Object.entries(inner))
    if (!Array.isArray(value) || value.length > 0) filled[name] = value;
  return { ...filled, provisions: inner.provisions } as unknown as Provision;
};

const letsThrough = (provision: Provision, asker: Asker, told: Told): boolean => {
  const exceptions = provision.provisions.map((one) =>
    provision.type === 'permit' && one.type === 'permit' ? filledIn(one, provision) : one,
  );
  const byException = exceptions.some((one) => one.type === 'permit' && letsThrough(one, asker, told));
  const denied = exceptions.some((one) => one.type === 'deny' && !letsThrough(one, asker, told));
  const answer = speaksOf(provision, asker, told);
  return !denied && (byException || (provision.type === 'permit' ? answer === 'yes' : answer === 'no'));
};

const bruteForce = (base: Provision, asker: Asker, told: Told): boolean => {
  if (base.type === 'permit') return letsThrough(base, asker, told);
  if (base.period !== undefined && duringPeriod(base.period, asker.now) !== 'yes') return false;
  const permitted = base.provisions.some((one) => one.type === 'permit' && letsThrough(one, asker, told));
  return permitted && base.provisions.every((one) => one.type === 'permit' || letsThrough(one, asker, told));
};

const filterFor = (base: Provision, { kind, clientId, fhirUser, actors, purposes, now }: Asker, type: string) => {
  const question: Question = {
    principal: {
      clientId,
      tokenId: 't',
      user: 'u',
      fhirUser,
      scopes: [],
      ...(purposes === undefined ? {} : { purposes }),
    },
    interaction: kind === 'create' ? { kind, type } : { kind, type, id: '1' },
    facts: { ...(actors === undefined ? {} : { actors }), ...(now === undefined ? {} : { now }) },
  };
  return consentedBy(base, question);
};
const seen = (base: Provision, asker: Asker, told: Told): boolean =>
  evaluate(filterFor(base, asker, told.type), factsOf(resourceOf(told), []));

test('P20: a brute-force reading of the provisions lets through the same', () => {
  let through = 0;
  fc.assert(
    fc.property(
      arbitraryProvision,
      arbitraryAsker,
      fc.array(arbitraryTold, { minLength: 1, maxLength: 5 }),
      (base, asker, all) => {
        for (const told of all) {
          const lets = bruteForce(base, asker, told);
          if (lets) through += 1;
          assert.equal(seen(base, asker, told), lets, JSON.stringify(resourceOf(told)));
        }
      },
    ),
    { numRuns: 8000 },
  );
  assert.ok(through > 500, `${through} were let through`);
});

test('a permit taken away, a deny that says less of what it means, a fact or a purpose not known: never more', () => {
  fc.assert(
    fc.property(arbitraryProvision, arbitraryAsker, arbitraryTold, fc.nat({ max: 20 }), (base, asker, told, which) => {
      if (seen(base, asker, told)) return;
      const { actors, now, purposes, ...rest } = asker;
      const facts = { actors, now, purposes };
      for (const name of Object.keys(facts)) {
        const known = Object.entries(facts).filter(([own, value]) => own !== name && value !== undefined);
        assert.ok(!seen(base, { ...rest, ...Object.fromEntries(known) }, told), `without ${name}`);
      }
      // A base rule that is over makes the Consent one that is not in force, which is not judged here.
      const period = base.period === undefined ? {} : { period: base.period };
      for (const less of lessened(base, which)) {
        assert.ok(!seen({ ...less, ...period }, asker, told), JSON.stringify(less));
      }
    }),
    { numRuns: 4000 },
  );
});
