/**
 * What a question about tokens has to know of a grant beside its Consent, read in one statement: the grant, who gave it, and
 * for whom that person may act at this moment. RFC 6749 §6; RFC 7662 §2.2.
 */
import { type AsJson, asJson, type Look, lookOne } from '@affinity/store/postgres/look.ts';
import { type Grant, type GrantRow, grantColumns, grantOf } from './grants.ts';
import { type ActsFor, actsAt, type Person } from './people.ts';
import { isEmergency } from './purposes.ts';

export interface GrantFacts {
  /** it lives */
  readonly grant: Grant;
  /** absent where unknown or disabled */
  readonly person?: Person;
  readonly acts: readonly ActsFor[];
  readonly mayDeclareEmergency: boolean;
}

export interface GrantFactsRow extends Omit<GrantRow, 'id'> {
  /** null where the grant has ended */
  readonly id: string | null;
  readonly username: string | null;
  readonly person_name: string | null;
  readonly fhir_user: string | null;
  readonly emergency: boolean | null;
  readonly acts: readonly ActsFor[] | null;
}

/** Of a grant `g` and a person `p`; `$2` is the moment. */
export const factColumns = `${grantColumns.replace(/\b[a-z_]+\b/g, 'g.$&')}, p.username, p.name as person_name, p.fhir_user, p.emergency,
  (select json_agg(json_build_object('patient', a.patient, 'relation', a.relation)) from person_patient a
    where a.sub = g.sub and ${actsAt}) as acts`;
/** Said so that no index of living grants fits: planned while there were few, a statement by a key would read all of one for ever. */
export const grantLives = '(g.ended_at is null)::int = 1 and g.expires_at > $2';
export const joinedPerson = 'left join person p on p.sub = g.sub and p.disabled_at is null';

export function factsOf(row: AsJson<GrantFactsRow>): GrantFacts | undefined {
  const { id, sub, username, person_name: name, fhir_user: fhirUser, emergency, acts } = row;
  if (id === null) return undefined;
  const person =
    username === null || name === null
      ? undefined
      : { sub, username, name, ...(fhirUser === null ? {} : { fhirUser }) };
  return {
    grant: grantOf({
      ...row,
      id,
      created_at: new Date(row.created_at),
      expires_at: new Date(row.expires_at),
      last_used_at: row.last_used_at === null ? null : new Date(row.last_used_at),
    }),
    ...(person === undefined ? {} : { person }),
    acts: acts ?? [],
    mayDeclareEmergency: emergency === true,
  };
}

const byId = {
  name: 'grant-facts',
  text: asJson(`select ${factColumns} from authorization_grant g ${joinedPerson} where g.id = $1 and ${grantLives}`),
};

/** Undefined where the grant is unknown, over or ended. */
export async function findGrantFacts(look: Look, id: string, at: Date): Promise<GrantFacts | undefined> {
  const row = await lookOne<GrantFactsRow>(look, { ...byId, values: [id, at] });
  return row === undefined ? undefined : factsOf(row);
}

/**
 * The person, if still known and still allowed to act for the patient of the grant, or to declare an emergency.
 * @param stands what `launchStands` (token-grants.ts) said; without it, a launched grant is worth nothing
 */
export function entitledPerson(facts: GrantFacts, stands = false): Person | undefined {
  const { grant, person, acts, mayDeclareEmergency } = facts;
  if (grant.launched === true) return stands ? person : undefined;
  if (isEmergency(grant)) return mayDeclareEmergency ? person : undefined;
  if (grant.patient === undefined) return person;
  return acts.some(({ patient }) => patient === grant.patient) ? person : undefined;
}
