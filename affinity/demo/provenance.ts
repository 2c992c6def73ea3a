/** Where a share of the resources came from (US Core 6.1.0 Provenance): the author, and who passed it on. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { instantOf } from './calendar.ts';
import { cast } from './cast.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, referenceTo, usCore } from './datatypes.ts';
import { managingOrganization } from './locations.ts';
import { organizationReference } from './organizations.ts';

/** Of which types, and of how many in a hundred of them, the origin is told. */
const shares: Readonly<Record<string, number>> = {
  Patient: 100,
  Condition: 50,
  AllergyIntolerance: 50,
  MedicationRequest: 40,
  Immunization: 20,
  DocumentReference: 25,
  Procedure: 25,
  Observation: 2,
};

/** Kinds of which there are few: the origin of the first in a record is told. */
const rare =
  /device|pregnancystatus|pregnancyintent|sexual-orientation|weight-for-height|diagnosticreport-note|relatedperson$/;

/** The resources of the chart whose origin is told. In the records of the fixed people, the first of every kind is among them. */
const chosen = ({ resources, random, person }: Chart): Resource[] => {
  const seen = new Set<string>();
  return resources.filter(({ resourceType, meta }) => {
    const profile = meta?.profile?.[0] ?? resourceType;
    const first = !seen.has(profile) && (person.number <= cast.length || rare.test(profile));
    seen.add(profile);
    return random.chance((shares[resourceType] ?? 0) / 100) || first;
  });
};

/** Adds the provenance; it is as confidential as what it is about. */
export function addProvenance(chart: Chart): void {
  const { primary, person } = chart;
  const riverside = organizationReference('organization-riverside');
  for (const target of chosen(chart)) {
    const id = target.id ?? '';
    const meta = metaOf('us-core-provenance');
    chart.add({
      resourceType: 'Provenance',
      id: `provenance-of-${id}`,
      meta: target.meta?.security ? { ...meta, security: target.meta.security } : meta,
      target: [referenceTo(target.resourceType, id)],
      recorded: instantOf(person.end, 60),
      agent: [
        {
          type: hl7('provenance-participant-type', 'author', 'Author'),
          who: primary.reference,
          onBehalfOf: managingOrganization(primary.location),
        },
        {
          type: usCore('us-core-provenance-participant-type', 'transmitter', 'Transmitter'),
          who: riverside,
          onBehalfOf: riverside,
        },
      ],
    });
  }
}
