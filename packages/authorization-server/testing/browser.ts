/** A browser as far as the protocol needs one: cookies by path, redirects one at a time, forms with what the page showed. */
import assert from 'node:assert/strict';
import type { AuthorizationServer } from '../authorization-server.ts';
import type { ShownPage } from './pages.ts';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export interface TestBrowser {
  readonly cookies: Map<string, Cookie>;
  address: string;
  send(url: string, init?: RequestInit): Promise<Response>;
  /** Follows redirects within the issuer. @returns the last response: a page, or a redirect that leaves */
  open(url: string, init?: RequestInit): Promise<Response>;
  /** Posts a form to where the page says, and follows. */
  submit(
    page: { readonly view: { readonly action: string; readonly csrf: string } },
    fields: Fields,
  ): Promise<Response>;
}

export const formOf = (fields: Fields): URLSearchParams =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
    ),
  );

/** The page that a response shows, which must be of this kind. */
export async function pageOf<Kind extends ShownPage['page']>(
  response: Response,
  kind: Kind,
): Promise<Extract<ShownPage, { page: Kind }>> {
  const text = await response.text();
  assert.notEqual(text, '', `expected the ${kind} page, got ${response.status} to ${response.headers.get('location')}`);
  const shown = JSON.parse(text) as ShownPage;
  assert.equal(shown.page, kind, text);
  return shown as Extract<ShownPage, { page: Kind }>;
}

export function createBrowser(server: Pick<AuthorizationServer, 'fetch'>, issuer: string): TestBrowser {
  const cookies = new Map<string, Cookie>();
  const browser: TestBrowser = {
    cookies,
    address: '192.0.2.1',
    async send(url, init = {}) {
      const { pathname } = new URL(url);
      const sent = [...cookies.values()]
        .filter(({ path }) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
        .map(({ name, value }) => `${name}=${value}`);
      const headers = new Headers(init.headers);
      if (sent.length > 0) headers.set('cookie', sent.join('; '));
      const response = await server.fetch(new Request(url, { ...init, headers }), { address: browser.address });
      for (const line of response.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split('; ');
        const at = pair.indexOf('=');
        const attribute = (wanted: string): string | undefined =>
          attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
        const path = attribute('path') ?? '/';
        const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), path };
        const expires = attribute('expires');
        if (expires !== undefined && Date.parse(expires) < Date.now()) cookies.delete(`${path} ${cookie.name}`);
        else cookies.set(`${path} ${cookie.name}`, cookie);
      }
      return response;
    },
    async open(url, init = {}) {
      let response = await browser.send(url, init);
      for (let hops = 0; hops < 10; hops++) {
        const location = response.headers.get('location');
        if (location === null || !location.startsWith(`${issuer}/`)) return response;
        response = await browser.send(location);
      }
      throw new Error('too many redirects');
    },
    submit: ({ view }, fields) =>
      browser.open(view.action, {
        method: 'POST',
        headers: { origin: new URL(issuer).origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: formOf({ csrf: view.csrf, ...fields }).toString(),
      }),
  };
  return browser;
}
