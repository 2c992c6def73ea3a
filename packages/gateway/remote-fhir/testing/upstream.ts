/** A foreign FHIR server on a real socket, for tests: it notes what it hears and answers as it is told. FHIR R4 http.html. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { RemoteFhirOptions } from '../options.ts';
import { createRemoteFhir, type RemoteFhir } from '../remote-fhir.ts';
import type { UpstreamReport } from '../upstream-fault.ts';

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
/** What it says; a function has the response to itself. */
export type Say =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | ((response: ServerResponse, request: IncomingMessage) => void);

export interface Upstream {
  /** its base, without trailing slash */
  readonly url: string;
  /** without its statement being asked for */
  readonly heard: Heard[];
  /** what it says to a path, its query included; undefined: 404 */
  say: (heard: Heard) => Say | undefined;
  /** what its statement says of itself */
  statement: unknown;
  close(): Promise<void>;
}

export const fhirJsonType = { 'content-type': 'application/fhir+json; charset=utf-8' };

export const statementOf = (
  types: Readonly<Record<string, readonly (readonly [name: string, type: string])[]>>,
): object => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [
    {
      mode: 'server',
      interaction: [{ code: 'transaction' }],
      resource: Object.entries(types).map(([type, params]) => ({
        type,
        versioning: 'versioned-update',
        interaction: ['read', 'vread', 'history-instance', 'search-type', 'create', 'update', 'delete'].map((code) => ({
          code,
        })),
        searchParam: params.map(([name, kind]) => ({ name, type: kind })),
      })),
    },
  ],
});
export const usualStatement = statementOf({
  Patient: [
    ['name', 'string'],
    ['birthdate', 'date'],
    ['gender', 'token'],
    ['identifier', 'token'],
  ],
  Observation: [
    ['patient', 'reference'],
    ['subject', 'reference'],
    ['code', 'token'],
    ['category', 'token'],
    ['date', 'date'],
    ['status', 'token'],
    ['value-quantity', 'quantity'],
    ['_lastUpdated', 'date'],
  ],
});

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

/** `path`: of its base. */
export const startUpstream = async (t: Pick<TestContext, 'after'>, path = '/fhir'): Promise<Upstream> => {
  const server = createServer(async (request, response) => {
    const heard: Heard = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: await bodyOf(request),
    };
    const isStatement = heard.path === `${path}/metadata`;
    if (!isStatement) upstream.heard.push(heard);
    const said = isStatement ? { body: upstream.statement } : (upstream.say(heard) ?? { status: 404, body: {} });
    if (typeof said === 'function') return said(response, request);
    const { status = 200, headers = {}, body } = said;
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, { ...fhirJsonType, ...headers }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  const upstream: Upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    heard: [],
    say: () => undefined,
    statement: usualStatement,
    close,
  };
  t.after(close);
  return upstream;
};

export const publicBase = 'https://gateway.example/hospital/fhir';

export interface Opened {
  readonly remote: RemoteFhir;
  readonly reports: UpstreamReport[];
}
export const openRemote = async (
  t: Pick<TestContext, 'after'>,
  url: string,
  more: Partial<RemoteFhirOptions> = {},
): Promise<Opened> => {
  const reports: UpstreamReport[] = [];
  const remote = await createRemoteFhir({
    name: 'hospital',
    url,
    publicBase,
    report: (report) => reports.push(report),
    ...more,
    limits: { retryMs: 1, ...more.limits },
  });
  t.after(() => remote.close());
  return { remote, reports };
};

export const observation = (id: string, patient: string, more: object = {}): Resource & { readonly id: string } => ({
  resourceType: 'Observation',
  id,
  meta: { versionId: '1', lastUpdated: '2026-01-02T03:04:05.678Z' },
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference: `Patient/${patient}` },
  ...more,
});

export const searchset = (
  url: string,
  resources: readonly (Resource & { readonly id: string })[],
  more: object = {},
): object => ({
  resourceType: 'Bundle',
  type: 'searchset',
  total: resources.length,
  link: [{ relation: 'self', url }],
  entry: resources.map((resource) => ({
    fullUrl: `${url}/${resource.resourceType}/${resource.id}`,
    resource,
    search: { mode: 'match' },
  })),
  ...more,
});
