/**
 * A foreign FHIR server on a real socket: records of the store behind the REST of FHIR, without a notion of who asks, and
 * as badly behaved as it is told. FHIR R4 http.html.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { parseSearch } from '@affinity/core/fhir/search-parse.ts';
import type { Deleted, Held, Source, SourceWrite, StagedWrite } from '@affinity/gateway/source.ts';
import type { Misdeed } from './upstream-misbehaviour.ts';

export interface UpstreamOptions {
  /** what it holds, in its own terms */
  readonly source: Source;
  /** `question`: method, a space, and what is asked below the base, without the address */
  readonly misdeedOf: (question: string) => Misdeed;
  /** a resource of the type that is another patient's, as JSON text */
  readonly another: (type: string) => string | undefined;
  readonly now: () => number;
}
export interface StoreUpstream {
  /** its base, without trailing slash */
  readonly url: string;
  /** from now on it also gives answers that cannot be used */
  break(): void;
  /** how many such it gave */
  broken(): number;
  close(): Promise<void>;
}

interface Said {
  readonly status: number;
  readonly body?: string;
  readonly etag?: string;
}
const nothing = (status: number): Said => ({ status });
const shown = (status: number, { body, versionId }: Held): Said => ({ status, body, etag: versionId });

const statementOf = ({ capabilities }: Source): string =>
  JSON.stringify({
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        interaction: [{ code: 'transaction' }],
        resource: capabilities.map(({ type, interactions, searchParams }) => ({
          type,
          versioning: 'versioned-update',
          interaction: interactions.map((code) => ({ code })),
          searchParam: searchParams.map(({ name, type: kind }) => ({ name, type: kind })),
        })),
      },
    ],
  });

interface Entry {
  readonly body?: string | undefined;
  readonly about: Readonly<Record<string, unknown>>;
}
const bundle = (type: string, entries: readonly Entry[], more: Readonly<Record<string, unknown>> = {}): Said => {
  const printed = entries.map(({ body, about }) => {
    const rest = JSON.stringify(about);
    return body === undefined ? rest : `{"resource":${body}${rest === '{}' ? '' : `,${rest.slice(1, -1)}`}}`;
  });
  const head = JSON.stringify({ resourceType: 'Bundle', type, ...more }).slice(0, -1);
  return { status: 200, body: printed.length === 0 ? `${head}}` : `${head},"entry":[${printed.join(',')}]}` };
};

const tagged = (tag: unknown): string => /^W\/"(.+)"$/.exec(String(tag ?? ''))?.[1] ?? '';

/** One write, as a request or an entry of a transaction says it. */
const stagedBy = (method: string, path: string, ifMatch: unknown, resource: unknown): StagedWrite => {
  const [type = '', id = ''] = path.split('/');
  if (method === 'DELETE') return { kind: 'delete', type, id, ifMatch: tagged(ifMatch) };
  const content = { resource: resource as Resource, json: JSON.stringify(resource) };
  if (ifMatch === undefined) return { kind: 'create', type, id, content };
  return { kind: 'update', type, id, content, ifMatch: tagged(ifMatch) };
};
const written = (result: SourceWrite, staged: StagedWrite): Said => {
  if (result.kind === 'conflict') return nothing(412);
  return result.kind === 'deleted' ? nothing(204) : shown(staged.kind === 'create' ? 201 : 200, result.version);
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
};

