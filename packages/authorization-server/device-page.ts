/**
 * Where a person types the code that a device shows. Which app asks is said, and that the device has to be in front of them,
 * before anybody signs in. RFC 8628 §3.3, §5.1 (guessing), §5.4 (remote phishing).
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { appView } from './app-view.ts';
import type { Record } from './audit-recorder.ts';
import type { Connection } from './authorization-endpoint.ts';
import type { Client, ClientRegistry } from './clients.ts';
import { type CookieNames, printCookie, readCookie } from './cookies.ts';
import { type DeviceAuthorization, decideDevice, findDevice, findWaitingDevice } from './device-authorizations.ts';
import { concealUserCode, readUserCode, showUserCode } from './device-codes.ts';
import { deviceReturn, deviceReturnOf } from './device-return.ts';
import type { DeviceCodeView } from './device-views.ts';
import { readForm } from './form.ts';
import { isOurForm } from './form-proof.ts';
import { hardenHeaders, type PageResponses } from './page-response.ts';
import type { Pages } from './page-views.ts';
import { openidScope, recordScope } from './provider.ts';
import type { Settings } from './settings.ts';
import type { SigningKeys } from './signing-keys.ts';
import { admitUserCode } from './throttle.ts';

export interface DevicePageNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly settings: Settings;
  readonly cookies: CookieNames;
  readonly keys: Pick<SigningKeys, 'seal'>;
  readonly pages: Pages;
  readonly responses: PageResponses;
  readonly record: Record;
  /** Begins the sign-in and consent of a request that is made here. */
  begin(query: URLSearchParams, request: Request, connection: Connection): Promise<Response>;
  now(): Date;
}

interface Found {
  readonly device: DeviceAuthorization;
  readonly client: Client;
  readonly code: string;
}

/** An authorization request of the device's app, with a challenge that nobody knows a verifier for: no code of it is ever good. */
function requestFor({ issuer, keys }: DevicePageNeighbours, { device, client, code }: Found): URLSearchParams {
  return new URLSearchParams({
    client_id: client.id,
    redirect_uri: deviceReturn(issuer),
    response_type: 'code',
    code_challenge_method: 'S256',
    code_challenge: randomBytes(32).toString('base64url'),
    state: device.id,
    // Whatever was allowed before was allowed elsewhere: a device is asked about each time.
    prompt: 'consent',
    scope: device.scope.split(' ').includes('openid') ? openidScope : recordScope,
    affinity_scope: device.scope,
    affinity_audience: device.audience,
    ...(device.purpose === undefined ? {} : { affinity_purpose: device.purpose }),
    affinity_device: device.id,
    affinity_user_code: concealUserCode(keys, code),
  });
}

const cookieSeconds = 3600;

export function createDevicePages(neighbours: DevicePageNeighbours) {
  const { issuer, pool, clients, settings, cookies, keys, pages, responses, record, now } = neighbours;
  const action = `${issuer}/device`;
  const sealOf = (cookie: string): string => keys.seal(`device page ${cookie}`);

  const enter = (csrf: string, more: Pick<DeviceCodeView, 'code' | 'fault'> = {}): Response => {
    const { fault } = more;
    const status = fault === undefined ? 200 : fault.kind === 'throttled' ? 429 : 400;
    const response = responses.html(pages.deviceCode({ action, csrf, ...more }), status);
    if (fault?.kind === 'throttled') response.headers.set('retry-after', String(fault.retryAfterSeconds));
    return response;
  };

  const leave = (location: string): Response => {
    const headers = new Headers({ location });
    hardenHeaders(issuer, headers);
    return new Response(null, { status: 303, headers });
  };

  const find = async (typed: string): Promise<Found | undefined> => {
    const code = readUserCode(typed);
    const device = code === undefined ? undefined : await findWaitingDevice(pool, keys, code, now());
    const client = device === undefined ? undefined : await clients.find(device.clientId);
    return code === undefined || device === undefined || client === undefined ? undefined : { code, device, client };
  };

  /** Opening the page looks nothing up, whatever code its address holds: that takes a press. */
  const show = (request: Request): Response => {
    const cookie = readCookie(request, cookies.device) ?? randomBytes(32).toString('base64url');
    const code = readUserCode(new URL(request.url).searchParams.get('user_code') ?? '');
    const response = enter(sealOf(cookie), code === undefined ? {} : { code: showUserCode(code) });
    const path = new URL(action).pathname;
    response.headers.append('set-cookie', printCookie(issuer, cookies.device, cookie, path, cookieSeconds));
    return response;
  };

  const take = async (request: Request, connection: Connection): Promise<Response> => {
    const form = await readForm(request, settings.requestCharacters);
    if (form.kind === 'fault') return responses.fault('bad-request', form.status);
    const { values } = form.parameters;
    const cookie = readCookie(request, cookies.device);
    if (cookie === undefined) return responses.fault('expired', 400);
    const csrf = sealOf(cookie);
    if (!isOurForm(request, issuer, form.all, csrf)) return responses.fault('bad-request', 403);
    const where = connection.address === undefined ? {} : { address: connection.address };
    const typed = (values.get('user_code') ?? '').slice(0, 40);
    const admission = await admitUserCode(pool, settings, connection.address);
    if (admission.kind === 'throttled') {
      await record('device-code-entered', 'denied', { ...where, status: 429, reason: 'too many codes' });
      return enter(csrf, { code: typed, fault: admission });
    }
    const found = await find(typed);
    if (found === undefined) {
      await record('device-code-entered', 'denied', {
        ...where,
        status: 400,
        reason: 'no device waits with this code',
      });
      return enter(csrf, { code: typed, fault: { kind: 'unknown-code' } });
    }
    await admission.forgive();
    const { device, client, code } = found;
    const facts = { ...where, client: client.id };
    const decision = values.get('decision');
    if (decision === 'refuse') {
      if (await decideDevice(pool, device.id, now(), { decision: 'refused' }))
        await record('consent-denied', 'denied', { ...facts, scope: device.scope });
      return leave(deviceReturnOf(issuer, device.id));
    }
    if (decision === 'connect') return neighbours.begin(requestFor(neighbours, found), request, connection);
    await record('device-code-entered', 'permitted', { ...facts, status: 200 });
    const shown = showUserCode(code);
    return responses.html(pages.device({ action, csrf, code: shown, app: appView(client, { device: shown }) }), 200);
  };

  const otherMethod = (allow: string): Response => {
    const refused = responses.fault('method', 405);
    refused.headers.set('allow', allow);
    return refused;
  };

  return {
    async page(request: Request, connection: Connection): Promise<Response> {
      if (request.method === 'GET') return show(request);
      return request.method === 'POST' ? take(request, connection) : otherMethod('GET, POST');
    },
    /** How it ended: read from what was decided, whatever else the address says. */
    async done(request: Request): Promise<Response> {
      if (request.method !== 'GET') return otherMethod('GET');
      const device = await findDevice(pool, new URL(request.url).searchParams.get('state') ?? '');
      const client = device === undefined ? undefined : await clients.find(device.clientId);
      if (device === undefined || client === undefined) return responses.fault('not-found', 404);
      const view = { result: device.decision ?? 'undecided', app: client.name, again: action } as const;
      return responses.html(pages.deviceEnd(view), 200);
    },
  };
}
