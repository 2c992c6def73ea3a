import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendTooSlow } from '@affinity/core/fhir/backend.ts';
import { base, type Clinic, createClinic, createSmallClinic, observation, sending } from './testing/clinic.ts';

const open = (given = {}, options = {}) => createSmallClinic(given, { appliesFilter: true, ...options });
interface Page {
  readonly type: string;
  readonly total?: number;
  readonly link: { readonly relation: string; readonly url: string }[];
  readonly entry?: {
    readonly fullUrl: string;
    readonly request?: { readonly method: string };
    readonly resource?: { readonly id: string };
    readonly search?: { readonly mode: string };
  }[];
}
const pageOf = async (response: Response): Promise<Page> => {
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Page;
};
const urls = (page: Page): string[] => (page.entry ?? []).map(({ fullUrl }) => fullUrl.slice(base.length + 1)).sort();
/** All pages from here on. */
const follow = async (clinic: Clinic, token: string, path: string): Promise<string[][]> => {
  const pages: string[][] = [];
  let next: string | undefined = path;
  while (next !== undefined) {
    const page: Page = await pageOf(await clinic.send(next, token));
    pages.push((page.entry ?? []).map(({ fullUrl }) => fullUrl.slice(base.length + 1)));
    next = page.link.find(({ relation }) => relation === 'next')?.url.slice(base.length);
  }
  return pages;
};

