/**
 * A search by patient, asked of the person: an identifier of theirs, their address at another server, or an id that they had
 * before. Whoever is not known is found nowhere, as whoever has no documents. IHE MHD ITI-66, ITI-67 `patient.identifier`.
 */
import type { SearchClause, SearchQuery, SearchValue } from '@affinity/core/fhir/search-query.ts';
import { type Persons, personOfReference } from './persons.ts';
import { renamed } from './search-parameters.ts';

export interface AskedPersons {
  readonly persons: Persons;
  /** of the locator, without trailing slash */
  readonly base: string;
}

const byReference: ReadonlySet<string> = new Set(['patient', 'subject']);
/** Parameters of their own here, though MHD writes them as chains: nobody's Patient is asked. */
export const byIdentifier: readonly string[] = ['patient.identifier', 'subject.identifier'];

const personOf = async (value: SearchValue, around: AskedPersons): Promise<string | undefined> => {
  switch (value.kind) {
    case 'token': {
      const { system, code } = value;
      // Only a whole identifier names somebody.
      if (system === undefined || system === '' || code === undefined) return undefined;
      return around.persons.personByIdentifier({ system, value: code });
    }
    case 'reference':
      return value.type === undefined || value.type === 'Patient' ? around.persons.survivorOf(value.id) : undefined;
    case 'url':
      return personOfReference(value.url, around);
    default:
      return undefined;
  }
};

/** Undefined: nobody is meant, and nothing is found. */
const settled = async (clause: SearchClause, around: AskedPersons): Promise<SearchClause | undefined> => {
  const found = new Set<string>();
  for (const value of clause.values) {
    const person = await personOf(value, around);
    if (person !== undefined) found.add(person);
  }
  if (found.size === 0) return undefined;
  return { param: 'patient', values: [...found].map((id) => ({ kind: 'reference', type: 'Patient', id })) };
};

const asksForPerson = ({ param, modifier }: SearchClause): boolean =>
  (byIdentifier.includes(param) && modifier === undefined) ||
  (byReference.has(param) && (modifier === undefined || modifier === 'Patient'));

/** The search as the store knows it; undefined: it finds nothing. */
export const askedOfStore = async (query: SearchQuery, around: AskedPersons): Promise<SearchQuery | undefined> => {
  const names = renamed[query.type];
  if (names === undefined) return query;
  const clauses: SearchClause[] = [];
  for (const clause of query.clauses) {
    const own = asksForPerson(clause)
      ? await settled(clause, around)
      : { ...clause, param: names[clause.param] ?? clause.param };
    if (own === undefined) return undefined;
    clauses.push(own);
  }
  return { ...query, clauses };
};
