/**
 * Whom a Provenance that a person's app sends may name as one of our people: that person, and the patient in context. Who
 * wrote it is in the audit log; a Provenance that said that somebody else did would be believed. An agent who is no
 * person of this server (a name, an identifier, a device, an organization, somebody of another server) is the sender's
 * assertion, and so is all that a service of the domain sends. FHIR R4 provenance.html.
 */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';

const people: ReadonlySet<string> = new Set(['Patient', 'Person', 'Practitioner', 'PractitionerRole', 'RelatedPerson']);

/** Whom a caller may name, as `Type/id`; undefined: anybody. */
export type Named = ReadonlySet<string> | undefined;

export const namedBy = ({ service, fhirUser, patient, foreign }: Principal, { actors = [] }: DecisionFacts): Named =>
  service === true && foreign === undefined
    ? undefined
    : new Set([
        ...actors,
        ...(fhirUser === undefined ? [] : [fhirUser]),
        ...(patient === undefined ? [] : [`Patient/${patient}`]),
      ]);

const referenceOf = (value: unknown): string | undefined => {
  const reference: unknown =
    typeof value === 'object' && value !== null && 'reference' in value ? value.reference : undefined;
  return typeof reference === 'string' ? reference : undefined;
};

export const agentClaim = (resource: Resource, named: Named, ownBases: readonly string[]): FhirError | undefined => {
  if (resource.resourceType !== 'Provenance' || named === undefined) return undefined;
  const agents: readonly unknown[] = Array.isArray(resource.agent) ? resource.agent : [];
  for (const [index, agent] of agents.entries()) {
    if (typeof agent !== 'object' || agent === null) continue;
    for (const [name, value] of Object.entries(agent)) {
      const reference = name === 'who' || name === 'onBehalfOf' ? referenceOf(value) : undefined;
      const target = reference === undefined ? undefined : parseReference(reference, ownBases);
      if (target?.kind !== 'local' || !people.has(target.type) || named.has(`${target.type}/${target.id}`)) continue;
      const diagnostics =
        'an app names the person who uses it, or the patient in context; of others it can say a name or an identifier';
      const expression = [`Provenance.agent[${index}].${name}`];
      return new FhirError(422, [{ severity: 'error', code: 'business-rule', diagnostics, expression }]);
    }
  }
  return undefined;
};
