/** A21: everything that the CapabilityStatement lists works: each interaction, parameter, include and operation of each type. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { clinicFor } from './clinic.ts';

interface Listed {
  readonly type: string;
  readonly interaction: readonly { readonly code: string }[];
  readonly searchParam?: readonly { readonly name: string; readonly type: string }[];
  readonly searchInclude?: readonly string[];
  readonly searchRevInclude?: readonly string[];
  readonly operation?: readonly { readonly name: string }[];
}
interface Statement extends Resource {
  readonly rest: readonly {
    readonly resource: readonly Listed[];
    readonly interaction: readonly { readonly code: string }[];
  }[];
}

/** A value that each type of parameter takes. */
const values: Readonly<Record<string, string>> = {
  token: 'x',
  string: 'x',
  reference: 'x',
  date: '2020',
  number: '1',
  quantity: '1',
  uri: 'http://x.example/y',
  special: '1|1|1|km',
};

const requests: Readonly<Record<string, readonly [method: string, path: string]>> = {
  read: ['GET', '/absent'],
  vread: ['GET', '/absent/_history/1'],
  create: ['POST', ''],
  update: ['PUT', '/absent'],
  patch: ['PATCH', '/absent'],
  delete: ['DELETE', '/absent'],
  'history-instance': ['GET', '/absent/_history'],
  'history-type': ['GET', '/_history'],
  'search-type': ['GET', ''],
};

test('A21: every interaction, search parameter, include and operation that is listed is performed', async (t) => {
  const { send, token, json } = await clinicFor(t);
  const all = await token();
  const statement = await json<Statement>(200, 'GET', '/metadata');
  const [rest] = statement.rest;
  assert.ok(rest !== undefined && rest.resource.length > 140);
  const call = async (method: string, path: string): Promise<{ readonly status: number; readonly text: string }> => {
    const writes = method === 'POST' || method === 'PUT';
    const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json';
    const body = method === 'PATCH' ? '[{"op":"test","path":"/id","value":"x"}]' : writes ? '{}' : undefined;
    const response = await send(path, all, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': type },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, text: await response.text() };
  };
  const found = async (path: string): Promise<void> => {
    const { status, text } = await call('GET', path);
    assert.equal(status, 200, `${path}: ${text.slice(0, 300)}`);
  };
  let asked = 0;
  for (const {
    type,
    interaction,
    searchParam = [],
    searchInclude = [],
    searchRevInclude = [],
    operation = [],
  } of rest.resource) {
    for (const { code } of interaction) {
      const [method, path] = requests[code] ?? assert.fail(`an interaction that nobody knows: ${code}`);
      const { status, text } = await call(method, `/${type}${path}`);
      // The content is empty and the instance absent: what counts is that nobody says it is not performed.
      assert.ok(status < 500 && (status !== 405 || code === 'update'), `${code} ${type}: ${status} ${text}`);
      assert.ok(!text.includes('"not-supported"') || code === 'update', `${code} ${type}: ${text}`);
      asked += 1;
    }
    for (const { name, type: kind } of searchParam) {
      const value = kind === 'composite' ? undefined : values[kind];
      await found(
        value === undefined ? `/${type}?${name}:missing=true` : `/${type}?${name}=${encodeURIComponent(value)}`,
      );
      asked += 1;
    }
    for (const include of searchInclude) if (include !== '*') await found(`/${type}?_include=${include}`);
    for (const include of searchRevInclude) await found(`/${type}?_revinclude=${include}`);
    for (const { name } of operation) {
      const answers = await Promise.all(
        [`/${type}/$${name}`, `/${type}/absent/$${name}`].flatMap((path) => [call('GET', path), call('POST', path)]),
      );
      assert.ok(
        answers.some(({ status, text }) => status < 500 && !text.includes('"not-supported"')),
        `${type}/$${name}: ${JSON.stringify(answers)}`,
      );
    }
  }
  for (const { code } of rest.interaction) {
    const path = code === 'history-system' ? '/_history' : '/?_type=Patient';
    if (code.endsWith('-system')) await found(path);
  }
  assert.ok(asked > 3_000, `${asked} were asked`);
});
