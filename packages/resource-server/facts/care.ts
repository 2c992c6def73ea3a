/**
 * Whom a practitioner cares for, and as whom: by care team, as general practitioner, by organization. FHIR R4
 * careteam.html, practitionerrole.html, patient.html#gp; SMART App Launch 2.2, `user/` scopes.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { allMatches, type FactsBackend, referenceTo } from './all-matches.ts';
import { holdsAt } from './period.ts';
import { objectsIn, referred, referredPatient } from './references.ts';
import type { ReportOnce } from './report.ts';

/** Which of these make somebody a patient of a practitioner. */
export interface CareRules {
  readonly careTeam: boolean;
  readonly generalPractitioner: boolean;
  /** patients who are managed by an organization of the practitioner, or have it as their general practitioner */
  readonly managingOrganization: boolean;
  /** patients of one practitioner by one of these ways; beyond them it leads to nobody */
  readonly patientsMost: number;
}

export interface CareOptions {
  readonly backend: FactsBackend;
  readonly ownBases: readonly string[];
  readonly rules: CareRules;
  readonly report: ReportOnce;
}

export interface Care {
  /** the practitioner may work here at all */
  readonly active: boolean;
  /** `Practitioner/3`, its roles and organizations; none of one who is not active */
  readonly actors: readonly string[];
  /** ids of patients */
  readonly caredFor: readonly string[];
}

const nobody: Care = { active: false, actors: [], caredFor: [] };

/** Roles of one practitioner. */
const mostRoles = 200;

const resourceOf = (version: Version): Resource => JSON.parse(version.body) as Resource;

/** @param practitioner `Practitioner/3`; @param at epoch milliseconds */
export const careOf = async (practitioner: string, at: number, options: CareOptions): Promise<Care> => {
  const { backend, ownBases, rules, report } = options;
  const [, id = ''] = practitioner.split('/');

  /** All that is found, or nothing: a part would be taken for the whole. */
  const found = async <Found>(
    type: string,
    param: string,
    references: readonly string[],
    read: (version: Version) => Found,
    most = rules.patientsMost,
  ): Promise<readonly Found[]> => {
    if (references.length === 0) return [];
    const clauses = [
      { param, values: references.map(referenceTo) },
      ...(type === 'CareTeam' ? [{ param: 'status', values: [{ kind: 'token', code: 'active' } as const] }] : []),
    ];
    const all = await allMatches(backend, { type, clauses, most, read });
    if (all !== 'too-many') return all;
    const detail = `There are more than ${most}, which is the limit: none of them counts.`;
    report({ kind: 'facts-limit', key: `${type}?${param} of ${practitioner}`, detail });
    return [];
  };

  const self = await backend.read({ type: 'Practitioner', id }, everything);
  const gone = self.kind === 'deleted' || (self.kind === 'found' && resourceOf(self.version).active === false);
  if (gone) return nobody;

  const roles = (await found('PractitionerRole', 'practitioner', [practitioner], resourceOf, mostRoles)).filter(
    ({ active, period }) => active !== false && holdsAt(period, at),
  );
  const roleReferences = roles.map((role) => `PractitionerRole/${role.id}`);
  const organizations = [...new Set(roles.flatMap((role) => referred(role.organization, ownBases) ?? []))];
  const actors = [practitioner, ...roleReferences, ...organizations];

  /** The patient of a care team in which one of the actors takes part now. */
  const patientOfTeam = (version: Version): string | undefined => {
    const { status, period, participant, subject } = resourceOf(version);
    const takesPart = objectsIn(participant).some(
      (one) => actors.includes(referred(one.member, ownBases) ?? '') && holdsAt(one.period, at),
    );
    return status === 'active' && holdsAt(period, at) && takesPart ? referredPatient(subject, ownBases) : undefined;
  };
  const idOf = (version: Version): string => version.id;

  const ways = await Promise.all([
    rules.careTeam ? found('CareTeam', 'participant', actors, patientOfTeam) : [],
    rules.generalPractitioner ? found('Patient', 'general-practitioner', [practitioner, ...roleReferences], idOf) : [],
    rules.managingOrganization ? found('Patient', 'general-practitioner', organizations, idOf) : [],
    rules.managingOrganization ? found('Patient', 'organization', organizations, idOf) : [],
  ]);
  return { active: true, actors, caredFor: [...new Set(ways.flat().filter((patient) => patient !== undefined))] };
};
