/**
 * What an operator declares that a backend service may reach, beside its scopes: `affinity_records` and
 * `affinity_clearance` of its metadata. SMART App Launch 2.2, Backend Services (pre-agreed policy).
 */
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';

/** Absent: everything, and nothing that is more confidential than normal. */
export interface ServiceMetadata {
  /** `all`, or references: `Patient/x`, `Group/y` (its members), `Organization/z` (the patients that it manages) */
  readonly affinity_records?: 'all' | readonly string[];
  /** the most confidential that it may see */
  readonly affinity_clearance?: 'N' | 'R' | 'V';
}

export interface ServicePolicy {
  readonly records: 'all' | readonly string[];
  readonly clearance: Confidentiality;
}

const mostReferences = 1000;
const clearances: readonly unknown[] = ['N', 'R', 'V'];

const isReference = (value: unknown): boolean => {
  if (typeof value !== 'string') return false;
  const [type, id = '', ...rest] = value.split('/');
  return ['Patient', 'Group', 'Organization'].includes(type ?? '') && isResourceId(id) && rest.length === 0;
};

/** Every fault of the two, as sentences without the client's name. */
export const servicePolicyFaults = (
  given: Readonly<Record<string, unknown>>,
  grantTypes: readonly string[],
): string[] => {
  const { affinity_records: records, affinity_clearance: clearance } = given;
  const faults: string[] = [];
  if (!grantTypes.includes('client_credentials'))
    for (const name of ['affinity_records', 'affinity_clearance'])
      if (given[name] !== undefined)
        faults.push(`${name} is for backend services, whose grant_types hold client_credentials`);
  if (records !== undefined && records !== 'all') {
    if (!Array.isArray(records) || records.length === 0 || records.length > mostReferences)
      faults.push(`affinity_records must be all, or a list of 1 to ${mostReferences} references`);
    else
      for (const one of records.filter((each) => !isReference(each)).slice(0, 10))
        faults.push(
          `affinity_records: ${JSON.stringify(one)?.slice(0, 80)} is none of Patient/…, Group/… and Organization/…`,
        );
  }
  if (clearance !== undefined && !clearances.includes(clearance))
    faults.push('affinity_clearance must be N (normal), R (restricted) or V (very restricted)');
  return faults;
};

/** undefined: it is no backend service. */
export const servicePolicyOf = (client: {
  readonly grantTypes: readonly string[];
  readonly metadata: ServiceMetadata;
}): ServicePolicy | undefined =>
  client.grantTypes.includes('client_credentials')
    ? { records: client.metadata.affinity_records ?? 'all', clearance: client.metadata.affinity_clearance ?? 'N' }
    : undefined;
