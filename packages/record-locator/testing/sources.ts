/** Servers of a domain on real sockets, for tests: they take tokens of their own alone, sort, page, count, and do as they are told. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PersonIndex } from '@affinity/core/identity/person-index.ts';
import { createSafeFetch } from '@affinity/outbound/safe-fetch.ts';
import type { TokenFor } from '../gather/asking.ts';
import type { Source } from '../gather/source.ts';
import { sourceElsewhere } from '../gather/source-elsewhere.ts';

export interface Held {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

export interface TestSource {
  readonly source: Source;
  readonly base: string;
  readonly heard: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders }[];
  /** in the order in which they are kept */
  records: Held[];
  /** has the response to itself, where it is told */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** milliseconds before it answers */
  delay: number;
  /** requests that it has and that are not over */
  readonly open: () => number;
  readonly most: () => number;
}

interface After {
  after(work: () => void): void;
}

export const tokenOf = (base: string): string => `for-${Buffer.from(base).toString('base64url')}`;

/** What the issuer would give: for each server a token that opens that one alone. */
export const tokenForEach: TokenFor = async (_caller, base) => ({
  kind: 'token',
  token: { headersFor: async () => ({ authorization: `Bearer ${tokenOf(base)}` }) },
});

/** The persons of a test: by server, the id there. */
export const indexOf = (persons: Readonly<Record<string, Readonly<Record<string, string>>>>): PersonIndex => ({
  personByIdentifier: async ({ system, value }) => (system === 'urn:mrn' && persons[value] ? value : undefined),
  personAt: async ({ base, patient }) => Object.keys(persons).find((person) => persons[person]?.[base] === patient),
  placesOf: async (person) => Object.entries(persons[person] ?? {}).map(([base, patient]) => ({ base, patient })),
  identifiersOf: async () => [],
});

const dateOf = ({ effectiveDateTime, date, meta }: Held): string =>
  String(effectiveDateTime ?? date ?? (meta as { lastUpdated?: string } | undefined)?.lastUpdated ?? '');

/** A page of a search, whose links name where it goes on by what was last: what is added meanwhile moves nothing. */
const searchset = (base: string, type: string, query: URLSearchParams, records: readonly Held[]): object => {
  const about = `Patient/${query.get('patient')}`;
  const all = records
    .filter((one) => one.resourceType === type && (one.subject as { reference?: string })?.reference === about)
    .filter((one) => (query.get('status') ?? one.status) === one.status)
    .sort((one, other) =>
      dateOf(one) < dateOf(other) ? 1 : dateOf(one) > dateOf(other) ? -1 : one.id < other.id ? -1 : 1,
    );
  const count = Number(query.get('_count') ?? 50);
  const after = query.get('after');
  const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const page = all.slice(from, from + count);
  const last = page.at(-1)?.id;
  const goesOn = from + count < all.length && last !== undefined;
  const next = new URLSearchParams(query);
  next.set('after', last ?? '');
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    ...(query.get('_total') === 'accurate' ? { total: all.length } : {}),
    ...(goesOn ? { link: [{ relation: 'next', url: `${base}/${type}?${next}` }] } : {}),
    entry: page.map((resource) => ({ fullUrl: `${base}/${type}/${resource.id}`, resource, search: { mode: 'match' } })),
  };
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

export const startSource = async (t: After, title: string, records: readonly Held[] = []): Promise<TestSource> => {
  const heard: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];
  let [open, most] = [0, 0];
  const server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => (open -= 1));
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://localhost:${(server.address() as AddressInfo).port}/fhir`;
  const send = createSafeFetch(async () => ['127.0.0.1']);
  const permissions = { dangerouslyAllowLoopback: true };
  const source = sourceElsewhere({ title, base }, { send, permissions, bytes: 1_000_000, milliseconds: 30_000 });
  const made: TestSource = {
    source,
    base,
    heard,
    records: [...records],
    instead: undefined,
    delay: 0,
    open: () => open,
    most: () => most,
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    heard.push({ method, url, headers });
    const body = await bodyOf(request);
    if (made.instead?.(request, response)) return;
    if (made.delay > 0) await new Promise((resolve) => setTimeout(resolve, made.delay));
    const say = (status: number, value: object): void => {
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(value));
    };
    if (headers.authorization !== `Bearer ${tokenOf(base)}`) return say(401, { resourceType: 'OperationOutcome' });
    const search = (path: string): object => {
      const asked = new URL(path, `${base}/`);
      return searchset(base, asked.pathname.split('/').at(-1) ?? '', asked.searchParams, made.records);
    };
    if (method === 'GET') return say(200, search(`${new URL(base).origin}${url}`));
    const { entry } = JSON.parse(body) as { entry: readonly { request: { url: string } }[] };
    return say(200, {
      resourceType: 'Bundle',
      type: 'batch-response',
      entry: entry.map((one) => ({ resource: search(one.request.url), response: { status: '200' } })),
    });
  };
  return made;
};
