/**
 * Who may see which version, read from the plan by brute force: it imports nothing of the policy, so that the policy is not
 * its own judge. SMART App Launch 2.2, scopes; FHIR R4 security.html, compartmentdefinition-patient.html; IHE PCF.
 */
import { type Asker, consentPermits, consentsPermit } from './consent-oracle.ts';
import {
  type Agreements,
  type Bond,
  beginning,
  type Facts,
  isAtMost,
  type PlannedConsent,
  sharedTypes,
} from './world-plan.ts';

/** A scope of the caller, in parts. */
export interface CallerScope {
  readonly where: 'patient' | 'user' | 'system';
  readonly type: string;
  readonly letters: string;
  /** of Observations */
  readonly category?: string;
}

/** Somebody who asks, as the house knows them: from this both the token and the facts are made. */
export interface Caller {
  readonly name: string;
  readonly scopes: readonly CallerScope[];
  /** absent: a backend service */
  readonly fhirUser?: string;
  /** in the context of the token */
  readonly patient?: string;
  readonly client: string;
  readonly clearance?: 'N' | 'R' | 'V';
  readonly purpose?: string;
  /** what the person let the app have; absent: everything */
  readonly grant?: PlannedConsent;
  /** every practitioner of the house reaches every record */
  readonly wholeServer?: boolean;
  /** of a backend service */
  readonly records?: 'all' | readonly string[];
  /** may declare emergencies */
  readonly privileged?: boolean;
  readonly auditor?: boolean;
}

const isNow = ({ active, from = -Infinity, until = Infinity }: Bond): boolean =>
  active && from <= beginning && beginning < until;
const boundTo = (bonds: readonly Bond[], who: string): readonly string[] =>
  bonds.filter((bond) => bond.who === who && isNow(bond)).map(({ patient }) => patient);

/** References by which a Consent may mean the caller. */
const actorsOf = ({ fhirUser, client }: Caller): readonly string[] => [
  client,
  ...(fhirUser === undefined ? [] : [fhirUser]),
  ...(fhirUser === 'Practitioner/d1' ? ['PractitionerRole/pr1', 'Organization/o1'] : []),
];

export type Reach = 'everybody' | readonly string[];

/**
 * `sees`: whether a version may be read, found or changed by the caller, by any of these letters of scopes. `reach`: whose
 * records there are for the caller at all.
 */
