/** The privacy Consents that a backend holds, by patient, and what cannot be understood of them. IHE PCF; FHIR R4 consent.html. */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { recordOwners } from '@affinity/core/fhir/compartment.ts';
import { isGrantConsentId, type PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import { parseConsent } from '@affinity/core/fhir/consent-parse.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchClause } from '@affinity/core/fhir/search-query.ts';
import type { PatientConsents } from '@affinity/policy/facts.ts';
import { unknownWords } from '@affinity/policy/rules/consent/unknown-words.ts';
import { allMatches, type FactsBackend, referenceTo } from './all-matches.ts';
import type { ReportOnce } from './report.ts';

export interface ConsentReading {
  readonly backend: FactsBackend;
  readonly ownBases: readonly string[];
  readonly report: ReportOnce;
}

type Consents = ReadonlyMap<string, PatientConsents>;

/** Whatever is not said to be out of force: a status that is not known is a fault, not a no. */
const notOver: SearchClause = {
  param: 'status',
  modifier: 'not',
  values: ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error'].map((code) => ({ kind: 'token', code })),
};

type Read =
  | { readonly kind: 'consent'; readonly consent: PrivacyConsent }
  | { readonly kind: 'fault'; readonly patients: readonly string[] }
  | undefined;

/** What one version says; undefined: nothing that is in force. A Consent that is not wholly understood is reported. */
export const readConsent = (version: Version, { ownBases, report }: Omit<ConsentReading, 'backend'>): Read => {
  const resource = JSON.parse(version.body) as Resource;
  const parsed = parseConsent(resource, ownBases);
  if (parsed.kind === 'not-in-force') return undefined;
  if (parsed.kind === 'consent') {
    const [word] = unknownWords(parsed.consent.provision);
    if (word !== undefined) {
      const meant = 'a refusal with it holds whatever is meant, and a permission with it opens nothing';
      const detail = `${word.expression}: ${word.reason}. Until that is put right, ${meant}.`;
      report({ kind: 'consent-fault', key: version.id, detail }, version.versionId);
    }
    return { kind: 'consent', consent: parsed.consent };
  }
  const detail = `${parsed.expression}: ${parsed.reason}. Until that is put right, nothing is shown by this Consent.`;
  report({ kind: 'consent-fault', key: version.id, detail }, version.versionId);
  return { kind: 'fault', patients: version.patients ?? recordOwners(resource, ownBases) };
};

/** The Consents that grants are do not belong here. */
const readPrivacy =
  (reading: ConsentReading) =>
  (version: Version): Read =>
    isGrantConsentId(version.id) ? undefined : readConsent(version, reading);

/** By patient; patients without any are left out. */
const byPatient = (all: readonly Read[]): Map<string, PatientConsents> => {
  const found = new Map<string, { consents: PrivacyConsent[]; faulty: boolean }>();
  const of = (patient: string) => {
    const known = found.get(patient) ?? { consents: [], faulty: false };
    found.set(patient, known);
    return known;
  };
  for (const read of all) {
    if (read?.kind === 'fault') for (const patient of read.patients) of(patient).faulty = true;
    const patient = read?.kind === 'consent' ? read.consent.patient : undefined;
    if (read?.kind === 'consent' && patient !== undefined) of(patient).consents.push(read.consent);
  }
  return found;
};

/** @param most of one patient; whoever has more is as one whose Consents cannot be understood */
export const consentsOf = async (
  patients: readonly string[],
  most: number,
  reading: ConsentReading,
): Promise<Consents> => {
  const values = patients.map((id) => referenceTo(`Patient/${id}`));
  const found = await allMatches(reading.backend, {
    type: 'Consent',
    clauses: [notOver, { param: 'patient', values }],
    most,
    read: readPrivacy(reading),
  });
  if (found !== 'too-many') return byPatient(found);
  const [only, ...others] = patients;
  if (only !== undefined && others.length === 0) {
    const detail = `There are more than ${most} active Consents of one patient. Until there are fewer, the record is closed.`;
    reading.report({ kind: 'facts-limit', key: `Consents of Patient/${only}`, detail });
    return new Map([[only, { consents: [], faulty: true }]]);
  }
  const half = Math.ceil(patients.length / 2);
  const first = await consentsOf(patients.slice(0, half), most, reading);
  return new Map([...first, ...(await consentsOf(patients.slice(half), most, reading))]);
};

/** @param most of all patients together */
export const consentsOfEverybody = async (most: number, reading: ConsentReading): Promise<Consents | 'too-many'> => {
  const found = await allMatches(reading.backend, {
    type: 'Consent',
    clauses: [notOver],
    most,
    read: readPrivacy(reading),
  });
  if (found !== 'too-many') return byPatient(found);
  const detail = `There are more than ${most} active Consents. Until policy.consents_most is raised, nobody is served who reaches every record.`;
  reading.report({ kind: 'facts-limit', key: 'Consents', detail });
  return found;
};
