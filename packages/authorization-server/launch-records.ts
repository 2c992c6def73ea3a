/**
 * What the authorization server asks about records where a launch depends on them. Whoever answers does so by the decision
 * of the resource server, and lets out nothing that it would not. SMART App Launch 2.2, EHR launch, launch/encounter.
 */
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import type { EncounterView } from './page-views.ts';
import type { Person } from './people.ts';

export interface LaunchRecords {
  /** Whether this access token shows this patient and, where one is named, this encounter of that patient. */
  shows(
    claims: AccessTokenClaims,
    audience: string,
    wanted: { readonly patient: string; readonly encounter?: string },
  ): Promise<'shown' | 'no-patient' | 'no-encounter'>;
  /** Whether an app of this person would reach this patient's record at this moment. Never asked within a transaction. */
  reaches(person: Person, audience: string, patient: string): Promise<boolean>;
  /** The visits of a patient that an app of this person would see without anything confidential, newest first. */
  encounters(
    person: Person,
    clientId: string,
    audience: string,
    patient: string,
    most: number,
  ): Promise<readonly EncounterView[]>;
}

/** A domain that knows nothing of records launches nothing. */
export const noRecords: LaunchRecords = {
  shows: async () => 'no-patient',
  reaches: async () => false,
  encounters: async () => [],
};
