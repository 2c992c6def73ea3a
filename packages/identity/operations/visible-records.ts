/** What of the records of persons a caller may find. What may not be found is as if it were not there. */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchClause, SearchQuery, SearchValue } from '@affinity/core/fhir/search-query.ts';
import type { OperationView } from '@affinity/resource-server/own-operation.ts';

/** Ids of one question. */
const atOnce = 100;

export const patientQuery = (clauses: readonly SearchClause[], count: number): SearchQuery => ({
  type: 'Patient',
  clauses,
  count,
  sort: [],
  total: 'none',
  understood: [],
});

/** By id. */
export const visibleRecords = async (
  view: Pick<OperationView, 'search'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Version>> => {
  const found = new Map<string, Version>();
  for (let from = 0; from < ids.length; from += atOnce) {
    const some = ids.slice(from, from + atOnce);
    const values = some.map((code): SearchValue => ({ kind: 'token', code }));
    const { matches } = await view.search(patientQuery([{ param: '_id', values }], some.length));
    for (const version of matches) found.set(version.id, version);
  }
  return found;
};

/** Those that bear the identifier. */
export const bearers = async (
  view: Pick<OperationView, 'search'>,
  { system, value }: { readonly system: string; readonly value?: string },
  count: number,
): Promise<readonly Version[]> => {
  const token: SearchValue = { kind: 'token', system, ...(value === undefined ? {} : { code: value }) };
  return (await view.search(patientQuery([{ param: 'identifier', values: [token] }], count))).matches;
};

/**
 * A domain is known where the settings name it, or where a record that the caller may find has a number of it. A search for a
 * domain that is not known is refused (patient-search.ts).
 */
export const isKnownDomain = async (
  view: Pick<OperationView, 'search'>,
  system: string,
  declared: ReadonlySet<string>,
): Promise<boolean> => {
  if (declared.has(system)) return true;
  try {
    return (await bearers(view, { system }, 1)).length > 0;
  } catch (error) {
    if (error instanceof FhirError && error.status === 404) return false;
    throw error;
  }
};
