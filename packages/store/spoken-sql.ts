/**
 * What speaks of resources tells of them: a Provenance is as confidential as each of its targets, a Binary as its security
 * context, and each bears their labels, whatever happens to these later. FHIR R4 security-labels.html, binary.html#security.
 */
import { throughElements } from '@affinity/core/fhir/compartment.ts';
import { type Confidentiality, confidentialityLevels, type Filter } from '@affinity/core/fhir/filter.ts';
import { resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import type { RowName } from './fact-sql.ts';
import { type Sql, sql } from './sql.ts';
import { labelTerm, type Term } from './terms.ts';

/** Whether resources of this type speak of others. */
export const speaks = (type: string): boolean => Object.hasOwn(throughElements, type);

const own = {
  f: { rid: sql`f.rid`, terms: sql`f.terms` },
  h: { rid: sql`h.rid`, terms: sql`h.terms` },
} as const;

/** What the current version speaks of, and what is spoken of by that: a Provenance may be of a Binary, and no further. */
const someSpokenOf = (row: RowName, condition: (of: Sql) => Sql): Sql => sql`
  exists (select from owned_through o join resource t on t.rid = o.target
    left join owned_through further on further.rid = o.target left join resource u on u.rid = further.target
    where o.rid = ${own[row].rid} and (${condition(sql`t`)} or ${condition(sql`u`)}))`;

/** Nothing that it speaks of is more confidential. */
export const spokenAtMost = (level: Confidentiality, row: RowName): Sql => sql`
  not ${someSpokenOf(row, (of) => sql`${of}.confidentiality > ${confidentialityLevels.indexOf(level)}`)}`;

/** A label on whichever type, as the text of an array; the few labels that rules name are remembered: 1,000, then all are forgotten. */
const onAnyType = (system: string, code: string): string => {
  const key = `${system} ${code}`;
  const known = ofAnyType.get(key);
  if (known !== undefined) return known;
  const made = arrayOf(resourceTypes.map((type) => labelTerm(type, system, code)));
  if (ofAnyType.size >= 1_000) ofAnyType.clear();
  ofAnyType.set(key, made);
  return made;
};
const ofAnyType = new Map<string, string>();
const arrayOf = (terms: readonly Term[]): string => `{${terms.join(',')}}`;

/** It carries the label, or something that it speaks of does: whichever type that has. */
export const labelledSql = ({ system, code }: Extract<Filter, { kind: 'label' }>, type: string, row: RowName): Sql => {
  const itself = sql`${own[row].terms} @> ${arrayOf([labelTerm(type, system, code)])}::bigint[]`;
  if (!speaks(type)) return sql`(${itself})`;
  const ofAny = onAnyType(system, code);
  return sql`(${itself} or ${someSpokenOf(row, (of) => sql`coalesce(${of}.terms && ${ofAny}::bigint[], false)`)})`;
};
