/** A device asks whether somebody has allowed it: not yet, not so often, no, too late, or its tokens, once. RFC 8628 §3.4, §3.5. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { lookOn } from '@affinity/store/postgres/look.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { consumeDevice, type DeviceAuthorization, lockDevice, notePoll } from './device-authorizations.ts';
import { entitledPerson, findGrantFacts } from './grant-facts.ts';
import { noteFirstUse } from './grants.ts';
import { renewed } from './lifetimes.ts';
import { presentOf } from './present-grant.ts';
import { holdSession } from './session-rows.ts';
import { endFamily, type TokenNeighbours, type TokenOutcome, type TokenRequest } from './token-grants.ts';
import { makeTokens, storeTokens } from './token-response.ts';

const refused = (error: OAuthError): TokenOutcome => ({ kind: 'refused', error, event: 'token-refused' });
const invalidGrant = (detail: string): OAuthError =>
  new OAuthError('invalid_grant', 'the device code is not valid', { detail });
/** Nothing was decided: the device asks again, every few seconds, and none of it is worth a record. */
const waiting = (error: 'authorization_pending' | 'slow_down', description: string): TokenOutcome => ({
  kind: 'refused',
  error: new OAuthError(error, description),
});

/** RFC 8628 §3.5: five seconds more, for this and all later questions. */
const slower = 5;

const askedTooSoon = ({ polledAt, pollSeconds }: DeviceAuthorization, at: Date): boolean =>
  polledAt !== undefined && at.getTime() - polledAt.getTime() < pollSeconds * 1000;

/** What somebody allowed becomes tokens, as a redeemed code does. */
async function redeem(
  db: pg.PoolClient,
  neighbours: TokenNeighbours,
  { client, jkt }: TokenRequest,
  device: DeviceAuthorization,
  at: Date,
): Promise<TokenOutcome> {
  const { authTime, ...signIn } = device.signIn;
  // The session in which it was allowed, if it lives: held until the tokens are issued.
  const session =
    signIn.session === undefined ? undefined : await holdSession(db, signIn.session, device.decidedBy ?? '', at);
  const found = await findGrantFacts(lookOn(db), device.grantId ?? '', at);
  if (found === undefined) return refused(invalidGrant('the grant has ended'));
  const grant = renewed(found.grant, neighbours.settings, at, session?.expiresAt);
  const facts = { ...found, grant };
  if (device.consumed || !(await consumeDevice(db, device.id, at))) {
    await endFamily(db, neighbours, grant, 'code-replayed');
    return { kind: 'refused', error: invalidGrant('used before'), event: 'code-replayed', grant };
  }
  // What was allowed for now, or while signed in, is not given any more to the device of whoever has signed out since.
  if (!grant.lasting && session === undefined) {
    await endFamily(db, neighbours, grant, 'session-ended');
    return { ...refused(invalidGrant('the session has ended')), grant };
  }
  const person = entitledPerson(facts);
  if (person === undefined) return { ...refused(invalidGrant('the person may no longer act')), grant };
  const consent = await neighbours.consents.look(grant.id, db);
  const present = await presentOf(db, neighbours.crossReference, facts, consent, at);
  if (present === undefined) {
    await endFamily(db, neighbours, grant, 'consent-withdrawn');
    return { ...refused(invalidGrant('the consent has ended')), grant };
  }
  if (!(await noteFirstUse(db, grant, at, authTime, signIn))) return { ...refused(invalidGrant('used before')), grant };
  const made = await makeTokens(db, neighbours, {
    grant: { ...present.grant, signIn, ...(authTime === undefined ? {} : { authTime }) },
    person,
    acts: facts.acts,
    client,
    scope: present.grant.scope.split(' '),
    ...(jkt === undefined ? {} : { jkt }),
    at,
  });
  await storeTokens(db, made);
  const body = JSON.stringify(made.response);
  return { kind: 'issued', body, event: 'token-issued', token: made.issued.jti, grant };
}

export async function pollForDevice(neighbours: TokenNeighbours, request: TokenRequest): Promise<TokenOutcome> {
  const { client, sent } = request;
  const code = sent.get('device_code');
  if (code === undefined) return refused(new OAuthError('invalid_request', 'device_code is missing'));
  return transaction(neighbours.pool, async (db): Promise<TokenOutcome> => {
    const device = await lockDevice(db, code);
    if (device === undefined) return refused(invalidGrant('unknown'));
    if (device.clientId !== client.id) return refused(invalidGrant('of another app'));
    // The time at which the row is held: whoever waited for it is not early by the wait.
    const at = neighbours.now();
    if (askedTooSoon(device, at)) {
      await notePoll(db, device.id, at, device.pollSeconds + slower);
      return waiting('slow_down', `ask again in ${device.pollSeconds + slower} seconds, and never sooner`);
    }
    await notePoll(db, device.id, at, device.pollSeconds);
    if (device.decision === 'refused') return refused(new OAuthError('access_denied', 'the person did not allow it'));
    if (!device.consumed && device.expiresAt <= at) {
      return refused(new OAuthError('expired_token', 'the device code has expired: ask for a new one'));
    }
    if (device.decision === undefined) return waiting('authorization_pending', 'nobody has allowed it yet');
    return redeem(db, neighbours, request, device, at);
  });
}
