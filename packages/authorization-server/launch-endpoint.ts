/**
 * Where a record system gets a launch for an app: by the access token of the person who is signed in there, for a patient
 * whom that token shows. The answer is the address to open. SMART App Launch 2.2, "Launch App: EHR Launch"; RFC 6750;
 * docs/decisions/0017-ehr-launch.md.
 */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import type pg from 'pg';
import type { Record as RecordEvent } from './audit-recorder.ts';
import type { Connection } from './authorization-endpoint.ts';
import { answerPreflight, errorResponse, jsonResponse, noStore, shareWithApps } from './back-channel.ts';
import type { Client, ClientRegistry } from './clients.ts';
import { addLaunch } from './ehr-launches.ts';
import type { Grant } from './grants.ts';
import type { LaunchRecords } from './launch-records.ts';
import { type LaunchRequest, parseLaunchRequest } from './launch-request.ts';
import { keepStyle, type Style } from './launch-styles.ts';
import type { LiveTokens } from './live-token.ts';
import type { Log } from './log.ts';
import type { People, Person } from './people.ts';
import type { PresentToken } from './presented-token.ts';
import type { Settings } from './settings.ts';

export interface LaunchNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly people: People;
  readonly presentToken: PresentToken;
  readonly liveTokens: LiveTokens;
  readonly launchRecords: LaunchRecords;
  /** by name; `standard` is what holds where none is named */
  readonly styles: Readonly<Record<string, Style>>;
  readonly settings: Settings;
  readonly record: RecordEvent;
  readonly log: Log;
  now(): Date;
}

/** The record system, and who is signed in to it. */
interface EhrSession {
  readonly ehr: Client;
  readonly person: Person;
  readonly grant: Grant;
  readonly claims: AccessTokenClaims;
}

const standardStyle = 'standard';

const refuse = (...[error, description, status, detail]: [...Refusal, detail?: string]): never => {
  throw new OAuthError(error, description, { status, ...(detail === undefined ? {} : { detail }) });
};
type Refusal = [error: 'invalid_request' | 'invalid_token' | 'access_denied', description: string, status: number];

export function createLaunchEndpoint(neighbours: LaunchNeighbours) {
  const { issuer, pool, clients, people, presentToken, liveTokens, launchRecords, styles, settings, record, log, now } =
    neighbours;

  const sessionOf = async (request: Request): Promise<EhrSession> => {
    const invalid = (detail: string): never => refuse('invalid_token', 'the access token is not valid', 401, detail);
    const presented = await presentToken(request, `${issuer}/launch`);
    const live = presented === undefined ? undefined : await liveTokens.of(presented);
    if (live === undefined) return invalid('no token of ours, or its grant has ended');
    const { claims, grant } = live;
    const person = grant === undefined ? undefined : await people.find(grant.sub);
    const ehr = await clients.find(claims.client_id);
    if (grant === undefined || person === undefined || ehr === undefined) return invalid('of no person');
    return ehr.metadata.affinity_ehr === true
      ? { ehr, person, grant, claims }
      : refuse('access_denied', 'this app is not registered as a record system', 403);
  };

  const bodyOf = async (request: Request): Promise<LaunchRequest> => {
    const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
    if (type.trim().toLowerCase() !== 'application/json')
      return refuse('invalid_request', 'the body must be application/json', 415);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > settings.launchCharacters)
        return refuse('invalid_request', `the body has more than ${settings.launchCharacters} bytes`, 413);
      chunks.push(chunk);
    }
    const parsed = parseLaunchRequest(Buffer.concat(chunks).toString('utf8'));
    return parsed.kind === 'request' ? parsed.request : refuse('invalid_request', parsed.reason, 400);
  };

  const launchUriOf = async ({ clientId, launchUri }: LaunchRequest): Promise<string> => {
    const app = await clients.find(clientId);
    const registered = app?.grantTypes.includes('authorization_code') ? (app.metadata.launch_uris ?? []) : [];
    const uri = launchUri === undefined ? registered[0] : registered.find((one) => one === launchUri);
    return uri ?? refuse('invalid_request', 'client_id is not an app that can be launched there', 400);
  };

  /** What the person may not see is not there: one answer for both. */
  const checkRecords = async ({ claims, grant }: EhrSession, { patient, context }: LaunchRequest): Promise<void> => {
    if (patient === undefined) return;
    const { encounter } = context;
    const wanted = { patient, ...(encounter === undefined ? {} : { encounter }) };
    const ofToken = claims.patient === undefined || claims.patient === patient;
    const found = ofToken ? await launchRecords.shows(claims, grant.audience, wanted) : 'no-patient';
    if (found === 'no-patient') refuse('access_denied', 'there is no such patient for this session', 403);
    if (found === 'no-encounter') refuse('access_denied', 'there is no such encounter of this patient', 403);
  };

  const styleUrl = async ({ style = standardStyle }: LaunchRequest, at: Date): Promise<string | undefined> => {
    const named = typeof style !== 'string' ? style : Object.hasOwn(styles, style) ? styles[style] : undefined;
    if (named === undefined)
      return style === standardStyle ? undefined : refuse('invalid_request', 'there is no style of that name', 400);
    const url = await keepStyle(pool, issuer, named, at, settings.launchStyles);
    return url ?? refuse('invalid_request', 'there are too many styles: use one that is there', 400);
  };

  const launch = async (session: EhrSession, request: LaunchRequest, address?: string): Promise<Response> => {
    const { ehr, person, grant, claims } = session;
    const uri = await launchUriOf(request);
    await checkRecords(session, request);
    const at = now();
    const style = await styleUrl(request, at);
    const { clientId, patient, context } = request;
    const handle = await addLaunch(pool, {
      ehr: ehr.id,
      clientId,
      sub: person.sub,
      audience: grant.audience,
      ...(patient === undefined ? {} : { patient }),
      context: style === undefined ? context : { ...context, smart_style_url: style },
      createdAt: at,
      expiresAt: new Date(at.getTime() + settings.launchSeconds * 1000),
    });
    await record('launch-issued', 'permitted', {
      ...factsOf(claims, address),
      ...(patient === undefined ? {} : { patient, target: `Patient/${patient}` }),
      status: 201,
      reason: `for the app ${clientId}`,
    });
    const url = new URL(uri);
    url.searchParams.append('iss', grant.audience);
    url.searchParams.append('launch', handle);
    return jsonResponse({ launch: handle, launch_url: url.href, expires_in: settings.launchSeconds }, 201);
  };

  const answer = async (request: Request, { address }: Connection): Promise<Response> => {
    if (request.method !== 'POST')
      return jsonResponse({ error: 'invalid_request' }, 405, { ...noStore, allow: 'POST' });
    let session: EhrSession | undefined;
    try {
      session = await sessionOf(request);
      return await launch(session, await bodyOf(request), address);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const reason = error.detail ?? error.description;
      const facts =
        session === undefined ? (address === undefined ? {} : { address }) : factsOf(session.claims, address);
      await record('launch-issued', 'denied', { ...facts, status: error.status, reason });
      log('launch refused', { error: error.error, reason });
      return errorResponse(error, request, issuer);
    }
  };

  return async (request: Request, connection: Connection): Promise<Response> =>
    request.method === 'OPTIONS'
      ? answerPreflight(request, clients, 'POST')
      : shareWithApps(await answer(request, connection), request, clients);
}

const factsOf = ({ client_id, sub, jti, grant_id }: AccessTokenClaims, address: string | undefined) => ({
  client: client_id,
  user: sub,
  token: jti,
  ...(grant_id === undefined ? {} : { grant: grant_id }),
  ...(address === undefined ? {} : { address }),
});
