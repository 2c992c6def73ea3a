/** What a backend service may reach: the policy that was agreed before it came, read live. SMART App Launch 2.2, Backend Services. */
import type { Confidentiality } from '@affinity/core/fhir/filter.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ServiceFacts } from '@affinity/policy/facts.ts';
import { allMatches, type FactsBackend, referenceTo } from './all-matches.ts';
import { holdsAt } from './period.ts';
import { objectsIn, referredPatient } from './references.ts';
import type { ReportOnce } from './report.ts';

/** As the operator declared it. */
export interface ServicePolicy {
  /** everything, or these: `Patient/x`, the members of `Group/y`, the patients that `Organization/z` manages */
  readonly records: 'all' | readonly string[];
  readonly clearance: Confidentiality;
}

export interface ServiceOptions {
  readonly backend: FactsBackend;
  readonly ownBases: readonly string[];
  /** patients by one of the references; beyond them it leads to nobody */
  readonly patientsMost: number;
  readonly report: ReportOnce;
}

/** @param at epoch milliseconds */
export const serviceFactsOf = async (
  { records, clearance }: ServicePolicy,
  at: number,
  { backend, ownBases, patientsMost, report }: ServiceOptions,
): Promise<ServiceFacts> => {
  if (records === 'all') return { records, clearance };

  const limited = (reference: string, patients: readonly string[] | 'too-many'): readonly string[] => {
    if (patients !== 'too-many' && patients.length <= patientsMost) return patients;
    const detail = `It leads a service to more than ${patientsMost} patients, which is the limit: none of them counts.`;
    report({ kind: 'facts-limit', key: reference, detail });
    return [];
  };

  const membersOf = async (id: string): Promise<readonly string[]> => {
    const result = await backend.read({ type: 'Group', id }, everything);
    if (result.kind !== 'found') return [];
    const { actual, active, member } = JSON.parse(result.version.body) as Resource;
    if (actual !== true || active === false) return [];
    return objectsIn(member)
      .filter(({ inactive, period }) => inactive !== true && holdsAt(period, at))
      .flatMap(({ entity }) => referredPatient(entity, ownBases) ?? []);
  };

  const patientsOf = async (reference: string): Promise<readonly string[]> => {
    const [type, id = ''] = reference.split('/');
    if (type === 'Patient') return [id];
    if (type === 'Group') return limited(reference, await membersOf(id));
    if (type !== 'Organization') return [];
    const clauses = [{ param: 'organization', values: [referenceTo(reference)] }];
    return limited(
      reference,
      await allMatches(backend, { type: 'Patient', clauses, most: patientsMost, read: (version) => version.id }),
    );
  };

  const found: string[] = [];
  for (const reference of records) found.push(...(await patientsOf(reference)));
  return { records: [...new Set(found)], clearance };
};
