/** One resource as the tables hold it: its facts made into keys, terms and ranges. FHIR R4 search.html. */
import { confidentialityLevels } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { DateEntry, QuantityEntry, StringEntry } from '@affinity/core/fhir/search-index.ts';
import { type CompositeRow, compositeRows } from './composite-row.ts';
import { withoutNul } from './sql.ts';
import {
  identifierParam,
  labelTerm,
  ofTypeTerm,
  parameterKey,
  presenceOf,
  quantityTextKey,
  referenceTerms,
  resourceKey,
  type Term,
  textTermOf,
  tokenTerms,
  urlTerm,
  type ValueTerms,
} from './terms.ts';
import { baseUnitOf } from './ucum.ts';

/** A number as the tables hold it, under `parameterKey`. */
export interface NumberRow {
  readonly parameter: Term;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
export interface QuantityRow extends NumberRow {
  readonly system: Term | null;
  readonly code: Term | null;
  readonly printed: Term | null;
  /** what two quantities that compare have in common, and the values in it */
  readonly unit: Term;
  readonly baseValue: number;
  readonly baseLow: number;
  readonly baseHigh: number;
}

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
  /** the patients of a record that is shared by several */
  readonly owners: readonly string[] | null;
  readonly references: readonly { readonly parameter: Term; readonly target: Term }[];
  readonly numbers: readonly NumberRow[];
  readonly quantities: readonly QuantityRow[];
  readonly uris: readonly { readonly parameter: Term; readonly uri: string }[];
  readonly texts: readonly { readonly term: Term; readonly parameter: Term; readonly folded: string }[];
  readonly positions: readonly { readonly parameter: Term; readonly latitude: number; readonly longitude: number }[];
  readonly composites: readonly CompositeRow[];
}

/** The parameter whose start orders a type's resources, where the type has it. */
export const orderingDate = 'date';

const uniqueBy = <Entry>(entries: readonly Entry[], keyOf: (entry: Entry) => string): readonly Entry[] =>
  entries.length < 2 ? entries : [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];

const textKey = (text: string): Term | null => (text === '' ? null : quantityTextKey(text));

const quantityRow = (type: string, { param, value, low, high, ...quantity }: QuantityEntry): QuantityRow => {
  const { unit, toBase } = baseUnitOf(quantity.system, quantity.code === '' ? quantity.unit : quantity.code);
  return {
    parameter: parameterKey(type, param),
    value,
    low,
    high,
    system: textKey(quantity.system),
    code: textKey(quantity.code),
    printed: textKey(quantity.unit),
    unit,
    baseValue: toBase(value),
    baseLow: toBase(low),
    baseHigh: toBase(high),
  };
};

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
  for (const { param, uri } of index.uris) {
    present(param);
    add({ posting: urlTerm(type, param, uri), others: [] }, true);
  }
  for (const { param, system, code, value } of index.typedIdentifiers) {
    terms.add(ofTypeTerm(type, param, system, code, value));
  }
  const texts = new Map(
    index.texts.map(({ param, folded }) => {
      const text = withoutNul(folded);
      const term = textTermOf(type, param, text);
      return [term, { term, parameter: parameterKey(type, param), folded: text }];
    }),
  );
  for (const term of texts.keys()) terms.add(term);
  const { strings, dates, numbers, quantities, positions, composites, typedIdentifiers } = index;
  for (const entries of [strings, dates, numbers, quantities, positions, composites, index.texts, typedIdentifiers]) {
    for (const { param } of entries) present(param);
  }
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
    owners: owners.length > 1 ? owners : null,
    references: uniqueBy(
      index.references.map((reference) => ({
        parameter: parameterKey(type, reference.param),
        target: referenceTerms(type, reference.param, reference.type, reference.id).target,
      })),
      ({ parameter, target }) => `${parameter} ${target}`,
    ),
    numbers: numbers.map(({ param, value, low, high }) => ({ parameter: parameterKey(type, param), value, low, high })),
    quantities: quantities.map((quantity) => quantityRow(type, quantity)),
    uris: index.uris.map(({ param, uri }) => ({ parameter: parameterKey(type, param), uri: withoutNul(uri) })),
    texts: [...texts.values()],
    positions: positions.map(({ param, ...place }) => ({ parameter: parameterKey(type, param), ...place })),
    composites: composites.flatMap((composite) => compositeRows(type, composite)),
  };
};
