/** A Filter judged in memory: what a foreign system returned, and what somebody wants to write. */
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { isAtMost } from '@affinity/core/fhir/security-label.ts';

/** True when the Filter lets a resource with these facts through; must agree with every store's translation of it. */
export const evaluate = (filter: Filter, facts: ResourceFacts): boolean => {
  switch (filter.kind) {
    case 'everything':
      return true;
    case 'nothing':
      return false;
    case 'and':
      return filter.filters.every((part) => evaluate(part, facts));
    case 'or':
      return filter.filters.some((part) => evaluate(part, facts));
    case 'not':
      return !evaluate(filter.filter, facts);
    case 'type':
      return facts.type === filter.type;
    case 'instance':
      return facts.type === filter.type && facts.id === filter.id;
    case 'compartment':
      return facts.owners.length === 1 && facts.owners[0] === filter.patient;
    case 'compartments': {
      const [owner] = facts.owners;
      return facts.owners.length === 1 && owner !== undefined && filter.patients.includes(owner);
    }
    case 'names':
      return filter.patients.some(
        (patient) =>
          facts.owners.includes(patient) ||
          facts.compartments.includes(patient) ||
          facts.index.references.some(({ type, id }) => type === 'Patient' && id === patient),
      );
    case 'dated': {
      const { param, start = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY } = filter;
      const dates = facts.index.dates.filter((date) => date.param === param);
      return dates.length > 0 && dates.every((date) => date.start >= start && date.end <= end);
    }
    case 'token':
      return (
        (filter.system !== undefined || filter.code !== undefined) &&
        facts.index.tokens.some(
          (token) =>
            token.param === filter.param &&
            (filter.system === undefined || token.system === filter.system) &&
            (filter.code === undefined || token.code === filter.code),
        )
      );
    case 'reference':
      return facts.index.references.some(
        ({ param, type, id }) => param === filter.param && type === filter.type && id === filter.id,
      );
    case 'label':
      return facts.labels.some(({ system, code }) => system === filter.system && code === filter.code);
    case 'confidentiality':
      return isAtMost(facts.confidentiality, filter.atMost);
  }
};
