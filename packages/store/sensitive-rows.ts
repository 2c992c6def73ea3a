/**
 * What was stored before sensitive meant restricted is restricted at once, by the labels that its rows are found by: going
 * through everything takes longer than nothing may be shown. A code counts whatever its system; what that hides too much is
 * set right when it is gone through (reindexing.ts). HL7 v3-ActCode; FHIR R4 security-labels.html.
 */
import { confidentialityLevels } from '@affinity/core/fhir/filter.ts';
import { restrictingCodes } from '@affinity/core/fhir/sensitivity.ts';
import type { Query } from './database.ts';
import { termArray } from './filter-sql.ts';
import { sql } from './sql.ts';
import { codeTerm } from './terms.ts';

const restricted = confidentialityLevels.indexOf('R');

/** Current, deleted and earlier versions of these types. Earlier ones are in no index: each type's are looked through once. */
export const restrictSensitive = async (query: Query, types: ReadonlySet<string>): Promise<void> => {
  const stored = await query<{ type: string }>(sql`
    select t.type from unnest(${[...types]}::text[]) t (type)
    where exists (select from resource r where r.type = t.type)`);
  for (const { type } of stored) {
    const terms = termArray(restrictingCodes.map((code) => codeTerm(type, '_security', code)));
    await query(sql`
      with raised as (
        update resource r set confidentiality = ${restricted}
        where r.rid in (select p.rid from posting p where p.term = any(${terms}::bigint[]))
          and r.confidentiality < ${restricted}
        returning r.*)
      update compartment c set confidentiality = n.confidentiality from raised n
      where c.patient = any(n.patients) and c.type = n.type and c.occurred = n.occurred and c.rid = n.rid`);
    await query(sql`
      update resource r set confidentiality = ${restricted}
      where r.type = ${type} and r.deleted and r.confidentiality < ${restricted} and r.terms && ${terms}::bigint[]`);
    await query(sql`
      update resource_history h set confidentiality = ${restricted}
      where h.type = ${type} and h.confidentiality < ${restricted} and h.terms && ${terms}::bigint[]`);
  }
};
