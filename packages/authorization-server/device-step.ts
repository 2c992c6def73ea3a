/**
 * The end of a person's way to allow a device: decided once, in one transaction with the grant, and told on a page of ours
 * instead of by a redirect to the app. RFC 8628 §3.3, §5.4.
 */
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import { readCookie } from './cookies.ts';
import { type DeviceSignIn, decideDevice, findDevice } from './device-authorizations.ts';
import { deviceReturnOf } from './device-return.ts';
import { giveGrant } from './grant-consents.ts';
import type { Grant, NewGrant } from './grants.ts';
import type { Outcome, Step, StepNeighbours } from './interaction-step.ts';
import type { Person } from './people.ts';
import type { WaitingDevice } from './waiting-device.ts';

/** What an audit record says of the step. */
type Facts = Partial<AuditRecord>;
type DeviceStep = Step & { readonly person: Person };

/** Somebody decided before. */
class Taken extends Error {}

/** Kept with the grant, as a code would have carried it. OIDC Core 1.0 §2: `auth_time`, `acr`, `amr`. */
async function signInOf({ provider, cookies }: StepNeighbours, { request }: DeviceStep): Promise<DeviceSignIn> {
  const cookie = readCookie(request, cookies.session);
  const session = cookie === undefined ? undefined : await provider.Session.find(cookie);
  const { uid, loginTs, acr, amr } = session ?? {};
  return {
    ...(uid === undefined ? {} : { session: uid }),
    ...(loginTs === undefined ? {} : { authTime: loginTs }),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
  };
}

const left = ({ issuer }: StepNeighbours, { id }: WaitingDevice): Outcome => ({
  kind: 'left',
  location: deviceReturnOf(issuer, id),
});

/** The same person, in another tab or by a second press, sees what they decided; for anybody else the code is gone. */
async function afterOthers(
  neighbours: StepNeighbours,
  { person }: DeviceStep,
  device: WaitingDevice,
): Promise<Outcome> {
  const row = await findDevice(neighbours.pool, device.id);
  return row?.decision !== undefined && row.decidedBy === person.sub
    ? left(neighbours, device)
    : { kind: 'fault', fault: 'device-gone', status: 409 };
}

export async function allowDevice(
  neighbours: StepNeighbours,
  step: DeviceStep,
  device: WaitingDevice,
  given: NewGrant,
  facts: Facts,
): Promise<Outcome> {
  const { record, now } = neighbours;
  const signIn = await signInOf(neighbours, step);
  let grant: Grant;
  try {
    grant = await giveGrant(neighbours, given, async (db, { id: grantId }) => {
      const decided = { decision: 'allowed', by: step.person.sub, grantId, signIn } as const;
      if (!(await decideDevice(db, device.id, now(), decided))) throw new Taken();
    });
  } catch (error) {
    if (error instanceof Taken) return afterOthers(neighbours, step, device);
    throw error;
  }
  await record('consent-granted', 'permitted', { ...facts, grant: grant.id, scope: grant.scope });
  return left(neighbours, device);
}

export async function refuseDevice(
  neighbours: StepNeighbours,
  step: DeviceStep,
  device: WaitingDevice,
  facts: Facts,
): Promise<Outcome> {
  const { pool, record, now } = neighbours;
  if (!(await decideDevice(pool, device.id, now(), { decision: 'refused', by: step.person.sub })))
    return afterOthers(neighbours, step, device);
  await record('consent-denied', 'denied', facts);
  return left(neighbours, device);
}
