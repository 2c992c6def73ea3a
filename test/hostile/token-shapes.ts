/** Shapes of access tokens, and what each opens of a world: said here, so that the policy is not its own judge. SMART App Launch 2.2, scopes. */
import { categorySystem, type Facts, isAtMost, sharedTypes } from './worlds.ts';

/** One shape of access token, and what it opens. */
export interface Shape {
  readonly name: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** ids of patients whom the user may reach */
  readonly patientsOf?: readonly string[];
  /** ids are one to a resource: whoever may choose any learns that one is taken (docs/decisions/0005-403-and-404.md) */
  readonly choosesIds?: true;
  sees(facts: Facts): boolean;
}

const isShared = (type: string): boolean => sharedTypes.includes(type);
const ofPatient = (scope: string, more: object = {}) => ({
  sub: 'user-1',
  client_id: 'app-1',
  grant_id: 'grant-1',
  patient: 'a',
  scope,
  ...more,
});
const relative = { sub: 'user-2', client_id: 'app-2', grant_id: 'grant-2', fhirUser: 'RelatedPerson/r' };
const normal = ({ level }: Facts): boolean => isAtMost(level, 'N');

export const shapes: readonly Shape[] = [
  {
    name: 'all of one patient',
    claims: ofPatient('patient/*.cruds'),
    sees: (facts) => normal(facts) && (facts.owner === 'a' || isShared(facts.type)),
  },
  {
    name: 'one patient, confidential too',
    claims: ofPatient('patient/*.cruds', { clearance: 'R' }),
    sees: ({ level, owner, type }) => isAtMost(level, 'R') && (owner === 'a' || isShared(type)),
  },
  {
    name: 'one type of one patient',
    claims: ofPatient('patient/Observation.cruds'),
    sees: (facts) => normal(facts) && facts.owner === 'a' && facts.type === 'Observation',
  },
  {
    name: 'granular',
    claims: ofPatient(`patient/Observation.cruds?category=${categorySystem}|laboratory patient/Patient.rs`),
    sees: (facts) =>
      normal(facts) &&
      facts.owner === 'a' &&
      (facts.type === 'Patient' || (facts.type === 'Observation' && facts.category === 'laboratory')),
  },
  {
    name: 'a relative of two patients',
    claims: { ...relative, scope: 'user/*.cruds' },
    patientsOf: ['a', 'c'],
    // The log is told to the patients themselves, not to who acts for them.
    sees: (facts) =>
      normal(facts) && (isShared(facts.type) || (facts.type !== 'AuditEvent' && ['a', 'c'].includes(facts.owner))),
  },
  {
    name: 'a service for two types',
    claims: { scope: `system/Observation.cruds?category=${categorySystem}|vital-signs system/Patient.rs` },
    sees: (facts) =>
      normal(facts) && (facts.type === 'Patient' || (facts.type === 'Observation' && facts.category === 'vital-signs')),
  },
  {
    name: 'a service for all that is normal',
    claims: { scope: 'system/*.cruds' },
    choosesIds: true,
    // Services read the whole log.
    sees: (facts) => normal(facts) || facts.type === 'AuditEvent',
  },
];
