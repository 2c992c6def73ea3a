/** The clinic on PostgreSQL for one test of the table, with words for what tests say of answers. */
import assert from 'node:assert/strict';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ResourceServerOptions } from '@affinity/resource-server/resource-server.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { openClinic, type StandingClinic, sending } from '../clinic/clinic.ts';

export interface Bundle extends Resource {
  readonly type: string;
  readonly total?: number;
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly fullUrl?: string;
    readonly resource?: Resource;
    readonly search?: { readonly mode: string };
    readonly request?: { readonly method: string; readonly url: string };
    readonly response?: {
      readonly status: string;
      readonly location?: string;
      readonly etag?: string;
      readonly outcome?: Resource;
    };
  }[];
}

export interface Caller extends StandingClinic {
  /** A request with all rights, whose answer must have this status. */
  ask(
    status: number,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** The same, read as JSON. */
  json<Result = Resource>(
    status: number,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Result>;
  /** Creates, and gives what the server made of it. */
  create(resource: Resource, headers?: Record<string, string>): Promise<Resource & { readonly id: string }>;
  /** ids of the matches of a search, sorted */
  found(path: string): Promise<readonly string[]>;
}

interface Context {
  after(work: () => Promise<void>): void;
}

export const clinicFor = async (t: Context, options: Partial<ResourceServerOptions> = {}): Promise<Caller> => {
  const database = await testDatabase();
  const clinic = await openClinic(database.url, options);
  t.after(async () => {
    await clinic.close();
    await database.close();
  });
  const token = await clinic.token();
  const ask: Caller['ask'] = async (status, method, path, body, headers = {}) => {
    const init = body === undefined ? { method, headers } : sending(method, body, headers);
    const response = await clinic.send(path, token, init);
    if (response.status !== status) assert.fail(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const json = async <Result>(...given: Parameters<Caller['ask']>): Promise<Result> =>
    (await (await ask(...given)).json()) as Result;
  return Object.assign(clinic, {
    ask,
    json,
    create: async (resource: Resource, headers: Record<string, string> = {}) =>
      json<Resource & { readonly id: string }>(201, 'POST', `/${resource.resourceType}`, resource, headers),
    found: async (path: string) => {
      const bundle = await json<Bundle>(200, 'GET', path);
      return matchIds(bundle);
    },
  });
};

export const matchIds = (bundle: Bundle): readonly string[] =>
  (bundle.entry ?? [])
    .filter(({ search }) => search?.mode === 'match')
    .map(({ resource }) => resource?.id ?? '')
    .sort();

export const includedTypes = (bundle: Bundle): readonly string[] =>
  (bundle.entry ?? [])
    .filter(({ search }) => search?.mode === 'include')
    .map(({ resource }) => resource?.resourceType ?? '')
    .sort();

export const linkOf = (bundle: Bundle, relation: string): string | undefined => {
  const url = bundle.link?.find((link) => link.relation === relation)?.url;
  return url?.slice(url.indexOf('/fhir') + '/fhir'.length);
};

/** The answer is an OperationOutcome whose first issue has this code. */
export const assertOutcome = (body: Resource, code: string): void => {
  assert.equal(body.resourceType, 'OperationOutcome');
  const [issue] = body.issue as readonly { readonly code: string; readonly diagnostics?: string }[];
  assert.equal(issue?.code, code, JSON.stringify(body));
  assert.ok((issue?.diagnostics ?? '').length > 5, 'a sentence that helps');
};
