import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSmallClinic, observation, patient, sending } from './testing/clinic.ts';

interface Entry {
  readonly fullUrl?: string;
  readonly resource?: unknown;
  readonly request: { readonly method: string; readonly url: string; readonly [condition: string]: string };
}
interface Answered {
  readonly type: string;
  readonly entry: {
    readonly resource?: { readonly id: string };
    readonly response: { status: string; location?: string; etag?: string; outcome?: { issue: { code: string }[] } };
  }[];
}
const post = (type: 'batch' | 'transaction', entry: readonly unknown[], headers = {}) =>
  sending('POST', { resourceType: 'Bundle', type, entry }, headers);
const get = (url: string): Entry => ({ request: { method: 'GET', url } });
const open = (given = {}) => createSmallClinic(given, { appliesFilter: true });
const everything = { kind: 'everything' } as const;

test('D07, N12, E52: a batch answers each entry by itself, in order, with its own status and outcome', async () => {
  const { clinic, token } = await open();
  const response = await clinic.send(
    '/',
    token,
    post('batch', [
      get('Observation/o1'),
      get('Observation/o2'),
      { resource: patient('a'), request: { method: 'POST', url: 'Patient' } },
      { resource: observation('x', 'a', 'laboratory'), request: { method: 'POST', url: 'Observation' } },
      get('Nothing/1'),
      get('Observation?_count=x'),
      { request: { method: 'POST', url: '' }, resource: { resourceType: 'Bundle', type: 'batch' } },
      { request: { method: 'DELETE', url: 'Observation/o1' } },
      get('Observation/o1'),
      { request: { method: 'GET', url: 'http://elsewhere.example/Observation/o1' } },
      {},
    ]),
  );
  assert.equal(response.status, 200);
  const { type, entry } = (await response.json()) as Answered;
  assert.equal(type, 'batch-response');
  assert.deepEqual(
    entry.map((each) => each.response.status),
    [
      '200 OK',
      '404 Not Found',
      '403 Forbidden',
      '201 Created',
      '404 Not Found',
      '400 Bad Request',
      '400 Bad Request',
      '204 No Content',
      '410 Gone',
      '400 Bad Request',
      '400 Bad Request',
    ],
  );
  assert.equal(entry[0]?.resource?.id, 'o1');
  assert.equal(entry[2]?.response.outcome?.issue[0]?.code, 'forbidden');
  assert.match(entry[3]?.response.location ?? '', /Observation\/[0-9a-f-]+\/_history\/1$/);
  assert.equal(entry[3]?.response.etag, 'W/"1"');
  const scoped = await clinic.token({ scope: 'patient/Condition.rs' });
  const denied = (await (await clinic.send('/', scoped, post('batch', [get('Observation/o1')]))).json()) as Answered;
  assert.equal(denied.entry[0]?.response.status, '403 Forbidden');
  assert.equal(clinic.audit.at(-1)?.outcome, 'denied');
});

test('Q24: the limit of entries, at it and past it; what is no Bundle of requests is refused', async () => {
  const { clinic, token } = await open({ limits: { bundleEntries: 3 } });
  const status = async (init: RequestInit) => (await clinic.send('', token, init)).status;
  assert.equal(await status(post('batch', [get('Patient/a'), get('Patient/a'), get('Patient/a')])), 200);
  assert.equal(await status(post('batch', Array(4).fill(get('Patient/a')))), 413);
  assert.equal(await status(post('transaction', Array(4).fill(get('Patient/a')))), 413);
  assert.equal(await status(sending('POST', { resourceType: 'Bundle', type: 'collection' })), 400);
  assert.equal(await status(sending('POST', { resourceType: 'Patient' })), 400);
  assert.equal(await status(sending('POST', '{"resourceType":"Bundle","type":"batch","entry":{}}')), 400);
  assert.equal(await status({ method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } }), 415);
});

