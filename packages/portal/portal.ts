/** The people's side of the domain: the front page, its stylesheet, and the pages that the authorization server shows. */
import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { AccountPages } from '@affinity/authorization-server/account-views.ts';
import type { Pages } from '@affinity/authorization-server/page-views.ts';
import type { SecurityPages } from '@affinity/authorization-server/security-views.ts';
import type { Administration } from './admin/administration.ts';
import { createDesk, type DeskConnection } from './admin/desk.ts';
import type { Ehr } from './ehr/ehr.ts';
import { createEhrDesk } from './ehr/ehr-desk.ts';
import { pageHeaders } from './page-headers.ts';
import { printAccountApps } from './pages/account-apps-page.ts';
import { printConsent } from './pages/consent-page.ts';
import { printDevice, printDeviceCode, printDeviceEnd } from './pages/device-page.ts';
import { printEmergency } from './pages/emergency-page.ts';
import { printEncounterChoice } from './pages/encounter-choice-page.ts';
import { printError } from './pages/error-page.ts';
import { type ListedAddress, type ListedApp, printHome } from './pages/home-page.ts';
import { printLink } from './pages/link-page.ts';
import { printPatientChoice } from './pages/patient-choice-page.ts';
import { printSecondFactor } from './pages/second-factor-page.ts';
import { printSecurity } from './pages/security-page.ts';
import { printSignIn } from './pages/sign-in-page.ts';
import { printSignOutQuestion } from './pages/sign-out-page.ts';
import { printSignedOut } from './pages/signed-out-page.ts';
import { printTooWeak } from './pages/too-weak-page.ts';
import { printUncheckedApp } from './pages/unchecked-app-page.ts';
import type { House, SamplePerson } from './parts/document.ts';
import { favicon } from './parts/icons.ts';
import { readPasskeyScript } from './parts/passkey-button.ts';
import { createRegistryPages, type Registry } from './registry/registry-pages.ts';
import type { Steward } from './steward/steward.ts';
import { createStewardDesk } from './steward/steward-desk.ts';
import { readStylesheet } from './stylesheet.ts';
import { english } from './words.ts';

export interface PortalNeighbours {
  /** scheme, host and port that people use, without a slash at the end */
  readonly origin: string;
  readonly apps: readonly ListedApp[];
  /** only in the demonstration domain: its sample sign-ins are shown to everybody */
  readonly demonstration?: { readonly people: readonly SamplePerson[] };
  /** the pages of administrators; without it there are none */
  readonly administration?: Administration;
  /** the pages of clinicians; without it there are none */
  readonly ehr?: Ehr;
  /** what anybody may browse of the registry; without it there are no such pages */
  readonly registry?: Registry;
  /** the pages of stewards; without it there are none */
  readonly steward?: Steward;
  /** where people's own pages are: their apps, their sign-in */
  readonly account?: string;
  /** what developers look for */
  readonly addresses: readonly ListedAddress[];
  readonly version: string;
  /** one line for whoever runs the domain; never holds personal data */
  readonly log: (level: 'info' | 'warn' | 'error', message: string, facts?: Readonly<Record<string, unknown>>) => void;
  /** today, for ages and for the end of a permission; the real time where absent */
  readonly now?: () => Date;
}

export interface Portal {
  /** answers `/`, `/assets/…`, `/admin/…`, `/ehr/…` and `/steward/…` where there are such pages, and everything else with the page that says there is none */
  fetch(request: Request, connection?: DeskConnection): Promise<Response>;
  readonly pages: Pages & AccountPages & SecurityPages;
}

interface Asset {
  readonly body: string;
  readonly compressed: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly address: string;
  readonly version: string;
}

const makeAsset = (path: string, type: string, body: string): readonly [string, Asset] => {
  const version = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  const compressed = gzipSync(body, { level: 9 });
  return [path, { body, compressed, type, version, address: `${path}?v=${version}` }];
};

