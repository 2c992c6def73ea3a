/** One resource as the tables hold it: its facts made into keys, terms and ranges. FHIR R4 search.html. */
import { confidentialityLevels } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { DateEntry, StringEntry } from '@affinity/core/fhir/search-index.ts';
import { withoutNul } from './sql.ts';
import {
  identifierParam,
  labelTerm,
  presenceOf,
  referenceTerms,
  resourceKey,
  type Term,
  tokenTerms,
  urlTerm,
  type ValueTerms,
} from './terms.ts';

export interface ResourceRow {
  readonly rid: Term;
  readonly type: string;
  readonly id: string;
  /** the patient whose record it is, where it is one patient's alone */
  readonly owner: string | null;
  readonly confidentiality: number;
  /** start and end of the parameter `date`, where the resource has exactly one; start alone where it has several */
  readonly occurred: number | null;
  readonly occurredEnd: number | null;
  readonly patients: readonly string[];
  readonly terms: readonly Term[];
  /** those of the terms by which the resource is found among everybody's */
  readonly postings: readonly Term[];
  /** under `Type.param` */
  readonly strings: readonly StringEntry[];
  readonly dates: readonly DateEntry[];
}

/** The parameter whose start orders a type's resources, where the type has it. */
export const orderingDate = 'date';

/** The facts as a row. */
export const toResourceRow = (facts: ResourceFacts): ResourceRow => {
  const { type, id, owners, compartments, labels, confidentiality, index } = facts;
  const terms = new Set<Term>();
  const postings = new Set<Term>();
  const patients = new Set(compartments);
  const present = (param: string): void => {
    terms.add(presenceOf(type, param));
  };
  const add = ({ posting, others }: ValueTerms, posted: boolean): void => {
    terms.add(posting);
    for (const term of others) terms.add(term);
    if (posted) postings.add(posting);
  };
  for (const { param, system, code } of index.tokens) {
    present(param);
    add(tokenTerms(type, param, system, code), true);
  }
  for (const { param, system, code } of index.identifierReferences) {
    present(param);
    add(tokenTerms(type, identifierParam(param), system, code), true);
  }
  for (const reference of index.references) {
    present(reference.param);
    // What points to a patient is found in the compartment table.
    const toPatient = reference.type === 'Patient';
    if (toPatient) patients.add(reference.id);
    add(referenceTerms(type, reference.param, reference.type, reference.id), !toPatient);
  }
  for (const { param, url } of index.foreignReferences) {
    present(param);
    add({ posting: urlTerm(type, param, url), others: [] }, true);
  }
  for (const { param } of index.strings) present(param);
  for (const { param } of index.dates) present(param);
  for (const { system, code } of labels) {
    if (system !== undefined && code !== undefined) terms.add(labelTerm(type, system, code));
  }
  const ordering = index.dates.filter(({ param }) => param === orderingDate);
  const single = ordering.length === 1;
  return {
    rid: resourceKey(type, id),
    type,
    id,
    owner: owners.length === 1 ? (owners[0] ?? null) : null,
    confidentiality: confidentialityLevels.indexOf(confidentiality),
    occurred: ordering.length === 0 ? null : Math.min(...ordering.map(({ start }) => start)),
    occurredEnd: single ? (ordering[0]?.end ?? null) : null,
    patients: [...patients],
    terms: [...terms],
    postings: [...postings],
    strings: index.strings.map(({ param, text, folded }) => ({
      param: `${type}.${param}`,
      text: withoutNul(text),
      folded: withoutNul(folded),
    })),
    dates: index.dates
      .filter(({ param }) => !single || param !== orderingDate)
      .map((date) => ({ ...date, param: `${type}.${date.param}` })),
  };
};
