/**
 * An app's own registration: read, changed and removed with the token that came with it. A change makes a new token and,
 * where the secret is not sent along, a new secret; those before hold on for a while. RFC 7592 §2, §3, §5.
 */
import { timingSafeEqual } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { hashOf } from './adapter.ts';
import type { Connection } from './authorization-endpoint.ts';
import { noStore } from './back-channel.ts';
import { type LifecycleNeighbours, moveClient } from './client-lifecycle.ts';
import { readJson } from './json-body.ts';
import { findRegistered, type RegisteredClient, storeRegistered } from './registered-clients.ts';
import {
  admitMetadata,
  freshSecret,
  informationResponse,
  needsSecret,
  readRegistration,
  registrationError,
} from './registration.ts';
import {
  bearerOf,
  notAllowed,
  type RegistrationNeighbours,
  statementNeighbours,
  wrongToken,
} from './registration-endpoint.ts';
import { isMore } from './registration-scope.ts';

/** Members that are ours to say: a request that brings one was put together from an answer without thought. RFC 7592 §2.2. */
const ours = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];

/** Compares hashes, whatever it finds: how long it takes says nothing. */
function holdsToken(client: RegisteredClient, token: string, at: Date): boolean {
  const { registrationToken, earlierRegistrationToken: earlier } = client;
  const presented = hashOf(token);
  const current = timingSafeEqual(presented, registrationToken);
  const before = timingSafeEqual(presented, earlier?.hash ?? Buffer.alloc(32));
  return current || (before && earlier !== undefined && earlier.until > at);
}

type Changed =
  | { readonly kind: 'changed'; readonly client: RegisteredClient; readonly token: string; readonly secret?: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'fault'; readonly response: Response };

export function createRegistrationManagement(neighbours: RegistrationNeighbours & LifecycleNeighbours) {
  const { issuer, pool, settings, record, now } = neighbours;
  const invalid = (description: string): Response => registrationError('invalid_client_metadata', description);

  /** What the row decides is decided while it is held: of two changes, or a change and a removal, one comes first. */
  const change = async (
    id: string,
    token: string,
    given: Readonly<Record<string, unknown>>,
    facts: { readonly client: string },
  ): Promise<Changed> => {
    const fault = (response: Response): Changed => ({ kind: 'fault', response });
    if (given.client_id !== id) return fault(invalid('client_id must be that of the app'));
    if (ours.some((name) => Object.hasOwn(given, name)))
      return fault(registrationError('invalid_request', `${ours.join(', ')} are not for the app to say`));
    const read = await readRegistration(given, statementNeighbours(neighbours));
    if (read.kind === 'fault') return fault(registrationError(read.error, read.description));
    return transaction(pool, async (db): Promise<Changed> => {
      const before = await findRegistered(db, id, true);
      const at = now();
      if (before === undefined || before.status === 'suspended' || !holdsToken(before, token, at))
        return { kind: 'refused' };
      const { client_secret: kept } = given;
      const hash = typeof kept === 'string' ? hashOf(kept) : undefined;
      if (kept !== undefined && (hash === undefined || !timingSafeEqual(hash, before.secret ?? Buffer.alloc(32))))
        return fault(invalid('client_secret is not the one that the app has'));
      // Whoever vouched for it vouched for what it was: what is more has to be looked at again.
      const vouched = before.status === 'listed' && !isMore(before.metadata, read.metadata);
      const lapsed = before.status === 'listed' && !vouched && read.voucher === undefined;
      const admitted = vouched || lapsed ? read : admitMetadata(read.metadata, read.voucher);
      if (admitted.kind === 'fault') return fault(registrationError(admitted.error, admitted.description));
      const { metadata } = admitted;
      const secret = needsSecret(metadata) && hash === undefined ? freshSecret() : undefined;
      const next = freshSecret();
      const until = (seconds: number): Date => new Date(at.getTime() + seconds * 1000);
      const { secretOverlapSeconds, tokenOverlapSeconds } = settings.registration;
      const client: RegisteredClient = {
        id,
        metadata,
        status: vouched || read.voucher !== undefined ? 'listed' : 'pending',
        ...(before.publisher === undefined ? {} : { publisher: before.publisher }),
        ...secretsOf(before, needsSecret(metadata), secret, until(secretOverlapSeconds)),
        registrationToken: hashOf(next),
        earlierRegistrationToken: { hash: before.registrationToken, until: until(tokenOverlapSeconds) },
        admittedBy: read.voucher?.by ?? before.admittedBy,
        createdAt: before.createdAt,
        changedAt: at,
      };
      await storeRegistered(db, client);
      const rotated = secret === undefined ? '' : ', with a new secret';
      const reason = `by the app itself; ${before.status} before, ${client.status} now${rotated}`;
      await record('client-changed', 'permitted', { ...facts, status: 200, reason });
      return { kind: 'changed', client, token: next, ...(secret === undefined ? {} : { secret }) };
    });
  };

  return async (request: Request, id: string, { address }: Connection): Promise<Response> => {
    const { method } = request;
    if (method !== 'GET' && method !== 'PUT' && method !== 'DELETE') return notAllowed('GET, PUT, DELETE');
    const facts = { method, client: id, ...(address === undefined ? {} : { address }) };
    const token = bearerOf(request);
    const found = await findRegistered(pool, id);
    const refused = async (): Promise<Response> => {
      const { client: _, ...rest } = facts;
      const reason = 'no registration access token of this app';
      // What nobody has given an id is not written down as an app.
      await record('client-changed', 'denied', { ...(found === undefined ? rest : facts), status: 401, reason });
      return wrongToken(issuer);
    };
    if (token === undefined || found === undefined || !holdsToken(found, token, now())) return refused();
    if (method === 'DELETE') {
      const recorded = () =>
        record('client-removed', 'permitted', { ...facts, status: 204, reason: 'by the app itself' });
      const allowed = (held: RegisteredClient): boolean => holdsToken(held, token, now());
      const moved = await moveClient(neighbours, id, 'remove', recorded, { allowed });
      return moved.kind === 'moved' ? new Response(null, { status: 204, headers: noStore }) : refused();
    }
    if (found.status === 'suspended') return registrationError('access_denied', 'this app has been suspended', 403);
    if (method === 'GET') return informationResponse(issuer, found, token, 200);
    const body = await readJson(request, settings.registration.bytes);
    if (body.kind === 'fault') return registrationError('invalid_client_metadata', body.description, body.status);
    const changed = await change(id, token, body.members, facts);
    if (changed.kind === 'refused') return refused();
    if (changed.kind === 'fault') return changed.response;
    return informationResponse(issuer, changed.client, changed.token, 200, changed.secret);
  };
}

/** A new secret goes beside the one before, which works until then; where none is needed any more, neither does. */
function secretsOf(
  before: RegisteredClient,
  needed: boolean,
  secret: string | undefined,
  until: Date,
): Pick<RegisteredClient, 'secret' | 'earlierSecret'> {
  if (!needed) return {};
  if (secret === undefined)
    return {
      ...(before.secret === undefined ? {} : { secret: before.secret }),
      ...(before.earlierSecret === undefined ? {} : { earlierSecret: before.earlierSecret }),
    };
  return {
    secret: hashOf(secret),
    ...(before.secret === undefined ? {} : { earlierSecret: { hash: before.secret, until } }),
  };
}
