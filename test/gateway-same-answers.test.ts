/**
 * Our own clinic behind the gateway answers as it does by itself: the same requests, the same answers, but for the base, what
 * seals a page, and links to the page before and the last, which a foreign system cannot be asked for. FHIR R4 http.html.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createRemoteFhir } from '@affinity/gateway/remote-fhir/remote-fhir.ts';
import { inRequest } from '@affinity/gateway/request-context.ts';
import { createSourceBackend } from '@affinity/gateway/source-backend.ts';
import { base, createClinic, observation, patient, sending } from '@affinity/resource-server/testing/clinic.ts';
import { createAdaptorServer } from '@hono/node-server';

const gatewayBase = 'https://gateway.example/hospital/fhir';
const service = { sub: 'gateway', client_id: 'gateway', grant_id: undefined, patient: undefined, clearance: 'V' };

const filledClinic = async () => {
  const clinic = await createClinic({ updateCreate: true }, { appliesFilter: true });
  for (const id of ['a', 'b']) await clinic.put(patient(id));
  await clinic.put({ resourceType: 'Practitioner', id: 'p', name: [{ family: 'Meier' }] });
  for (const [i, whose] of ['a', 'a', 'b', 'a', 'b', 'a', 'a'].entries())
    await clinic.put(
      observation(`o${i}`, whose, i % 2 === 0 ? 'laboratory' : 'vital-signs', {
        effectiveDateTime: `202${i}-03-04`,
        performer: [{ reference: 'Practitioner/p' }],
        valueQuantity: { value: 5 + i, unit: 'mg' },
        ...(i === 3 ? { subject: { reference: `${base}/Patient/a` } } : {}),
      }),
    );
  await clinic.put({ resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/a' } });
  return clinic;
};

interface Way {
  readonly send: (path: string, init?: RequestInit) => Promise<Response>;
}

const openBoth = async (t: TestContext, claims: Readonly<Record<string, unknown>>): Promise<readonly [Way, Way]> => {
  const [direct, upstream] = [await filledClinic(), await filledClinic()];
  const server = createAdaptorServer({ fetch: (request) => upstream.server.fetch(request, {}) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const token = await upstream.token({ ...service, scope: 'system/*.cruds' });
  const remote = await createRemoteFhir({
    name: 'clinic',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    aliases: [base],
    publicBase: gatewayBase,
    credentials: { kind: 'header', name: 'Authorization', value: `Bearer ${token}` },
    sort: ['_lastUpdated', '_id', 'date'],
    modifiers: ['not', 'exact', 'contains', 'missing', 'text', 'identifier'],
    writes: true,
    create: 'put',
    report: ({ kind, detail }) => assert.fail(`reported: ${kind} ${detail}`),
  });
  t.after(() => remote.close());
  t.after(() => server.close());
  const gateway = await createClinic({
    backend: createSourceBackend({ source: remote, ownBases: [gatewayBase] }),
    base: gatewayBase,
    within: inRequest,
    updateCreate: true,
  });
  const [mine, theirs] = [await direct.token(claims), await gateway.token({ ...claims, aud: gatewayBase })];
  return [
    { send: (path, init) => direct.send(path, mine, init) },
    {
      send: (path, init = {}) => {
        const headers = new Headers(init.headers);
        headers.set('Authorization', `Bearer ${theirs}`);
        return gateway.server.fetch(new Request(`${gatewayBase}${path}`, { ...init, headers }), {});
      },
    },
  ];
};

/** As it would be said at the clinic, whatever ids it made up, however a page is sealed and a reference is written. */
const plainly = async (response: Response) => {
  const ids = new Map<string, string>();
  const text = (await response.text())
    .replaceAll(gatewayBase, base)
    .replaceAll(`"reference":"${base}/`, '"reference":"')
    .replace(/_cursor=[^"&\\]+/g, '_cursor=sealed')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      const known = ids.get(id) ?? `made-${ids.size}`;
      ids.set(id, known);
      return known;
    });
  const body = text === '' ? {} : (JSON.parse(text) as { link?: readonly { relation: string }[] });
  const link = body.link?.filter(({ relation }) => relation !== 'last' && relation !== 'previous');
  const names = ['content-type', 'etag', 'last-modified', 'cache-control'];
  const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));
  return { status: response.status, headers, body: { ...body, ...(link === undefined ? {} : { link }) } };
};

const reads = [
  '/Patient/a /Patient/b /Patient/nobody /Observation/o1 /Observation/o2 /Observation/o3 /Observation/o1/_history/1',
  '/Observation/o1/_history/2 /Observation/o1/_history /Observation/o2/_history /Observation /Observation?patient=a /Observation?patient=b',
  '/Observation?subject=Patient/a&category=laboratory /Observation?category=laboratory&_count=1 /Observation?date=ge2022&date=lt2025',
  '/Observation?code=http://loinc.org|718-7 /Observation?code:not=718-7 /Observation?value-quantity=gt6 /Observation?value-quantity=6',
  '/Observation?_id=o1,o2,o3 /Observation?_total=accurate&_count=2 /Observation?_summary=count /Observation?_sort=-date&_count=3',
  '/Observation?_include=Observation:performer /Patient?_revinclude=Observation:subject /Observation?performer:Practitioner.name=meier',
  '/Patient?_has:Observation:subject:category=laboratory /Observation?nonsense=1 /Observation?date=x',
  '/Observation?subject:missing=true /Condition /Practitioner/p /Practitioner?name=mei /Encounter /Observation?_elements=status',
  '/Patient/a/$everything /Patient/b/$everything /Observation/o1?_summary=true /Observation/..%2f /Observation?_lastUpdated=ge2020',
].flatMap((line) => line.split(' '));