for (const options of [{}, { appliesFilter: false }, { appliesFilter: false, leaky: true }]) {
  const name = JSON.stringify(options);
  test(`N11, E51: history of a type and of the whole, filtered version by version; ${name}`, async () => {
    const { clinic, token } = await open({}, options);
    clinic.time += 1000;
    await clinic.send('/Observation/o1', token, sending('PUT', observation('o1', 'a', 'survey')));
    const type = await pageOf(await clinic.send('/Observation/_history', token));
    assert.equal(type.type, 'history');
    assert.deepEqual(urls(type), ['Observation/o1', 'Observation/o1']);
    assert.deepEqual(
      type.entry?.map(({ request }) => request?.method),
      ['PUT', 'POST'],
    );
    assert.deepEqual(urls(await pageOf(await clinic.send('/_history', token))), [
      'Observation/o1',
      'Observation/o1',
      'Patient/a',
    ]);
    const some = await clinic.token({ scope: 'patient/Patient.s patient/Observation.r' });
    assert.deepEqual(urls(await pageOf(await clinic.send('/_history', some))), ['Patient/a']);
    assert.equal((await clinic.send('/Observation/_history', some)).status, 403);
    const none = await clinic.token({ scope: 'patient/Observation.r' });
    assert.equal((await clinic.send('/_history', none)).status, 403);
    const since = await pageOf(await clinic.send('/_history?_since=2026-01-02T03:04:06Z', token));
    assert.deepEqual(urls(since), ['Observation/o1']);
  });

  test(`E46: a search of several types is judged type by type; ${name}`, async () => {
    const { clinic, token } = await open({}, options);
    assert.deepEqual(urls(await pageOf(await clinic.send('/?_type=Patient,Observation', token))), [
      'Observation/o1',
      'Patient/a',
    ]);
    const posted = await clinic.send('/_search', token, {
      method: 'POST',
      body: '_id=o1,o2,a',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    assert.deepEqual(urls(await pageOf(posted)), ['Observation/o1', 'Patient/a']);
    const some = await clinic.token({ scope: 'patient/Patient.rs' });
    assert.deepEqual(urls(await pageOf(await clinic.send('/', some))), ['Patient/a']);
    const named = await clinic.send('/?_type=Patient,Observation', some);
    assert.equal(named.status, 403);
    assert.match(named.headers.get('www-authenticate') ?? '', /patient\/Observation\.s/);
    assert.equal((await clinic.send('/', await clinic.token({ scope: 'patient/Patient.r' }))).status, 403);
    assert.equal((await clinic.send('/?_type=Nothing', token)).status, 400);
    assert.equal((await clinic.send('/?category=laboratory', token)).status, 400);
  });

  test(`E55: $everything gives the patient and what was granted of the record; ${name}`, async () => {
    const { clinic, token } = await open({}, options);
    await clinic.put({ resourceType: 'Practitioner', id: 'dr' });
    await clinic.put(observation('seen', 'a', 'survey', { performer: [{ reference: 'Practitioner/dr' }] }));
    const all = await pageOf(await clinic.send('/Patient/a/$everything', token));
    assert.equal(all.type, 'searchset');
    assert.deepEqual(urls(all), ['Observation/o1', 'Observation/seen', 'Patient/a', 'Practitioner/dr']);
    const some = await clinic.token({ scope: 'patient/Patient.r patient/Observation.rs?category=survey' });
    assert.deepEqual(urls(await pageOf(await clinic.send('/Patient/a/$everything', some))), [
      'Observation/seen',
      'Patient/a',
    ]);
    const hidden = await clinic.send('/Patient/b/$everything', token);
    const absent = await clinic.send('/Patient/nobody/$everything', token);
    assert.deepEqual([hidden.status, await hidden.text()], [404, await absent.text()]);
    assert.equal((await clinic.send('/Patient/a/$everything?_type=Condition', some)).status, 403);
    assert.equal((await clinic.send('/Patient/a/$everything?_type=Nothing', token)).status, 400);
    assert.equal((await clinic.send('/Patient/a/$everything?nonsense=1', token)).status, 400);
    assert.equal(
      (await clinic.send('/Patient/a/$everything', await clinic.token({ scope: 'patient/Observation.rs' }))).status,
      403,
    );
    const parameters = { resourceType: 'Parameters', parameter: [{ name: '_type', valueCode: 'Observation' }] };
    const posted = await pageOf(await clinic.send('/Patient/a/$everything', token, sending('POST', parameters)));
    assert.ok(urls(posted).includes('Observation/o1') && !urls(posted).includes('Practitioner/dr'));
    assert.equal(clinic.audit.at(-1)?.event, 'operation');
  });
}

test('Q33, N20: $everything and histories come in pages that are whole', async () => {
  const { clinic, token } = await open();
  for (let i = 0; i < 7; i += 1) await clinic.put(observation(`p${i}`, 'a', 'survey'));
  for (const path of ['/Patient/a/$everything?_count=3', '/_history?_count=3', '/Observation/_history?_count=2']) {
    const pages = await follow(clinic, token, path);
    assert.ok(pages.length > 2, path);
    const all = pages.flat();
    assert.equal(new Set(all).size, all.length, path);
    assert.ok(all.includes('Observation/p6') && all.includes('Observation/o1'), path);
  }
  const first = await pageOf(await clinic.send('/Observation?_count=3', token));
  const next = first.link.find(({ relation }) => relation === 'next')?.url ?? '';
  const second = await pageOf(await clinic.send(next.slice(base.length), token));
  const relations = second.link.map(({ relation }) => relation);
  assert.ok(relations.includes('first') && relations.includes('self'), relations.join());
  const previous = second.link.find(({ relation }) => relation === 'previous');
  if (previous !== undefined)
    assert.deepEqual(urls(await pageOf(await clinic.send(previous.url.slice(base.length), token))), urls(first));
  const elsewhere = next.replace('/Observation?', '/?');
  assert.equal((await clinic.send(elsewhere.slice(base.length), token)).status, 404);
});

test('$meta tells who may read; $validate tells who may write; $docref finds documents', async () => {
  const asked: unknown[] = [];
  const { clinic, token } = await open({
    validate: async (given: unknown) => {
      asked.push(given);
      return { resourceType: 'OperationOutcome', issue: [{ severity: 'information', code: 'informational' }] };
    },
  });
  const meta = (await (await clinic.send('/Observation/o1/$meta', token)).json()) as {
    parameter: { name: string; valueMeta: { versionId: string } }[];
  };
  assert.equal(meta.parameter[0]?.valueMeta.versionId, '1');
  assert.equal((await clinic.send('/Observation/o2/$meta', token)).status, 404);
  const searcher = await clinic.token({ scope: 'patient/*.s' });
  assert.equal((await clinic.send('/Observation/o1/$meta', searcher)).status, 403);
  const body = '{"resourceType":"Observation","valueQuantity":{"value":0.10}}';
  const valid = await clinic.send('/Observation/$validate?profile=http://x.example/p', token, sending('POST', body));
  assert.equal(valid.status, 200);
  assert.match(JSON.stringify(asked), /0\.10.*http:\/\/x\.example\/p/);
  const parameters = `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":${body}},{"name":"mode","valueCode":"create"}]}`;
  assert.equal((await clinic.send('/Observation/$validate', token, sending('POST', parameters))).status, 200);
  assert.equal((await clinic.send('/Condition/$validate', token, sending('POST', body))).status, 400);
  assert.equal((await clinic.send('/Observation/$validate?nonsense=1', token, sending('POST', body))).status, 400);
  assert.equal((await clinic.send('/Observation/$validate', searcher, sending('POST', body))).status, 403);
  const plain = await createClinic();
  assert.equal((await plain.send('/Observation/$validate', token, sending('POST', body))).status, 404, 'not offered');

  await clinic.put({
    resourceType: 'DocumentReference',
    id: 'd1',
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }] },
    subject: { reference: 'Patient/a' },
    context: { period: { start: '2020-01-01', end: '2020-02-01' } },
    content: [{ attachment: {} }],
  });
  const ask = (query: string) => clinic.send(`/DocumentReference/$docref?${query}`, token);
  assert.deepEqual(urls(await pageOf(await ask('patient=a&start=2019&end=2021'))), ['DocumentReference/d1']);
  assert.deepEqual(urls(await pageOf(await ask('patient=a&start=2021'))), []);
  for (const wrong of ['', 'start=2019', 'patient=a&on-demand=true', 'patient=a&nonsense=1'])
    assert.equal((await ask(wrong)).status, 400, wrong);
});

