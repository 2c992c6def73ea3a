/** What the steps of a sign-in and consent have in common: what they are told, and what they may answer. */
import type Provider from 'oidc-provider';
import type pg from 'pg';
import { accountClientId } from './account-client.ts';
import type { ResourceServer } from './audience.ts';
import type { Record } from './audit-recorder.ts';
import type { Client, ClientRegistry } from './clients.ts';
import type { CookieNames } from './cookies.ts';
import type { CrossReference } from './cross-reference.ts';
import type { EhrLaunch } from './ehr-launches.ts';
import type { Passkeys } from './factors/passkeys.ts';
import type { Totp } from './factors/totp.ts';
import type { Federation } from './federation.ts';
import type { GrantConsents } from './grant-consents.ts';
import type { EndGrant } from './grants.ts';
import type { ReadIdentifiers } from './identifiers.ts';
import type { LaunchRecords } from './launch-records.ts';
import type { Log } from './log.ts';
import type { AppView, ErrorView, Pages, PatientView } from './page-views.ts';
import type { People, Person } from './people.ts';
import type { Settings } from './settings.ts';
import type { WaitingDevice } from './waiting-device.ts';

export interface StepNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly consents: GrantConsents;
  readonly crossReference: CrossReference;
  readonly resourceServers: readonly ResourceServer[];
  readonly endGrant: EndGrant;
  readonly provider: Provider;
  readonly clients: ClientRegistry;
  readonly people: People;
  readonly totp: Totp;
  readonly passkeys: Passkeys;
  readonly federation: Federation;
  readonly settings: Settings;
  readonly cookies: CookieNames;
  readonly pages: Pages;
  readonly record: Record;
  readonly readIdentifiers: ReadIdentifiers;
  readonly log: Log;
  /** what is known of these patients; whoever is not known is left out */
  patients(ids: readonly string[]): Promise<readonly Omit<PatientView, 'relation'>[]>;
  /** the one patient whom an entry names exactly: bare id, undefined where nobody or several are named */
  findPatient(entry: PatientEntry): Promise<string | undefined>;
  readonly launchRecords: LaunchRecords;
  now(): Date;
}

/** A patient as somebody names one: everything that is given has to fit, and one of the two is. */
export interface PatientEntry {
  /** a value, or `system|value` */
  readonly identifier?: string;
  readonly demographics?: {
    readonly name: string;
    /** 1970-05-03 */
    readonly birthDate: string;
  };
}

export interface Step {
  readonly interaction: InstanceType<Provider['Interaction']>;
  readonly request: Request;
  readonly address?: string;
  readonly client: Client;
  readonly app: AppView;
  readonly action: string;
  readonly csrf: string;
  /** what is asked for, as `resolveScope` gave it */
  readonly tokens: readonly string[];
  readonly audience: string;
  /** what is asked for by name, such as `userinfo.name` */
  readonly claims: readonly string[];
  /** further servers for which the same consent is asked */
  readonly servers: readonly string[];
  /** why, as codes of v3-ActReason, where the app asked for a purpose */
  readonly purposes: readonly string[];
  /** the device that waits for the answer, where it is not an app that the person comes back to */
  readonly device?: WaitingDevice;
  /** digest of the launch from a record system, where the app was launched from one */
  readonly launch?: string;
}

/** What every page of a sign-in is given. Our own pages are no app that asks for anything. */
export const shownOf = ({ action, csrf, app, client }: Step) => ({
  action,
  csrf,
  ...(client.id === accountClientId ? {} : { app }),
});

/** A step of someone who has signed in. */
export interface PersonStep extends Step {
  readonly person: Person;
  /** of this person and app, and not used yet */
  readonly ehrLaunch?: EhrLaunch;
  /** signed in on a computer that others use too */
  readonly shared: boolean;
  /** those for whom the person may act now */
  readonly patients: readonly PatientView[];
}

/** Steps never lead to one another: each answers the dispatcher, which decides what comes next. */
export type Outcome =
  | {
      readonly kind: 'page';
      readonly document: string;
      readonly status: number;
      readonly retryAfterSeconds?: number /** our own file, for passkeys */;
      readonly script?: true;
    }
  | { readonly kind: 'fault'; readonly fault: ErrorView['kind']; readonly status: number; readonly detail?: string }
  /** the result was noted; look again what is missing */
  | { readonly kind: 'again' }
  /** decided, and told elsewhere than by the authorization endpoint */
  | { readonly kind: 'left'; readonly location: string }
  /** nothing is missing for now: back to the authorization endpoint */
  | { readonly kind: 'finished'; readonly setCookie?: string };

/** Notes a result in the interaction, beside what earlier steps noted. */
export async function noteResult(
  step: Pick<Step, 'interaction'>,
  result: { readonly [key: string]: unknown },
): Promise<void> {
  const { interaction } = step;
  interaction.result = { ...('error' in result ? {} : interaction.lastSubmission), ...result };
  await interaction.persist();
}

export const auditFacts = (
  { address, client, purposes }: Pick<Step, 'address' | 'client' | 'purposes'>,
  person?: Person,
) => ({
  client: client.id,
  ...(address === undefined ? {} : { address }),
  ...(purposes.length === 0 ? {} : { purpose: purposes.join(' ') }),
  ...(person === undefined ? {} : { user: person.sub }),
});
