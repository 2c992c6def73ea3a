/** Why the tokens of a grant ask for records: what the app asked for, else what follows from who signed in. IHE IUA; IHE PCF. */
import { emergency, parsePurposes, personalPurposes } from '@affinity/core/smart/purpose-of-use.ts';
import type pg from 'pg';
import type { Client } from './clients.ts';
import type { Grant } from './grants.ts';
import { type ActsFor, findPatientsOf, type Person } from './people.ts';
import { asksForRecords } from './requested-scope.ts';

/** A practitioner of this resource server: somebody who is one elsewhere is nobody here. */
export const isPractitioner = ({ fhirUser = '' }: Person, audience: string): boolean => {
  const own = fhirUser.startsWith(`${audience}/`) ? fhirUser.slice(audience.length + 1) : fhirUser;
  return /^Practitioner(Role)?\/[^/]+$/.test(own);
};

/** The parameter `purpose_of_use`. What cannot be had is refused and never dropped: the app would believe that it has it. */
export function purposesAsked(given: string | undefined, client: Client): ReturnType<typeof parsePurposes> {
  if (given === undefined) return { kind: 'purposes', codes: [] };
  const parsed = parsePurposes(given);
  if (parsed.kind === 'fault' || parsed.codes.every((code) => client.purposes.includes(code))) return parsed;
  return {
    kind: 'fault',
    reason: 'the app is not registered for this purpose_of_use: its affinity_purposes would have to name it',
  };
}

/** Whether this person may ask for these purposes: a patient's own are a patient's, all others a practitioner's. */
export const mayAskFor = (purposes: readonly string[], person: Person, audience: string): boolean =>
  purposes.every((code) => personalPurposes.has(code) !== isPractitioner(person, audience));

export const isEmergency = ({ purpose }: Pick<Grant, 'purpose'>): boolean => purpose === emergency;

/** @param db in a transaction its own connection */
export async function purposesOf(
  db: pg.Pool | pg.PoolClient,
  grant: Grant,
  person: Person,
  at: Date,
): Promise<readonly string[]> {
  const asks = grant.purpose === undefined && asksForRecords(grant.scope.split(' '));
  return purposesFrom(grant, person, asks ? await findPatientsOf(db, person.sub, at) : []);
}

/** @param actsFor for whom the person may act now */
export function purposesFrom(grant: Grant, person: Person, actsFor: readonly ActsFor[]): readonly string[] {
  if (grant.purpose !== undefined) return grant.purpose.split(' ');
  if (!asksForRecords(grant.scope.split(' '))) return [];
  const acts = actsFor.filter(({ relation }) => relation !== 'patient');
  // A practitioner may be somebody's parent too: that is not treatment. Of whoever is neither a practitioner nor a patient
  // nor acts for one, such as an auditor, nothing is assumed.
  if (isPractitioner(person, grant.audience))
    return acts.some(({ patient }) => patient === grant.patient) ? ['PATRQT'] : ['TREAT'];
  const personal = acts.length > 0 || /(^|\/)(Patient|RelatedPerson)\/[^/]+$/.test(person.fhirUser ?? '');
  return personal ? ['PATRQT'] : [];
}
