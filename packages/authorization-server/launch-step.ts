/**
 * A launch from a record system, at the authorization endpoint: for this app and this server, not over, not used, and of
 * the person who signs in. SMART App Launch 2.2, EHR launch (B15); docs/decisions/0017-ehr-launch.md.
 */
import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import type { Record as RecordEvent } from './audit-recorder.ts';
import type { Client } from './clients.ts';
import { digestOf, type EhrLaunch, findLaunch } from './ehr-launches.ts';
import {
  auditFacts,
  noteResult,
  type Outcome,
  type PersonStep,
  type Step,
  type StepNeighbours,
} from './interaction-step.ts';
import type { Person } from './people.ts';

export type LaunchCheck =
  | { readonly kind: 'launch'; readonly digest: string }
  | { readonly kind: 'fault'; readonly description: string };

export interface LaunchCheckNeighbours {
  readonly pool: pg.Pool;
  readonly record: RecordEvent;
  now(): Date;
}

/** As a request arrives, before anybody has signed in. Every reason has the same answer: the app learns nothing of others. */
export const createLaunchCheck =
  ({ pool, record, now }: LaunchCheckNeighbours) =>
  async (handle: string, client: Client, audience: string): Promise<LaunchCheck> => {
    const launch = /^[A-Za-z0-9_-]{43}$/.test(handle) ? await findLaunch(pool, digestOf(handle)) : undefined;
    const reason =
      launch === undefined
        ? 'unknown'
        : launch.clientId !== client.id
          ? 'of another app'
          : launch.audience !== audience
            ? 'for another server'
            : launch.expiresAt <= now()
              ? 'over'
              : launch.used !== undefined
                ? 'used before'
                : undefined;
    if (launch !== undefined && reason === undefined) return { kind: 'launch', digest: launch.digest };
    await record('launch-used', 'denied', { client: client.id, reason: `launch: ${reason}` });
    return { kind: 'fault', description: 'launch is not one that was issued for this app here, or it is over' };
  };

export type LaunchOpening =
  | { readonly kind: 'none' }
  | { readonly kind: 'open'; readonly launch: EhrLaunch }
  /** allowed in this very interaction: a second click, or the page shown again */
  | { readonly kind: 'given'; readonly grantId: string }
  | { readonly kind: 'refused'; readonly error: 'access_denied' | 'invalid_request'; readonly reason: string };

/** Of somebody who has signed in. */
export async function openLaunch(
  { pool, launchRecords }: StepNeighbours,
  { launch: digest, client, audience, interaction }: Step,
  person: Person,
): Promise<LaunchOpening> {
  if (digest === undefined) return { kind: 'none' };
  const launch = await findLaunch(pool, digest);
  const isOurs = launch !== undefined && launch.clientId === client.id && launch.audience === audience;
  const { used } = launch ?? {};
  if (isOurs && launch.sub === person.sub && used?.interaction?.equals(hashOf(interaction.uid)) === true)
    return { kind: 'given', grantId: used.grantId };
  if (!isOurs || used !== undefined)
    return { kind: 'refused', error: 'invalid_request', reason: 'the launch was used before' };
  if (launch.sub !== person.sub)
    return { kind: 'refused', error: 'access_denied', reason: 'the launch belongs to another person' };
  const { patient } = launch;
  return patient === undefined || (await launchRecords.reaches(person, audience, patient))
    ? { kind: 'open', launch }
    : { kind: 'refused', error: 'access_denied', reason: 'the person may not open this record any more' };
}

/** The app is told, the person was asked nothing, and there is no code. */
export async function refuseLaunch(
  { record }: Pick<StepNeighbours, 'record'>,
  step: Pick<PersonStep, 'interaction' | 'address' | 'client' | 'purposes' | 'person'>,
  { error, reason }: Omit<Extract<LaunchOpening, { kind: 'refused' }>, 'kind'>,
): Promise<Outcome> {
  await record('launch-used', 'denied', { ...auditFacts(step, step.person), reason });
  await noteResult(step, { error, error_description: reason });
  return { kind: 'finished' };
}

/** What is in context beside the patient, as the token response will say it. */
export function launchContext(
  launch: EhrLaunch | undefined,
  encounter: string | undefined,
): { context?: LaunchContext } {
  const context = { ...launch?.context, ...(encounter === undefined ? {} : { encounter }) };
  return Object.keys(context).length === 0 ? {} : { context };
}