test('J18: X-Provenance is stored with the write, its target filled in', async () => {
  const { clinic, token } = await open();
  const provenance =
    '{"resourceType":"Provenance","recorded":"2026-01-02T03:04:05Z","agent":[{"who":{"display":"A"}}]}';
  const header = { 'X-Provenance': provenance };
  const stored = async () =>
    (
      (await (await clinic.send('/Provenance', token)).json()) as {
        entry?: { resource: { target: { reference: string }[] } }[];
      }
    ).entry?.map(({ resource }) => resource.target.map(({ reference }) => reference)) ?? [];
  const created = await clinic.send('/Observation', token, sending('POST', observation('x', 'a', 'survey'), header));
  assert.equal(created.status, 201, await created.text());
  const place = created.headers.get('location')?.slice(base.length + 1);
  assert.deepEqual(await stored(), [[place]]);
  const updated = await clinic.send('/Observation/o1', token, sending('PUT', observation('o1', 'a', 'survey'), header));
  assert.equal(updated.status, 200);
  assert.equal((await stored()).length, 2);
  const before = await clinic.send('/Observation/o1', token).then((response) => response.headers.get('etag'));
  const update = (given: string, who = token) =>
    clinic.send('/Observation/o1', who, sending('PUT', observation('o1', 'a', 'survey'), { 'X-Provenance': given }));
  for (const wrong of ['nonsense', '{}', '{"resourceType":"Provenance"}', provenance.replace('{', '{"target":[],')])
    assert.equal((await update(wrong)).status, 400, wrong);
  const narrow = await clinic.token({ scope: 'patient/Observation.cruds' });
  assert.equal((await update(provenance, narrow)).status, 403);
  assert.equal((await clinic.send('/Observation/o1', token, { method: 'DELETE', headers: header })).status, 400);
  assert.equal((await clinic.send('/Observation/o1', token)).headers.get('etag'), before, 'nothing was written');
  const entry = ['1', '2'].map((id) => ({
    resource: observation(id, 'a', 'survey'),
    request: { method: 'POST', url: 'Observation' },
  }));
  const bundle = sending('POST', { resourceType: 'Bundle', type: 'transaction', entry }, header);
  assert.equal((await clinic.send('', token, bundle)).status, 200);
  assert.ok((await stored()).some((targets) => targets.length === 2));
});

test('N24: what has not changed is 304, by tag or by date; nothing is kept', async () => {
  const { clinic, token } = await open();
  const ask = async (headers: Record<string, string>) =>
    (await clinic.send('/Observation/o1', token, { headers })).status;
  const modified = (await clinic.send('/Observation/o1', token)).headers.get('last-modified') ?? '';
  assert.equal(await ask({ 'If-Modified-Since': modified }), 304);
  assert.equal(await ask({ 'If-Modified-Since': 'Thu, 01 Jan 2015 00:00:00 GMT' }), 200);
  assert.equal(await ask({ 'If-Modified-Since': 'nonsense' }), 200);
  assert.equal(await ask({ 'If-Modified-Since': modified, 'If-None-Match': 'W/"7"' }), 200);
  assert.equal((await clinic.send('/Observation?_id=o1', token)).headers.get('cache-control'), 'private, no-store');
});

test('a question that takes too long is too costly', async () => {
  const { clinic } = await open();
  const slow = await createClinic(
    {
      backend: {
        ...clinic.backend,
        searchType: async () => {
          throw new BackendTooSlow();
        },
      },
    },
    { appliesFilter: true },
  );
  const response = await slow.send('/Observation', await slow.token());
  assert.equal(response.status, 400);
  assert.match(await response.text(), /too-costly.*longer than/);
});