export const accessOf = (
  caller: Caller,
  agreed: Agreements,
): { readonly sees: (facts: Facts, letters?: string) => boolean; readonly reach: Reach } => {
  const { fhirUser, patient, scopes, purpose, clearance = 'N', grant } = caller;
  const isPatient = fhirUser?.startsWith('Patient/') === true;
  const isPractitioner = fhirUser?.startsWith('Practitioner/') === true;
  const actsFor = isPatient
    ? [fhirUser.split('/')[1] ?? '']
    : fhirUser === undefined
      ? []
      : boundTo(agreed.relatives, fhirUser);
  const caresFor = isPractitioner ? boundTo(agreed.teams, fhirUser) : [];
  const declared = purpose === 'BTG';
  const emergency = declared && caller.privileged === true && fhirUser !== undefined ? patient : undefined;
  const asker: Asker = {
    actors: actorsOf(caller),
    now: beginning,
    isPerson: fhirUser !== undefined,
    ...(purpose === undefined ? {} : { purpose }),
  };

  const reachOf = (where: CallerScope['where']): Reach => {
    if (where === 'system') {
      if (fhirUser !== undefined) return [];
      return caller.records === 'all' ? 'everybody' : (caller.records ?? []);
    }
    if (fhirUser === undefined) return [];
    if (where === 'user') {
      if (emergency !== undefined) return [];
      return isPractitioner && caller.wholeServer === true ? 'everybody' : [...actsFor, ...caresFor];
    }
    if (patient === undefined) return [];
    return patient === emergency || actsFor.includes(patient) || caresFor.includes(patient) ? [patient] : [];
  };
  const reaches = new Map((['patient', 'user', 'system'] as const).map((where) => [where, reachOf(where)]));
  const all = scopes.map(({ where }) => reaches.get(where) ?? []);
  const reachedAtAll: Reach = all.includes('everybody') ? 'everybody' : all.flat();

  const gave = ({ type, givenBy }: Facts): boolean => type === 'Consent' && givenBy === fhirUser;

  /** Of whoever gives care. */
  const isOwnEntry = ({ type, id }: Facts): boolean => sharedTypes.includes(type) && `${type}/${id}` === fhirUser;

  const inReach = ({ where }: CallerScope, letter: string, facts: Facts): boolean => {
    const { type, owner } = facts;
    const looks = letter === 'r' || letter === 's';
    if (type === 'AuditEvent') {
      if (where === 'system') return caller.records === 'all' || (caller.records ?? []).includes(owner);
      const own = where === 'user' ? (isPatient ? actsFor : []) : actsFor.filter((one) => one === patient);
      return (where === 'user' && caller.auditor === true) || (own.includes(owner) && isAtMost(facts.level, clearance));
    }
    const reach = reaches.get(where) ?? [];
    if (reach === 'everybody') return true;
    if (where === 'user' && looks && (gave(facts) || isOwnEntry(facts))) return true;
    if (reach.length > 0 && sharedTypes.includes(type)) return looks;
    return owner !== '' && reach.includes(owner);
  };

  const scoped = (letter: string, facts: Facts): boolean =>
    scopes.some(
      (scope) =>
        (scope.type === '*' || scope.type === facts.type) &&
        scope.letters.includes(letter) &&
        (scope.category === undefined || scope.category === facts.category) &&
        inReach(scope, letter, facts),
    );

  /** The patient is not bound by the own Consents; nobody is where the glass is broken. */
  const permittedBy = (one: string, facts: Facts): boolean =>
    fhirUser === `Patient/${one}` ||
    consentsPermit(
      agreed.consents.filter((consent) => consent.patient === one),
      agreed.implicit,
      facts,
      asker,
    );

  const hasDecided = (one: string): boolean => agreed.consents.some(({ patient: of, active }) => of === one && active);

  const consented = (letter: string, facts: Facts): boolean => {
    const { type, owner, names } = facts;
    const toldOfAll = type === 'AuditEvent' && (caller.auditor === true || fhirUser === undefined);
    if (sharedTypes.includes(type) || toldOfAll || emergency !== undefined) return true;
    if ((letter === 'r' || letter === 's') && gave(facts)) return true;
    if (reachedAtAll !== 'everybody') return reachedAtAll.includes(owner) && permittedBy(owner, facts);
    // What has to do with several is bound by all who have decided; where nobody has, by what is implied for its owner.
    if (agreed.implicit === 'deny' && (owner === '' || !permittedBy(owner, facts))) return false;
    return [owner, ...names].filter(hasDecided).every((one) => permittedBy(one, facts));
  };

  const inEmergency = (letter: string, { type, owner }: Facts): boolean =>
    !declared ||
    (emergency !== undefined &&
      (letter === 'r' || letter === 's') &&
      (sharedTypes.includes(type) || owner === emergency));

  const cleared = ({ type, level }: Facts): boolean => type === 'AuditEvent' || isAtMost(level, clearance);

  const granted = (facts: Facts): boolean =>
    grant === undefined || (grant.active && consentPermits(grant, facts, asker));

  const sees = (facts: Facts, letters = 'cruds'): boolean =>
    [...letters].some(
      (letter) =>
        scoped(letter, facts) &&
        consented(letter, facts) &&
        inEmergency(letter, facts) &&
        cleared(facts) &&
        granted(facts),
    );
  return { sees, reach: reachedAtAll };
};
