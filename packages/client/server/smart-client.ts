/** The door for server-side apps: sign a person in at any SMART server and read FHIR for them. SMART App Launch 2.2. */
import { trimBase } from '../address.ts';
import { createDiscovery } from '../discovery.ts';
import { createLaunch } from '../launch.ts';
import { defaultLimits, guardFetch, type Limits, type Neighbours } from '../neighbours.ts';
import { type ClientAuthentication, createOAuth } from '../oauth.ts';
import { readAll } from '../read-all.ts';
import { createRenewal } from '../renewal.ts';
import { createRequest } from '../request.ts';
import type { SessionStore } from '../session.ts';

export interface SmartClientOptions extends Partial<Limits> {
  /** FHIR base of the server */
  readonly iss: string;
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly redirectUri: string;
  /** scopes to ask for, a space between them */
  readonly scope: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly now?: () => number;
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** DANGER: lets tokens and secrets travel without encryption to this machine itself. For development alone. */
  readonly allowInsecureLoopback?: boolean;
}

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Sends nothing until it is asked to. No function throws for what a server or a person does. */
export function createSmartClient(options: SmartClientOptions) {
  const { clientId, clientAuthentication, redirectUri, scope, allowInsecureLoopback = false } = options;
  const iss = trimBase(options.iss);
  const limits = Object.fromEntries(
    Object.entries(defaultLimits).map(([name, value]) => [name, options[name as keyof Limits] ?? value]),
  ) as unknown as Limits;
  const neighbours: Neighbours = {
    fetch: guardFetch(options.fetch ?? globalThis.fetch, limits.timeoutMs, allowInsecureLoopback),
    now: options.now ?? Date.now,
    sleep: options.sleep ?? wait,
    limits,
  };
  const oauth = createOAuth({ clientId, authentication: clientAuthentication }, neighbours);
  const discover = createDiscovery(iss, oauth, neighbours);
  const { begin, complete } = createLaunch({ iss, clientId, redirectUri, scope }, discover, oauth, neighbours);
  const { refresh, renew, revoke } = createRenewal(discover, oauth, neighbours);
  const request = createRequest(iss, renew, neighbours);
  return {
    begin,
    complete,
    request,
    refresh,
    revoke,
    /** A search and the pages that follow it, at most `pages` of them. */
    readAll: (store: SessionStore, search: string, pages = limits.pages) => readAll(request, iss, store, search, pages),
  };
}

export type SmartClient = ReturnType<typeof createSmartClient>;
