/**
 * The registration endpoint: an app says what it is and gets an id. Whether strangers may, and what they get, is a
 * setting; nobody is trusted for having asked. RFC 7591 §3; RFC 9700 §4.11.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import type { Record } from './audit-recorder.ts';
import type { Connection } from './authorization-endpoint.ts';
import { jsonResponse, noStore } from './back-channel.ts';
import { findInitialToken, useInitialToken } from './initial-access-token.ts';
import { readJson } from './json-body.ts';
import type { Log } from './log.ts';
import { newClientId, type RegisteredClient, storeRegistered } from './registered-clients.ts';
import {
  admitMetadata,
  freshSecret,
  informationResponse,
  needsSecret,
  readRegistration,
  registrationError,
  type Voucher,
} from './registration.ts';
import type { Settings } from './settings.ts';
import type { StatementIssuer } from './software-statement.ts';
import { admitRegistration } from './throttle.ts';

export interface Registration {
  /** `open`: strangers too, who get an app that nobody vouches for */
  readonly mode: 'with-token' | 'open';
  readonly statementIssuers: readonly StatementIssuer[];
}

export interface RegistrationNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly settings: Settings;
  readonly registration: Registration;
  readonly record: Record;
  readonly log: Log;
  now(): Date;
}

export const statementNeighbours = ({ issuer, settings, registration, now }: RegistrationNeighbours) => ({
  statementIssuers: registration.statementIssuers,
  audiences: [issuer, `${issuer}/register`],
  characters: settings.softwareStatementCharacters,
  clockSkewSeconds: settings.clockSkewSeconds,
  now,
});

export const bearerOf = (request: Request): string | undefined =>
  /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(request.headers.get('authorization') ?? '')?.[1];

export const wrongToken = (issuer: string): Response => {
  const response = registrationError('invalid_token', 'the access token is not valid', 401);
  response.headers.set('www-authenticate', `Bearer realm="${issuer}", error="invalid_token"`);
  return response;
};

export const notAllowed = (allow: string): Response =>
  jsonResponse({ error: 'invalid_request', error_description: `only ${allow} is supported` }, 405, {
    ...noStore,
    allow,
  });

export function createRegistrationEndpoint(neighbours: RegistrationNeighbours) {
  const { issuer, pool, settings, registration, record, log, now } = neighbours;

  return async (request: Request, { address }: Connection): Promise<Response> => {
    if (request.method !== 'POST') return notAllowed('POST');
    const facts = { method: 'POST', ...(address === undefined ? {} : { address }) };
    const refuse = (response: Response, reason: string): Response => {
      log('registration refused', { status: response.status, reason });
      return response;
    };
    const wait = await admitRegistration(pool, settings.registration, address);
    if (wait !== undefined) {
      const response = registrationError('temporarily_unavailable', 'too many registrations: try again later', 429);
      response.headers.set('retry-after', String(wait));
      return refuse(response, 'too many from this address');
    }
    const bearer = bearerOf(request);
    const initial = bearer === undefined ? undefined : await findInitialToken(pool, bearer, now());
    if (request.headers.has('authorization') && initial === undefined) {
      await record('client-registered', 'denied', { ...facts, status: 401, reason: 'no initial access token of ours' });
      return wrongToken(issuer);
    }
    const body = await readJson(request, settings.registration.bytes);
    if (body.kind === 'fault')
      return refuse(registrationError('invalid_client_metadata', body.description, body.status), body.description);
    const read = await readRegistration(body.members, statementNeighbours(neighbours));
    if (read.kind === 'fault') return refuse(registrationError(read.error, read.description), read.description);
    const voucher: Voucher | undefined =
      initial === undefined
        ? read.voucher
        : { by: initial.id, ...(initial.scope === undefined ? {} : { scopeLimit: initial.scope }) };
    if (voucher === undefined && registration.mode !== 'open') {
      await record('client-registered', 'denied', { ...facts, status: 401, reason: 'nobody vouches for the app' });
      return wrongToken(issuer);
    }
    const admitted = admitMetadata(read.metadata, voucher);
    if (admitted.kind === 'fault')
      return refuse(registrationError(admitted.error, admitted.description), admitted.description);
    const { metadata } = admitted;
    const secret = needsSecret(metadata) ? freshSecret() : undefined;
    const registrationToken = freshSecret();
    const at = now();
    const client: RegisteredClient = {
      id: newClientId(),
      metadata,
      status: voucher === undefined ? 'pending' : 'listed',
      ...(secret === undefined ? {} : { secret: hashOf(secret) }),
      registrationToken: hashOf(registrationToken),
      admittedBy: voucher?.by ?? 'open',
      createdAt: at,
      changedAt: at,
    };
    const outcome = await transaction(pool, async (db) => {
      if (bearer !== undefined && !(await useInitialToken(db, bearer, at))) return 'used-up';
      if (client.status === 'pending' && !(await hasRoom(db, settings.registration.pendingMost))) return 'full';
      await storeRegistered(db, client);
      await record('client-registered', 'permitted', {
        ...facts,
        client: client.id,
        status: 201,
        reason: `${client.status}, admitted by ${client.admittedBy}`,
      });
      return 'stored';
    });
    if (outcome === 'used-up') {
      await record('client-registered', 'denied', {
        ...facts,
        status: 401,
        reason: 'the initial access token is used up',
      });
      return wrongToken(issuer);
    }
    if (outcome === 'full') {
      const response = registrationError('temporarily_unavailable', 'no more apps can register for now', 503);
      response.headers.set('retry-after', '3600');
      return refuse(response, 'too many apps wait to be looked at');
    }
    return informationResponse(issuer, client, registrationToken, 201, secret);
  };
}

/** One more app that nobody has looked at: whoever registers at the same time waits here, so that the limit is one. */
async function hasRoom(db: pg.PoolClient, most: number): Promise<boolean> {
  await db.query(`select pg_advisory_xact_lock(hashtext('registered_client pending'))`);
  const { rows } = await db.query<{ count: string }>(
    `select count(*) from (select from registered_client where status = 'pending' limit $1) as waiting`,
    [most],
  );
  return Number(rows[0]?.count) < most;
}