const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`;

const chart = (subject = 'Patient/a'): Entry[] => [
  {
    fullUrl: urn(1),
    resource: {
      ...observation('x', 'a', 'laboratory'),
      subject: { reference: subject },
      hasMember: [{ reference: urn(2) }],
      text: {
        status: 'generated',
        div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${urn(2)}">part</a> ${urn(2)}</div>`,
      },
      instantiates: undefined,
      extension: [
        { url: 'http://x.example/uri', valueUri: urn(2) },
        { url: 'http://x.example/canonical', valueCanonical: urn(2) },
        { url: 'http://x.example/string', valueString: urn(2) },
      ],
      valueQuantity: { value: 1, unit: 'g' },
    },
    request: { method: 'POST', url: 'Observation' },
  },
  {
    fullUrl: urn(2),
    resource: { ...observation('y', 'a', 'laboratory'), subject: { reference: subject } },
    request: { method: 'POST', url: 'Observation' },
  },
];

test('N12: references by fullUrl become identities, in every order of the entries; canonicals stay', async () => {
  for (const turned of [false, true]) {
    const { clinic, token } = await open();
    const sent = turned ? chart().toReversed() : chart();
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: sent }).replace(
      '"value":1,',
      '"value":1.50,',
    );
    const response = await clinic.send('', token, sending('POST', body));
    const answered = (await response.json()) as Answered;
    assert.equal(response.status, 200);
    const ids = answered.entry.map((each) => each.response.location?.split('/').at(-3));
    const [first, second] = turned ? ids.toReversed() : ids;
    const json = await (await clinic.send(`/Observation/${first}`, token)).text();
    const stored = JSON.parse(json) as {
      hasMember: { reference: string }[];
      text: { div: string };
      extension: Record<string, string>[];
    };
    const identity = `Observation/${second}`;
    assert.deepEqual(stored.hasMember, [{ reference: identity }]);
    assert.match(stored.text.div, new RegExp(`href="${identity}">part</a> ${urn(2)}`));
    assert.deepEqual(
      stored.extension.map(({ valueUri, valueCanonical, valueString }) => valueUri ?? valueCanonical ?? valueString),
      [identity, urn(2), urn(2)],
    );
    assert.match(json, /"value":1\.50/, 'N25: decimals keep their precision');
  }
});

/** Every resource of the types that matter here, with its versions. */
const digest = async (clinic: Awaited<ReturnType<typeof open>>['clinic']): Promise<string> => {
  const types = ['Patient', 'Observation', 'Provenance'];
  const result = await clinic.backend.history?.({ types, page: { count: 1000 } }, () => everything);
  return JSON.stringify(result);
};

test('E53, N12: one entry that is denied or faulty, and nothing is written; the answer names it', async () => {
  const { clinic, token } = await open();
  const before = await digest(clinic);
  const good: Entry = {
    resource: observation('x', 'a', 'laboratory'),
    request: { method: 'POST', url: 'Observation' },
  };
  const bad: [Entry | Record<string, unknown>, number][] = [
    [{ resource: observation('x', 'b', 'laboratory'), request: { method: 'POST', url: 'Observation' } }, 403],
    [{ resource: patient('z'), request: { method: 'POST', url: 'Patient' } }, 403],
    [get('Observation/o2'), 404],
    [get('Practitioner/1'), 404],
    [
      {
        resource: { resourceType: 'Observation', status: 'final', subject: { reference: 'Patient/a' } },
        request: { method: 'POST', url: 'Observation' },
      },
      422,
    ],
    [{ resource: { ...patient('a'), nonsense: 1 }, request: { method: 'PUT', url: 'Patient/a' } }, 400],
    [{ resource: patient('c'), request: { method: 'PUT', url: 'Patient/a' } }, 400],
    [{ resource: patient('a'), request: { method: 'PUT', url: 'Patient/a', ifMatch: 'W/"9"' } }, 412],
    [get('_history'), 400],
    [get('Patient/a/$everything'), 400],
    [{ request: { method: 'POST', url: 'Patient/_search' } }, 400],
    [{ request: { method: 'TRACE', url: 'Patient/a' } }, 400],
    [{ resource: patient('a') }, 400],
    [get('Observation?code:wrong=x'), 400],
  ];
  for (const [entry, status] of bad) {
    const response = await clinic.send('', token, post('transaction', [good, entry]));
    const text = await response.text();
    assert.equal(response.status, status, `${JSON.stringify(entry)} ${text}`);
    const outcome = JSON.parse(text) as { resourceType: string; issue: { expression: string[] }[] };
    assert.equal(outcome.resourceType, 'OperationOutcome');
    assert.equal(outcome.issue[0]?.expression[0], 'Bundle.entry[1]', text);
    assert.equal(await digest(clinic), before);
  }
  const reader = await clinic.token({ scope: 'patient/*.rs' });
  assert.equal((await clinic.send('', reader, post('transaction', [good, get('Patient/a')]))).status, 403);
  clinic.auditFails = true;
  assert.equal((await clinic.send('', token, post('transaction', [good]))).status, 503);
  assert.equal(await digest(clinic), before, 'what cannot be recorded is not written');
});

