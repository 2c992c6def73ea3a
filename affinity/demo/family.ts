/** Those who act for the patient, and how the patient is insured (US Core 6.1.0 RelatedPerson, Coverage). */
import { cast } from './cast.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, type Reference } from './datatypes.ts';
import { addressOf } from './demographics.ts';
import { organizationReference, payers } from './organizations.ts';
import { ageOn } from './person.ts';

/** Who acts for somebody: the relative the cast names, else a parent of a child, and a partner of one adult in ten. */
function relativeOf(chart: Chart) {
  const { person, random } = chart;
  const named = cast[person.number - 1]?.relative;
  const kin = named && cast[named.number - 1];
  if (named && kin) return { ...named, ...kin };
  if (cast[person.number - 1]) return undefined;
  const { family } = person;
  if (ageOn(person, person.end) < 18)
    return { slug: 'mother', relationship: ['MTH', 'mother'], given: 'Helen', family, gender: 'female' } as const;
  if (random.chance(0.1))
    return {
      slug: 'partner',
      relationship: ['DOMPART', 'domestic partner'],
      given: 'Robin',
      family,
      gender: 'unknown',
    } as const;
  return undefined;
}

/** Adds the relative who acts for the patient, if there is one. */
export function addRelative(chart: Chart): Reference | undefined {
  const relative = relativeOf(chart);
  if (!relative) return undefined;
  return chart.add(
    {
      resourceType: 'RelatedPerson',
      id: chart.id('related', relative.slug),
      meta: metaOf('us-core-relatedperson'),
      active: true,
      patient: chart.subject,
      relationship: [hl7('v3-RoleCode', relative.relationship[0], relative.relationship[1])],
      name: [{ use: 'official', family: relative.family, given: [relative.given] }],
      telecom: [{ system: 'phone', value: `413-555-${String(1000 + (chart.person.number % 9000))}`, use: 'home' }],
      gender: relative.gender,
      address: [{ use: 'home', ...addressOf(chart) }],
    },
    `${relative.given} ${relative.family}`,
  );
}

/** Adds what insures the patient. */
export function addCoverage({ person, random, subject, id, add }: Chart, relative: Reference | undefined): void {
  const payer = random.pick(payers);
  const child = ageOn(person, person.end) < 18;
  const member = `M${String(20000000 + person.number)}`;
  add({
    resourceType: 'Coverage',
    id: id('coverage', '1'),
    meta: metaOf('us-core-coverage'),
    identifier: [
      { type: hl7('v2-0203', 'MB', 'Member Number'), system: `https://${payer}.example/members`, value: member },
    ],
    status: person.deathDate ? 'cancelled' : 'active',
    type: hl7('v3-ActCode', 'HMO', 'health maintenance organization policy'),
    ...(child && relative ? { subscriber: relative } : {}),
    subscriberId: member,
    beneficiary: subject,
    relationship: child
      ? hl7('subscriber-relationship', 'child', 'Child')
      : hl7('subscriber-relationship', 'self', 'Self'),
    period: { start: person.start, ...(person.deathDate ? { end: person.deathDate } : {}) },
    payor: [organizationReference(payer)],
    class: [
      { type: hl7('coverage-class', 'group', 'Group'), value: '4410', name: 'Pioneer Valley employers' },
      { type: hl7('coverage-class', 'plan', 'Plan'), value: 'standard', name: 'Standard plan' },
    ],
  });
}
