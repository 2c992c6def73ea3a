/** The way to an external provider and back, for one browser, one sign-in, and once. RFC 9700 §4.7, §4.11; OIDC Core 1.0 §3.1.2. */
import { randomBytes } from 'node:crypto';
import type Provider from 'oidc-provider';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import type { Record } from './audit-recorder.ts';
import type { Connection } from './authorization-endpoint.ts';
import { type CookieNames, printCookie, readCookie } from './cookies.ts';
import { type Federation, federationCallback } from './federation.ts';
import { hardenHeaders, type PageResponses } from './page-response.ts';
import type { Settings } from './settings.ts';
import { type InteractionHandle, noteElsewhere } from './sign-in-progress.ts';

export interface FederationEndpointNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly provider: Provider;
  readonly federation: Federation;
  readonly cookies: CookieNames;
  readonly settings: Settings;
  readonly record: Record;
  readonly responses: PageResponses;
  now(): Date;
}

/** Somebody who is signed in is asked anew: by the app, by max_age, or for what protects the account. */
const isAskedAnew = ({ prompt }: InteractionHandle): boolean =>
  prompt.reasons.some((reason) => reason !== 'no_session' && reason !== 'another_subject');

export function createFederationEndpoint(neighbours: FederationEndpointNeighbours) {
  const { issuer, pool, provider, federation, cookies, settings, record, responses, now } = neighbours;
  const pathOf = (id: string): string => new URL(federationCallback(issuer, id)).pathname;

  const redirect = (location: string, cookie: string): Response => {
    const headers = new Headers({ location });
    headers.append('set-cookie', cookie);
    hardenHeaders(issuer, headers);
    return new Response(null, { status: 303, headers });
  };

  const openInteraction = async (uid: string): Promise<InteractionHandle | undefined> => {
    const interaction = await provider.Interaction.find(uid);
    return interaction?.prompt.name === 'login' ? interaction : undefined;
  };

  const facts = ({ params }: InteractionHandle, { address }: Connection) => ({
    ...(typeof params.client_id === 'string' ? { client: params.client_id } : {}),
    ...(address === undefined ? {} : { address }),
  });

  const begin = async (request: Request, uid: string, id: string, connection: Connection): Promise<Response> => {
    // The cookie binds the interaction to the browser in which it was begun.
    if (readCookie(request, cookies.interaction) !== uid) return responses.fault('expired', 400);
    const interaction = await openInteraction(uid);
    if (interaction === undefined) return responses.fault('expired', 400);
    const binding = `${uid}.${randomBytes(32).toString('base64url')}`;
    const target = await federation.begin(id, binding, isAskedAnew(interaction));
    if (target === undefined) {
      await record('sign-in-failed', 'failed', {
        ...facts(interaction, connection),
        reason: `the provider ${id} cannot be reached`,
      });
      await noteElsewhere(interaction, { kind: 'elsewhere-failed', provider: id, why: 'unreachable' });
      return redirect(`${issuer}/interaction/${uid}`, printCookie(issuer, cookies.federation, '', pathOf(id), 0));
    }
    await pool.query('insert into federation_request (id, provider, expires_at) values ($1, $2, $3)', [
      hashOf(binding),
      id,
      new Date(now().getTime() + settings.interactionSeconds * 1000),
    ]);
    const cookie = printCookie(issuer, cookies.federation, binding, pathOf(id), settings.interactionSeconds);
    return redirect(target.href, cookie);
  };

  /** One statement: of several who come back with one answer, one goes on. */
  const takeRequest = async (binding: string, id: string): Promise<boolean> => {
    const { rowCount } = await pool.query(
      'delete from federation_request where id = $1 and provider = $2 and expires_at > $3',
      [hashOf(binding), id, now()],
    );
    return rowCount === 1;
  };

  const comeBack = async (request: Request, id: string, connection: Connection): Promise<Response> => {
    const binding = readCookie(request, cookies.federation);
    if (binding === undefined || !(await takeRequest(binding, id))) return responses.fault('expired', 400);
    const uid = binding.split('.')[0] ?? '';
    const interaction = await openInteraction(uid);
    if (interaction === undefined) return responses.fault('expired', 400);
    const answer = await federation.finish(id, new URL(request.url).search, binding, isAskedAnew(interaction));
    if (answer.kind === 'failed') {
      await record('sign-in-failed', 'denied', {
        ...facts(interaction, connection),
        reason: `by the provider ${id}: ${answer.reason}`,
      });
      await noteElsewhere(interaction, { kind: 'elsewhere-failed', provider: id, why: answer.why });
    } else await noteElsewhere(interaction, { kind: 'elsewhere', elsewhere: answer.elsewhere });
    return redirect(`${issuer}/interaction/${uid}`, printCookie(issuer, cookies.federation, '', pathOf(id), 0));
  };

  const mount = new URL(issuer).pathname;
  const starts = new RegExp(`^${mount}/interaction/([A-Za-z0-9_-]{20,64})/federation/([a-z0-9-]{1,40})$`);
  const returns = new RegExp(`^${mount}/federation/([a-z0-9-]{1,40})/callback$`);

  /** Undefined where the address is none of these. */
  return (request: Request, pathname: string, connection: Connection): Promise<Response> | undefined => {
    const [, uid, wanted] = starts.exec(pathname) ?? [];
    const [, back] = returns.exec(pathname) ?? [];
    const id = wanted ?? back;
    if (id === undefined) return undefined;
    if (!federation.providers.some((one) => one.id === id)) return Promise.resolve(responses.fault('not-found', 404));
    if (request.method !== 'GET') {
      const refused = responses.fault('method', 405);
      refused.headers.set('allow', 'GET');
      return Promise.resolve(refused);
    }
    return uid === undefined ? comeBack(request, id, connection) : begin(request, uid, id, connection);
  };
}
