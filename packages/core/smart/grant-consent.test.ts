/** A grant as a Consent and back: what it says, what editing it leaves, and that no edit ever widens it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConsent } from '../fhir/consent-parse.ts';
import type { Resource } from '../fhir/resource.ts';
import { endedConsent, grantConsent } from './grant-consent.ts';
import { type Remainder, remainderOf, withinRemainder } from './grant-remainder.ts';
import { type GrantTerms, resourceScopesOf } from './grant-terms.ts';
import { setCovers } from './scope-order.ts';

const base = 'http://localhost:4000/fhir';
const category = 'http://terminology.hl7.org/CodeSystem/observation-category';
const laboratory = `category=${category}|laboratory`;
const given = Date.parse('2026-05-03T10:00:00Z');
const ends = Date.parse('2027-05-03T10:00:00Z');
const at = given + 86_400_000;

const terms = (more: Partial<GrantTerms> = {}): GrantTerms => ({
  id: '7f0c',
  clientId: 'vitals',
  app: 'Vitals',
  scope: ['openid', 'launch/patient', `patient/Observation.rs?${laboratory}`],
  patient: 'p1',
  person: 'Patient/p1',
  given,
  ends,
  ...more,
});

type Edit = (consent: any) => unknown; // biome-ignore lint/suspicious/noExplicitAny: JSON that a test changes anywhere
const left = (of: GrantTerms, edit: Edit = (consent) => consent, time = at): Remainder | undefined => {
  const parsed = parseConsent(edit(structuredClone(grantConsent(of))) as Resource, [base]);
  return parsed.kind === 'consent' ? remainderOf({ ends, ...of }, parsed.consent, time) : undefined;
};
const withExceptions =
  (...exceptions: object[]): Edit =>
  (consent) => {
    consent.provision.provision.push(...exceptions);
    return consent;
  };
const ofType = (code: string) => ({ system: 'http://hl7.org/fhir/resource-types', code });

test('a grant is a Consent that names the app, what it may do and until when (P20)', () => {
  const consent = grantConsent(
    terms({ scope: ['openid', 'patient/Condition.crs', `patient/Observation.rs?${laboratory}`] }),
  );
  assert.equal(consent.id, 'grant-7f0c');
  const [condition, observation] = (consent as any).provision.provision; // biome-ignore lint/suspicious/noExplicitAny: JSON
  assert.deepEqual(
    condition.action.map(({ coding }: { coding: { code: string }[] }) => coding[0]?.code),
    ['access', 'collect'],
  );
  assert.deepEqual(condition.actor[0].reference, {
    identifier: { system: 'urn:affinity:client', value: 'vitals' },
    display: 'Vitals',
  });
  assert.deepEqual(condition.class, [ofType('Condition')]);
  assert.equal(condition.code, undefined);
  assert.deepEqual(observation.code, [{ coding: [{ system: category, code: 'laboratory' }] }]);
  assert.equal(observation.securityLabel[0].code, 'N');
  assert.deepEqual(consent.performer, [{ reference: 'Patient/p1' }]);
  assert.equal(parseConsent(consent, [base]).kind, 'consent');
});

test('its words say who may do what, until when and what is left out', () => {
  const words = (of: GrantTerms): string => (grantConsent(of).text as { div: string }).div.replace(/<[^>]+>/g, ' ');
  const usual = words(terms());
  assert.match(usual, /Vitals may see laboratory results in your record until 3 May 2027\./);
  assert.match(usual, /marked confidential is left out/);
  assert.match(words(terms({ clearance: 'V' })), /is not left out/);
  assert.match(
    words(terms({ person: 'RelatedPerson/r', scope: ['patient/MedicationRequest.cruds', 'patient/Medication.rs'] })),
    /may see, add, change and delete medications, and see medications in this record/,
  );
  assert.match(words(terms({ scope: ['patient/*.rs', 'patient/Goal.rs'] })), /may see everything in your record/);
  assert.match(
    words(terms({ scope: ['patient/Consent.rs', 'patient/Slot.rs'] })),
    /may see permissions given earlier and entries of the kind slot in your record/,
    'as the consent page says it',
  );
  assert.match(words(terms({ scope: ['openid'] })), /nothing of any record/);
  const hostile = (grantConsent(terms({ app: '<script>&"\u0000x' })).text as { div: string }).div;
  assert.ok(hostile.includes('&lt;script&gt;&amp;&quot; x may see') && !hostile.includes('<script'), hostile);
  assert.match(JSON.stringify(endedConsent(grantConsent(terms()), ends)), /ended on 3 May 2027.*"status":"inactive"/);
});

test('unedited, all of it is left, in the words in which it was asked', () => {
  const scope = [
    'openid',
    'fhirUser',
    'offline_access',
    'patient/Observation.read',
    'patient/*.rs',
    'user/Condition.*',
    'patient/Goal.u',
    `patient/Observation.rs?${laboratory}`,
    'patient/Condition.rs?category=a,b|c&code=x|y',
    'patient/Immunization.rs?status=completed',
  ];
  assert.deepEqual(left(terms({ scope, clearance: 'V' })), { scope, clearance: 'V', ends, exact: true });
});

test('what the person takes away is gone, and only that', () => {
  const both = terms({ scope: ['launch/patient', 'patient/Condition.cruds', 'patient/Goal.rs'] });
  const removed = left(both, (consent) => {
    consent.provision.provision.splice(0, 1);
    return consent;
  });
  assert.deepEqual(removed?.scope, ['launch/patient', 'patient/Goal.rs']);
  assert.deepEqual(left(both, withExceptions({ type: 'deny', class: [ofType('Goal')] }))?.scope, [
    'launch/patient',
    'patient/Condition.cruds',
  ]);
  const noWriting = {
    type: 'deny',
    action: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'correct' }] }],
  };
  assert.deepEqual(left(both, withExceptions(noWriting))?.scope, [
    'launch/patient',
    'patient/Condition.crs',
    'patient/Goal.rs',
  ]);
  const wild = left(terms({ scope: ['patient/*.rs'] }), withExceptions({ type: 'deny', class: [ofType('Condition')] }));
  assert.ok(wild?.scope.includes('patient/Goal.rs') && !wild.scope.some((scope) => /\*|Condition/.test(scope)));
  const laboratoryOnly = left(terms({ scope: ['patient/Observation.rs'] }), (consent) => {
    consent.provision.provision[0].code = [{ coding: [{ system: category, code: 'laboratory' }] }];
    return consent;
  });
  assert.deepEqual(laboratoryOnly?.scope, [`patient/Observation.rs?${laboratory}`]);
  const denied = { type: 'deny', code: [{ coding: [{ system: category, code: 'laboratory' }] }] };
  assert.equal(left(terms(), withExceptions(denied)), undefined, 'nothing is left');
});

test('what a scope cannot say is left to the resource server, and said to be so', () => {
  const of = terms({ scope: ['patient/Observation.rs'] });
  for (const finer of [
    { code: [{ coding: [{ system: category, code: 'laboratory' }] }] },
    { securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
    { dataPeriod: { end: '2020-01-01' } },
  ]) {
    const remainder = left(of, withExceptions({ type: 'deny', ...finer }));
    assert.deepEqual([remainder?.scope, remainder?.exact], [['patient/Observation.rs'], false]);
  }
});

test('it ends by status, by time, by another app, by what cannot be understood; a shorter time is kept', () => {
  assert.equal(
    left(terms(), (consent) => ({ ...consent, status: 'inactive' })),
    undefined,
  );
  assert.equal(
    left(terms(), (consent) => ({ ...consent, status: 'entered-in-error' })),
    undefined,
  );
  assert.equal(left(terms(), undefined, ends), undefined);
  assert.equal(left(terms(), withExceptions({ type: 'maybe' })), undefined);
  const another: Edit = (consent) => {
    consent.provision.provision[0].actor[0].reference.identifier.value = 'other';
    return consent;
  };
  assert.equal(left(terms(), another), undefined);
  const until =
    (end: string): Edit =>
    (consent) => {
      consent.provision.period.end = end;
      return consent;
    };
  assert.equal(left(terms(), until('2026-05-04T09:00:00Z')), undefined);
  assert.equal(
    left(terms(), until('2026-06-01T00:00:00Z'))?.ends,
    Date.parse('2026-06-01T00:00:01Z'),
    'the end is within',
  );
  assert.equal(left(terms(), until('2030-01-01T00:00:00Z'))?.ends, ends, 'a longer time is not');
  assert.equal(
    left(terms({ clearance: 'V' }), (consent) => {
      consent.provision.provision[0].securityLabel[0].code = 'N';
      return consent;
    })?.clearance,
    undefined,
  );
});

test('whatever is written into it, never more than was granted (P22)', () => {
  const token = fc.constantFrom(
    'patient/*.rs', 'patient/*.read', 'patient/Condition.cruds', 'patient/Observation.rs', 'user/Goal.rs', 'patient/Goal.c',
    `patient/Observation.rs?${laboratory}`, 'patient/Condition.write', 'openid',
  ); // biome-ignore format: a list
  const exception = fc.letrec<{ one: object }>((tie) => ({
    one: fc.record(
      {
        type: fc.constantFrom('permit', 'deny'),
        class: fc.array(fc.constantFrom('Condition', 'Observation', 'Goal', 'Patient').map(ofType), {
          minLength: 1,
          maxLength: 2,
        }),
        action: fc.array(
          fc.constantFrom('access', 'collect', 'correct').map((code) => ({
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code }],
          })),
          { minLength: 1, maxLength: 2 },
        ),
        code: fc.constant([{ coding: [{ system: category, code: 'laboratory' }] }]),
        securityLabel: fc.constant([{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }]),
        provision: fc.array(tie('one'), { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: ['type'] },
    ),
  })).one;
  fc.assert(
    fc.property(
      fc.uniqueArray(token, { minLength: 1, maxLength: 5 }),
      fc.array(exception, { maxLength: 4 }),
      fc.constantFrom('permit', 'deny', 'deny', 'deny'),
      (scope, exceptions, type) => {
        const remainder = left(terms({ scope }), (consent) => {
          const { actor } = consent.provision.provision?.[0] ?? {};
          const named = exceptions.map((one) => ({ ...one, ...(actor === undefined ? {} : { actor }) }));
          return { ...consent, provision: { ...consent.provision, type, provision: named } };
        });
        if (remainder === undefined) return;
        assert.ok(setCovers(resourceScopesOf(scope), resourceScopesOf(remainder.scope)), remainder.scope.join(' '));
        assert.equal(remainder.clearance, undefined);
        const part = withinRemainder(['patient/Condition.rs', 'openid', 'offline_access'], remainder.scope);
        assert.ok(setCovers(resourceScopesOf(remainder.scope), resourceScopesOf(part)));
        assert.ok(!part.includes('offline_access'));
      },
    ),
    { numRuns: 300 },
  );
});

test('more exceptions that deny never leave more', () => {
  const of = terms({ scope: ['patient/*.cruds', 'patient/Observation.rs'] });
  const types = ['Condition', 'Goal', 'Observation'];
  let before = left(of);
  for (let count = 1; count <= types.length; count += 1) {
    const denials = types.slice(0, count).map((code) => ({ type: 'deny', class: [ofType(code)] }));
    const now = left(of, withExceptions(...denials));
    assert.ok(setCovers(resourceScopesOf(before?.scope ?? []), resourceScopesOf(now?.scope ?? [])));
    before = now;
  }
});