export const openStoreUpstream = async (options: UpstreamOptions): Promise<StoreUpstream> => {
  const { source, misdeedOf, another, now } = options;
  const { capabilities } = source;
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
  let mayBreak = false;
  let broken = 0;

  const search = async (type: string, params: URLSearchParams, misdeed: Misdeed): Promise<Said> => {
    const capability = capabilities.find((one) => one.type === type);
    if (capability === undefined) return nothing(404);
    const asked = new URLSearchParams([...params].filter(([name]) => name !== '_page'));
    const parsed = parseSearch(type, asked, {
      handling: 'lenient',
      defaultCount: 20,
      maxCount: 1000,
      maxValues: 1000,
      maxClauses: 50,
      ownBases: [url],
      now: now(),
      capability,
    });
    if (parsed.kind === 'fault') return nothing(parsed.status);
    const { sort, count, clauses } = parsed.query;
    const page = params.get('_page');
    const { found, next } = await source.find({
      type,
      sort,
      count: misdeed.pageSize ?? Math.max(1, count),
      clauses: clauses.filter(({ param }) => !misdeed.ignores(param)),
      ...(page === null ? {} : { cursor: page }),
    });
    const added = misdeed.adds ? another(type) : undefined;
    const bodies = [...(added === undefined ? [] : [added]), ...found.map(({ body }) => body)];
    const further = next === undefined ? undefined : new URLSearchParams([...asked, ['_page', next]]);
    return bundle(
      'searchset',
      bodies.map((body) => ({ body, about: { search: { mode: 'match' } } })),
      {
        ...(misdeed.total === undefined ? {} : { total: misdeed.total }),
        link: further === undefined ? [] : [{ relation: 'next', url: `${url}/${type}?${further}` }],
      },
    );
  };

  const history = async (type: string, id: string, params: URLSearchParams): Promise<Said> => {
    const [count, before] = [Number(params.get('_count') ?? 20), params.get('_page')];
    const page = { count, ...(before === null ? {} : { before }) };
    const result = await source.historyInstance?.({ type, id, page });
    if (result === undefined || result === 'absent') return nothing(404);
    const entries = result.entries.map(({ method, version }): Entry => {
      const { versionId, lastUpdated, body } = version as Deleted & { readonly body?: string };
      const request = { method, url: `${type}/${id}` };
      return { body, about: { request, response: { etag: `W/"${versionId}"`, lastModified: lastUpdated } } };
    });
    const further = new URLSearchParams({ _count: String(count), _page: result.next ?? '' });
    const link =
      result.next === undefined ? [] : [{ relation: 'next', url: `${url}/${type}/${id}/_history?${further}` }];
    return bundle('history', entries, { link });
  };

  const transact = async (text: string): Promise<Said> => {
    const { entry } = JSON.parse(text) as {
      entry: readonly { resource?: unknown; request: { method: string; url: string; ifMatch?: string } }[];
    };
    const staged = entry.map(({ resource, request }) =>
      stagedBy(request.method, request.url, request.ifMatch, resource),
    );
    const results = (await source.writer?.transact?.(staged)) ?? 'conflict';
    if (results === 'conflict') return nothing(412);
    return bundle(
      'transaction-response',
      results.map((result) => {
        if (result.kind === 'conflict') return { about: { response: { status: '412' } } };
        if (result.kind === 'written')
          return {
            body: result.version.body,
            about: { response: { status: '200', etag: `W/"${result.version.versionId}"` } },
          };
        const { versionId, lastUpdated } = result.deletion;
        return { about: { response: { status: '204', etag: `W/"${versionId}"`, lastModified: lastUpdated } } };
      }),
    );
  };

  const answer = async (request: IncomingMessage, path: string, query: string, misdeed: Misdeed): Promise<Said> => {
    const { method = 'GET', headers } = request;
    const [type = '', id, part, versionId] = path.split('/').slice(1);
    const params = new URLSearchParams(query);
    if (method === 'GET' && type === 'metadata') return { status: 200, body: statementOf(source) };
    if (method === 'POST') return type === '' ? transact(await textOf(request)) : search(type, params, misdeed);
    if (method !== 'GET') {
      const text = await textOf(request);
      const resource: unknown = text === '' ? undefined : JSON.parse(text);
      const staged = stagedBy(method, `${type}/${id ?? ''}`, headers['if-match'], resource);
      return written((await source.writer?.write(staged)) ?? { kind: 'conflict' }, staged);
    }
    if (id === undefined) return search(type, params, misdeed);
    if (part === '_history' && versionId === undefined) return history(type, id, params);
    const at = { type, id };
    const result = versionId === undefined ? await source.read(at) : await source.vread?.({ ...at, versionId });
    if (result?.kind === 'found') return shown(200, result.version);
    return nothing(result?.kind === 'deleted' ? 410 : 404);
  };

  const send = (response: ServerResponse, { status, body, etag }: Said, breaks: Misdeed['breaks']): void => {
    if (breaks === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in</body></html>');
      return;
    }
    const headers = etag === undefined ? {} : { etag: `W/"${etag}"` };
    const text = body ?? (status === 204 ? '' : '{"resourceType":"OperationOutcome"}');
    const type = { 'content-type': 'application/fhir+json' };
    if (breaks !== 'cut') {
      response.writeHead(status, { ...type, ...headers }).end(text);
      return;
    }
    response.writeHead(200, { ...type, 'content-length': 1000 + text.length });
    response.write(text.slice(0, 40), () => response.destroy());
  };

  server.on('request', (request, response) => {
    void (async () => {
      const [path = '', given = ''] = (request.url ?? '').slice('/fhir'.length).split('?', 2);
      const isForm = path.endsWith('/_search');
      const query = isForm ? await textOf(request) : given;
      const method = isForm ? 'GET' : (request.method ?? 'GET');
      const plain = query.replaceAll(encodeURIComponent(url), '');
      const misdeed = misdeedOf(`${method} ${path.replace(/\/_search$/, '')}?${plain}`);
      if (misdeed.delayMs > 0) await setTimeout(misdeed.delayMs);
      const breaks = mayBreak && method === 'GET' ? misdeed.breaks : undefined;
      if (breaks !== undefined) broken += 1;
      const [, type = ''] = path.split('/');
      const wrong =
        breaks === 'another' ? { status: 200, body: another(type) ?? '{"resourceType":"Basic","id":"x"}' } : undefined;
      send(response, wrong ?? (await answer(request, path, query, misdeed)), breaks);
    })().catch(() => response.destroy());
  });
  return {
    url,
    break: () => {
      mayBreak = true;
    },
    broken: () => broken,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
