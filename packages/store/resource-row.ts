/** One resource as the tables hold it: its facts made into keys, terms and ranges. FHIR R4 search.html. */
import { confidentialityLevels } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { DateEntry, StringEntry } from '@affinity/core/fhir/search-index.ts';
import { withoutNul } from './sql.ts';
import {
  codeTerm,
  identifierParam,
  labelTerm,
  presentTerm,
  referenceIdTerm,
  referenceTerm,
  resourceKey,
  systemTerm,
  type Term,
  tokenTerm,
  urlTerm,
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
  const post = (term: Term): void => {
    terms.add(term);
    postings.add(term);
  };
  const token = (param: string, system: string, code: string): void => {
    terms.add(presentTerm(type, param));
    terms.add(systemTerm(type, param, system));
    terms.add(tokenTerm(type, param, system, code));
    post(codeTerm(type, param, code));
  };
  const patients = new Set(compartments);
  for (const { param, system, code } of index.tokens) token(param, system, code);
  for (const { param, system, code } of index.identifierReferences) {
    terms.add(presentTerm(type, param));
    token(identifierParam(param), system, code);
  }
  for (const reference of index.references) {
    const term = referenceIdTerm(type, reference.param, reference.id);
    terms.add(presentTerm(type, reference.param));
    terms.add(referenceTerm(type, reference.param, reference.type, reference.id));
    // What points to a patient is found in the compartment table.
    if (reference.type === 'Patient') patients.add(reference.id);
    (reference.type === 'Patient' ? terms.add.bind(terms) : post)(term);
  }
  for (const { param, url } of index.foreignReferences) {
    terms.add(presentTerm(type, param));
    post(urlTerm(type, param, url));
  }
  for (const { param } of [...index.strings, ...index.dates]) terms.add(presentTerm(type, param));
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