for (const [who, claims] of [
  ['a patient’s app', { scope: 'launch/patient patient/*.cruds' }],
  [
    'an app with one category',
    { scope: 'launch/patient patient/Observation.rs?category=laboratory patient/Patient.r' },
  ],
  ['a service', { ...service, scope: 'system/*.cruds' }],
] as const)
  test(`E48, E85: ${who} reads the same from the clinic and from the gateway in front of it`, async (t) => {
    const [direct, gateway] = await openBoth(t, claims);
    let shown = 0;
    for (const path of reads) {
      const ask = async ({ send }: Way) => {
        const { body, ...rest } = await plainly(await send(path));
        // Whether what a record refers to is a match of it, and whether there is a total, is left to each.
        const { entry } = body as { entry?: readonly { resource: unknown }[] };
        return path.endsWith('$everything')
          ? { ...rest, body: entry?.map(({ resource }) => resource) }
          : { ...rest, body };
      };
      const [one, other] = [await ask(direct), await ask(gateway)];
      if (one.status === 200) shown += 1;
      assert.deepEqual(other, one, path);
    }
    assert.ok(shown > 15, `${shown} answers show something`);
  });

test('E48, E60: what is written is answered alike by the clinic and by the gateway in front of it, and is then the same', async (t) => {
  const [direct, gateway] = await openBoth(t, { scope: 'launch/patient patient/*.cruds' });
  const entry = (method: string, url: string, resource?: object) => ({
    request: { method, url },
    ...(resource === undefined ? {} : { resource }),
  });
  const bundle = (type: string, ...entries: readonly object[]) =>
    sending('POST', { resourceType: 'Bundle', type, entry: entries });
  const patch = { op: 'replace', path: '/status', value: 'amended' };
  const asked: readonly (readonly [path: string, init?: RequestInit])[] = [
    ['/Observation', sending('POST', { ...observation('x', 'a', 'laboratory'), id: undefined })],
    ['/Observation', sending('POST', { ...observation('x', 'b', 'laboratory'), id: undefined })],
    [
      '/Observation/o1',
      sending('PUT', observation('o1', 'a', 'laboratory', { status: 'amended' }), { 'If-Match': 'W/"1"' }),
    ],
    ['/Observation/o1', sending('PUT', observation('o1', 'a', 'laboratory'), { 'If-Match': 'W/"1"' })],
    ['/Observation/o1', sending('PUT', observation('o1', 'b', 'laboratory'))],
    ['/Observation/o2', sending('PUT', observation('o2', 'a', 'laboratory'))],
    ['/Observation/o0', sending('PATCH', [patch], { 'Content-Type': 'application/json-patch+json' })],
    ['/Observation/o2', sending('PATCH', [patch], { 'Content-Type': 'application/json-patch+json' })],
    ['/Observation/o5', { method: 'DELETE' }],
    ['/Observation/o5', { method: 'DELETE' }],
    ['/Observation/o4', { method: 'DELETE' }],
    ['/Observation/o5'],
    ['/Observation/o5/_history'],
    ['/Observation/o1/_history'],
    ['/Observation/o1/_history/1'],
    [
      '',
      bundle(
        'batch',
        entry('GET', 'Observation/o1'),
        entry('GET', 'Observation/o2'),
        entry('GET', 'Observation?category=laboratory'),
      ),
    ],
    [
      '',
      bundle(
        'transaction',
        entry('PUT', 'Observation/o6', observation('o6', 'a', 'laboratory', { status: 'amended' })),
        entry('DELETE', 'Observation/o3'),
      ),
    ],
    [
      '',
      bundle(
        'transaction',
        entry('PUT', 'Observation/o6', observation('o6', 'a', 'laboratory')),
        entry('PUT', 'Observation/o2', observation('o2', 'a', 'laboratory')),
      ),
    ],
    ['/Observation/o6'],
    ['/Observation?_sort=_id'],
  ];
  for (const [path, init] of asked) {
    const ask = async ({ send }: Way) => {
      const { body, ...rest } = await plainly(await send(path, init));
      // Of what is written in a transaction the version is known only when it stands.
      const { type, entry: entries = [] } = body as { type?: string; entry?: { response: { status: string } }[] };
      return type === 'transaction-response'
        ? { ...rest, body: entries.map(({ response }) => response.status) }
        : { ...rest, body };
    };
    const [one, other] = [await ask(direct), await ask(gateway)];
    assert.deepEqual(other, one, `${init?.method ?? 'GET'} ${path} ${init?.body ?? ''}`);
  }
});