test('N12: the same resource twice is refused; deletes come first and reads last', async () => {
  const { clinic, token } = await open();
  const update: Entry = {
    resource: observation('o1', 'a', 'survey'),
    request: { method: 'PUT', url: 'Observation/o1' },
  };
  const twice = await clinic.send('', token, post('transaction', [update, update]));
  assert.equal(twice.status, 400);
  const removal: Entry = { request: { method: 'DELETE', url: 'Observation/o1' } };
  assert.equal((await clinic.send('', token, post('transaction', [update, removal]))).status, 400);
  const answered = (await (
    await clinic.send(
      '',
      token,
      post('transaction', [
        get('Observation?category=laboratory'),
        { resource: observation('n', 'a', 'laboratory'), request: { method: 'POST', url: 'Observation' } },
        removal,
      ]),
    )
  ).json()) as { entry: { resource?: { total: number }; response: { status: string } }[] };
  assert.deepEqual(
    answered.entry.map(({ response }) => response.status),
    ['200 OK', '201 Created', '204 No Content'],
  );
  assert.equal(answered.entry[0]?.resource?.total, 1, 'the deleted one is gone, the new one is there');
  const shown = (await (
    await clinic.send('', token, post('transaction', [{ ...chart()[1] }], { Prefer: 'return=representation' }))
  ).json()) as Answered;
  assert.match(shown.entry[0]?.resource?.id ?? '', /^[0-9a-f-]{36}$/);
});

test('N13, E54: a reference that is a search finds one that the caller may see, or the whole fails', async () => {
  const { clinic, token } = await open();
  const identified = (id: string, value: string) => ({ ...patient(id), identifier: [{ system: 'urn:x', value }] });
  await clinic.backend.update(
    {
      type: 'Patient',
      id: 'a',
      content: { resource: identified('a', '1'), json: JSON.stringify(identified('a', '1')) },
    },
    everything,
  );
  await clinic.backend.update(
    {
      type: 'Patient',
      id: 'b',
      content: { resource: identified('b', '2'), json: JSON.stringify(identified('b', '2')) },
    },
    everything,
  );
  const ask = async (subject: string, who = token) => {
    const response = await clinic.send('', who, post('transaction', chart(subject)));
    return [response.status, await response.text()] as const;
  };
  assert.equal((await ask('Patient?identifier=urn:x|1'))[0], 200);
  const hidden = await ask('Patient?identifier=urn:x|2');
  const absent = await ask('Patient?identifier=urn:x|3');
  assert.deepEqual(hidden, absent, 'hidden is as absent');
  assert.equal(absent[0], 412);
  assert.equal((await ask('Patient?identifier=urn:x|1&nonsense=1'))[0], 400, 'nothing of a condition is passed over');
  assert.equal((await ask('Patient?'))[0], 400);
  const noSearch = await clinic.token({ scope: 'patient/Observation.cruds patient/Patient.r' });
  assert.equal((await ask('Patient?identifier=urn:x|1', noSearch))[0], 403);
});

test('every write of a transaction is recorded before it stands, by its own interaction', async () => {
  const { clinic, token } = await open();
  const before = clinic.audit.length;
  await clinic.send('', token, post('transaction', [...chart(), get('Patient/a')]));
  const records = clinic.audit.slice(before);
  assert.deepEqual(records.map(({ event, outcome }) => [event, outcome]).sort(), [
    ['create', 'permitted'],
    ['create', 'permitted'],
    ['read', 'permitted'],
    ['transaction', 'permitted'],
  ]);
  for (const { event, patients } of records) if (event === 'create') assert.deepEqual(patients, ['a']);
});
