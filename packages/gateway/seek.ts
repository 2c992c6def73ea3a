/**
 * What a question finds and its caller may see: asked of the foreign system as narrowly as the Filter allows, and then
 * judged one by one. FHIR R4 search.html.
 */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchClause, SortKey } from '@affinity/core/fhir/search-query.ts';
import type { Admit, Question } from './admit.ts';
import type { Around } from './fetch.ts';
import type { KnowOthers } from './known-others.ts';
import { createNarrow, type Narrowing } from './narrow.ts';
import type { Report } from './report.ts';
import type { Held, Source } from './source.ts';
import type { Place, Walk } from './walk.ts';

export interface Sought {
  readonly held: Held;
  readonly facts: ResourceFacts;
  readonly place: Place;
}
export interface Asked {
  /** clauses that everything which meets the question meets too, to ask by */
  readonly implied?: readonly SearchClause[];
  /** a Filter that everything which meets the question is let through by too, to ask by */
  readonly within?: Filter;
  readonly sort?: readonly SortKey[];
  readonly count: number;
  readonly from?: Place;
}
/** Page by page of the foreign system, some of them empty. */
export type Seek = (question: Question, asked: Asked, around: Around) => AsyncGenerator<readonly Sought[], void, void>;

/** The narrowing of each Filter by each capability, found once. */
const createNarrowings = (parameters: () => SearchParameters) => {
  const ofCapability = new WeakMap<TypeCapability, (filter: Filter) => Narrowing>();
  return (capability: TypeCapability): ((filter: Filter) => Narrowing) => {
    const before = ofCapability.get(capability);
    if (before !== undefined) return before;
    const narrow = createNarrow(capability, parameters());
    const known = new WeakMap<Filter, { readonly narrowing: Narrowing }>();
    const remembered = (filter: Filter): Narrowing => {
      const found = known.get(filter) ?? { narrowing: narrow(filter) };
      known.set(filter, found);
      return found.narrowing;
    };
    ofCapability.set(capability, remembered);
    return remembered;
  };
};

const isSame = (one: SearchClause, other: SearchClause): boolean =>
  one.param === other.param && one.modifier === other.modifier && sameValues(one, other);
const sameValues = (one: SearchClause, other: SearchClause): boolean =>
  one.values.length === other.values.length && JSON.stringify(one.values) === JSON.stringify(other.values);

export const createSeek = (options: {
  readonly source: Source;
  readonly walk: Walk;
  readonly admit: Admit;
  readonly knowOthers: KnowOthers;
  readonly report: Report;
  readonly parameters: () => SearchParameters;
}): Seek => {
  const { source, walk, admit, knowOthers, report, parameters } = options;
  const narrowingsOf = createNarrowings(parameters);
  return async function* seek(question, asked, around) {
    const { type, filter, clauses } = question;
    const capability = source.capabilities.find((one) => one.type === type);
    if (capability?.interactions.includes('search-type') !== true) return;
    const { implied = [], within = everything, sort = [], count, from } = asked;
    const narrow = narrowingsOf(capability);
    const narrowing = narrow(filter);
    const nearer = narrow(within);
    if (narrowing === undefined || nearer === undefined) return;
    const patients = nearer.patients ?? narrowing.patients;
    const given = [...clauses, ...implied, ...nearer.clauses];
    const more = narrowing.clauses.filter((one) => !given.some((other) => isSame(one, other)));
    const judge = admit(question);
    let told = false;
    const isOfAnother = ({ owners }: ResourceFacts): boolean =>
      patients !== undefined && owners.length > 0 && !owners.some((owner) => patients.includes(owner));
    const walked = walk(
      { type, clauses: [...given, ...more], sort, count },
      from === undefined ? around : { ...around, from },
    );
    for await (const page of walked) {
      const others = await knowOthers(
        page.map(({ held }) => held.resource),
        around,
      );
      const shown: Sought[] = [];
      for (const { held, place } of page) {
        const { facts, isShown } = judge(held, others);
        if (isShown) shown.push({ held, facts, place });
        else if (!told && (held.type !== type || isOfAnother(facts))) {
          told = true;
          const kind = held.type === type ? 'upstream-wrong-patient' : 'upstream-wrong-resource';
          report({ kind, source: source.name, type });
        }
      }
      yield shown;
    }
  };
};