export const createPortal = (neighbours: PortalNeighbours): Portal => {
  const style = makeAsset('/assets/portal.css', 'text/css; charset=utf-8', readStylesheet());
  const tabIcon = makeAsset('/assets/favicon.svg', 'image/svg+xml', favicon);
  const script = makeAsset('/assets/passkey.js', 'text/javascript; charset=utf-8', readPasskeyScript());
  const assets = new Map<string, Asset>([style, tabIcon, script]);
  const house: House = {
    words: english,
    origin: neighbours.origin,
    stylesheet: style[1].address,
    favicon: tabIcon[1].address,
    passkeyScript: script[1].address,
    version: neighbours.version,
    people: neighbours.demonstration?.people,
    now: neighbours.now ?? (() => new Date()),
  };
  const headers = pageHeaders(neighbours.origin);
  const home = printHome(house, neighbours.apps, neighbours.addresses, neighbours.account);

  const answer = (status: number, page: string, more: Readonly<Record<string, string>> = {}): Response =>
    new Response(page, { status, headers: { ...headers, ...more } });
  const answerError = (status: 404 | 405, kind: 'not-found' | 'method'): Response => {
    const reference = randomUUID();
    // The path is left out: people paste addresses with other people's data in them.
    neighbours.log('info', 'portal: no page to give', { status, reference });
    return answer(status, printError(house, { status, kind, reference }), status === 405 ? { allow: 'GET, HEAD' } : {});
  };

  const answerAsset = (request: Request, url: URL, asset: Asset): Response => {
    const etag = `"${asset.version}"`;
    // A page of an older or newer process may ask for another version: it gets ours, but does not keep it.
    const kept = url.searchParams.get('v') === asset.version ? 'public, max-age=31536000, immutable' : 'no-cache';
    const more = { 'content-type': asset.type, 'cache-control': kept, etag, 'x-content-type-options': 'nosniff' };
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: more });
    const vary = { ...headers, ...more, vary: 'Accept-Encoding' };
    // These alone are compressed: nothing of a person is in them (BREACH).
    return /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
      ? new Response(asset.compressed, { headers: { ...vary, 'content-encoding': 'gzip' } })
      : new Response(asset.body, { headers: vary });
  };

  const { administration, ehr, registry, steward, log } = neighbours;
  const definitions = registry === undefined ? undefined : createRegistryPages({ house, registry });
  const duplicates = steward === undefined ? undefined : createStewardDesk({ house, steward, log });
  const charts = ehr === undefined ? undefined : createEhrDesk({ house, ehr, log });
  const desk = administration === undefined ? undefined : createDesk({ house, administration, log });

  const route = async (request: Request, connection: DeskConnection): Promise<Response> => {
    const url = new URL(request.url);
    const atDesk = await desk?.(request, url, connection);
    if (atDesk !== undefined) return atDesk;
    const atChart = await charts?.(request, url, connection);
    if (atChart !== undefined) return atChart;
    const defined = await definitions?.(request, url, connection);
    if (defined !== undefined) return defined;
    const atQueue = await duplicates?.(request, url, connection);
    if (atQueue !== undefined) return atQueue;
    const asset = assets.get(url.pathname);
    if (asset === undefined && url.pathname !== '/') return answerError(404, 'not-found');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answerError(405, 'method');
    return asset === undefined ? answer(200, home) : answerAsset(request, url, asset);
  };

  return {
    fetch: async (request, connection = {}) => {
      const response = await route(request, connection);
      return request.method === 'HEAD' ? new Response(null, response) : response;
    },
    pages: {
      uncheckedApp: (view) => printUncheckedApp(house, view),
      signIn: (view) => printSignIn(house, view),
      patientChoice: (view) => printPatientChoice(house, view),
      encounterChoice: (view) => printEncounterChoice(house, view),
      consent: (view) => printConsent(house, view),
      emergency: (view) => printEmergency(house, view),
      secondFactor: (view) => printSecondFactor(house, view),
      linkIdentity: (view) => printLink(house, view),
      tooWeak: (view) => printTooWeak(house, view),
      deviceCode: (view) => printDeviceCode(house, view),
      device: (view) => printDevice(house, view),
      deviceEnd: (view) => printDeviceEnd(house, view),
      error: (view) => printError(house, view),
      accountApps: (view, frame) => printAccountApps(house, view, frame),
      security: (view, frame) => printSecurity(house, view, frame),
      signOutQuestion: (view) => printSignOutQuestion(house, view),
      signedOut: (view) => printSignedOut(house, view),
    },
  };
};
