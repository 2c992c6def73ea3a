/**
 * `patient.identifier=system|value` with any identifier of the person, whoever gave it: it leads to the Patient that has it, and
 * to the one that this server knows the same person as. What may not be seen leads nowhere, as ever: the Filter of the hop is
 * that of the question as it was asked. `subject:identifier` asks for the reference itself and stays literal. FHIR R4
 * search.html#chaining; IHE PIXm (ITI-83); docs/decisions/0033-who-somebody-is.md.
 */
import type { Criteria, Join, SearchClause, SearchQuery } from '@affinity/core/fhir/search-query.ts';
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';
import type { PatientsIdentified } from '../asked.ts';

/** Both parts, exactly: half an identifier is not looked up for anybody. */
const identifiersIn = ({ param, modifier, values }: SearchClause): readonly PersonIdentifier[] =>
  param !== 'identifier' || modifier !== undefined
    ? []
    : values.flatMap((value) =>
        value.kind === 'token' && value.system && value.code ? [{ system: value.system, value: value.code }] : [],
      );

const samePerson = async (target: Criteria, patientsOf: PatientsIdentified): Promise<readonly Criteria[]> => {
  const [clause, ...others] = target.clauses;
  if (target.type !== 'Patient' || clause === undefined || others.length > 0) return [];
  const found = new Set((await Promise.all(identifiersIn(clause).map(patientsOf))).flat());
  if (found.size === 0) return [];
  const values = [...found].map((code) => ({ kind: 'token', code }) as const);
  return [{ ...target, clauses: [{ param: '_id', values }] }];
};

const throughJoin = async (join: Join, patientsOf: PatientsIdentified): Promise<Join> => {
  if (join.kind === 'has') return { ...join, source: await through(join.source, patientsOf) };
  const targets = await Promise.all(
    join.targets.map(async (target) => [await through(target, patientsOf), ...(await samePerson(target, patientsOf))]),
  );
  return { ...join, targets: targets.flat() };
};

const through = async <Of extends Criteria>(criteria: Of, patientsOf: PatientsIdentified): Promise<Of> => {
  const { joins = [] } = criteria;
  if (joins.length === 0) return criteria;
  return { ...criteria, joins: await Promise.all(joins.map((join) => throughJoin(join, patientsOf))) };
};

/** The same question, asked of whoever is meant. */
export const ofAnyIdentifier = (
  query: SearchQuery,
  patientsOf: PatientsIdentified | undefined,
): Promise<SearchQuery> => (patientsOf === undefined ? Promise.resolve(query) : through(query, patientsOf));
