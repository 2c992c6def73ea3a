import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import {
  base,
  type Clinic,
  type ClinicOptions,
  createClinic,
  issuer,
  observation,
  patient,
  sending,
} from './testing/clinic.ts';

const ids = async (response: Response): Promise<string[]> => {
  assert.equal(response.status, 200);
  const bundle = (await response.json()) as { entry?: { resource: { id: string } }[] };
  return (bundle.entry ?? []).map(({ resource }) => resource.id).sort();
};
const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
};

/** Patient a: one laboratory result, one vital sign, one restricted; patient b: one laboratory result. */
const filled = async (options: ClinicOptions = {}): Promise<Clinic> => {
  const clinic = await createClinic({}, options);
  for (const id of ['a', 'b']) await clinic.put(patient(id));
  await clinic.put(observation('lab', 'a', 'laboratory'));
  await clinic.put(observation('vital', 'a', 'vital-signs'));
  await clinic.put(observation('secret', 'a', 'laboratory', restricted));
  await clinic.put(observation('other', 'b', 'laboratory'));
  return clinic;
};

const stripped = async (response: Response): Promise<string> => {
  const headers = [...response.headers].filter(([name]) => name !== 'x-request-id');
  return JSON.stringify([response.status, headers, await response.text()]);
};

for (const options of [{ appliesFilter: true }, { appliesFilter: false }, { appliesFilter: false, leaky: true }]) {
  const name = JSON.stringify(options);

  test(`E28: hidden is as absent, byte for byte, for every interaction; backend ${name}`, async () => {
    const clinic = await filled(options);
    const token = await clinic.token();
    const hidden = ['other', 'secret'];
    const ask: ((id: string) => Promise<Response>)[] = [
      (id) => clinic.send(`/Observation/${id}`, token),
      (id) => clinic.send(`/Observation/${id}`, token, { method: 'HEAD' }),
      (id) => clinic.send(`/Observation/${id}/_history`, token),
      (id) => clinic.send(`/Observation/${id}/_history/1`, token),
      (id) => clinic.send(`/Observation/${id}`, token, { method: 'DELETE' }),
      (id) => clinic.send(`/Observation/${id}`, token, { method: 'DELETE', headers: { 'If-Match': 'W/"9"' } }),
      (id) => clinic.send(`/Observation/${id}`, token, sending('PUT', observation(id, 'a', 'laboratory'))),
      (id) =>
        clinic.send(
          `/Observation/${id}`,
          token,
          sending('PUT', observation(id, 'a', 'laboratory'), { 'If-Match': 'W/"9"' }),
        ),
      (id) =>
        clinic.send(`/Observation/${id}`, token, sending('PUT', { ...observation(id, 'a', 'laboratory'), status: '' })),
      (id) => clinic.send(`/Observation?_id=${id}&_total=accurate`, token),
    ];
    for (const send of ask) {
      const absent = await stripped(await send('nothing'));
      for (const id of hidden) assert.equal((await stripped(await send(id))).replaceAll(id, 'nothing'), absent);
    }
    assert.equal(
      (await clinic.backend.read({ type: 'Observation', id: 'other' }, { kind: 'everything' })).kind,
      'found',
    );
  });

  test(`D08, E42: a search gives, and counts, what the scopes let through; backend ${name}`, async () => {
    const clinic = await filled(options);
    const all = await clinic.token();
    assert.deepEqual(await ids(await clinic.send('/Observation', all)), ['lab', 'vital']);
    const vitals = await clinic.token({ scope: 'patient/Observation.rs?category=vital-signs' });
    const response = await clinic.send('/Observation?_total=accurate', vitals);
    assert.equal(((await response.clone().json()) as { total: number }).total, 1);
    assert.deepEqual(await ids(response), ['vital']);
    assert.deepEqual(await ids(await clinic.send('/Observation?subject=Patient/b', all)), []);
    assert.equal((await clinic.send('/Observation/lab', vitals)).status, 404);
    assert.equal((await clinic.send('/Observation/vital', vitals)).status, 200);
    const named = await clinic.send('/Observation?category=laboratory', vitals);
    assert.equal(named.status, 403);
    assert.match(named.headers.get('www-authenticate') ?? '', /scope="patient\/Observation\.s\?category=laboratory"/);
    assert.equal((await clinic.send('/Condition', vitals)).status, 403);
    const cleared = await clinic.token({ clearance: 'R' });
    assert.deepEqual(await ids(await clinic.send('/Observation', cleared)), ['lab', 'secret', 'vital']);
  });

  test(`E50: a version is judged by its own content and by the current one; backend ${name}`, async () => {
    const clinic = await filled(options);
    const everything = { kind: 'everything' } as const;
    const update = async (resource: ReturnType<typeof observation>) => {
      const content = { resource, json: JSON.stringify(resource) };
      await clinic.backend.update({ type: 'Observation', id: resource.id, content }, everything);
    };
    await update(observation('vital', 'a', 'vital-signs', restricted));
    await update(observation('vital', 'a', 'vital-signs', { note: [{ text: 'third' }] }));
    await update(observation('lab', 'b', 'laboratory'));
    const token = await clinic.token();
    const history = (await (await clinic.send('/Observation/vital/_history', token)).json()) as {
      type: string;
      entry: { resource: { meta: { versionId: string } } }[];
    };
    assert.deepEqual(
      history.entry.map(({ resource }) => resource.meta.versionId),
      ['3', '1'],
    );
    assert.equal((await clinic.send('/Observation/vital/_history/2', token)).status, 404);
    assert.equal((await clinic.send('/Observation/vital/_history/1', token)).status, 200);
    assert.equal((await clinic.send('/Observation/lab/_history/1', token)).status, 404, 'it is another patient’s now');
    assert.equal((await clinic.send('/Observation/lab/_history', token)).status, 404);
  });
}

test('E60, E61, D04: the pre-image and the post-image of a write; to write is not to read', async () => {
  const clinic = await filled();
  const token = await clinic.token();
  const moved = sending('PUT', observation('lab', 'b', 'laboratory'));
  assert.equal((await clinic.send('/Observation/lab', token, moved)).status, 403, 'a → b');
  const taken = sending('PUT', observation('other', 'a', 'laboratory'));
  assert.equal((await clinic.send('/Observation/other', token, taken)).status, 405, 'b → a');
  const raised = sending('PUT', observation('lab', 'a', 'laboratory', restricted));
  assert.equal((await clinic.send('/Observation/lab', token, raised)).status, 403, 'beyond the own clearance');
  const vitals = await clinic.token({ scope: 'patient/Observation.c?category=vital-signs' });
  assert.equal(
    (await clinic.send('/Observation', vitals, sending('POST', observation('x', 'a', 'laboratory')))).status,
    403,
  );
  const created = await clinic.send('/Observation', vitals, sending('POST', observation('x', 'a', 'vital-signs')));
  assert.equal(created.status, 201);
  assert.equal(((await created.json()) as { subject: { reference: string } }).subject.reference, 'Patient/a');
  const place = new URL(created.headers.get('location') ?? '').pathname.slice('/fhir'.length);
  assert.equal((await clinic.send(place, vitals)).status, 403);
  assert.equal((await clinic.send(place, token)).status, 200);
  assert.equal((await clinic.send('/Patient', token, sending('POST', patient('a')))).status, 403, 'another patient');
  assert.equal(
    (await clinic.send('/Practitioner', token, sending('POST', { resourceType: 'Practitioner' }))).status,
    403,
    'E63',
  );

  const writer = await clinic.token({ scope: 'patient/Observation.u' });
  const prefer = { Prefer: 'return=representation' };
  const updated = await clinic.send(
    '/Observation/lab',
    writer,
    sending('PUT', observation('lab', 'a', 'laboratory'), prefer),
  );
  assert.deepEqual([updated.status, await updated.text()], [200, '']);
  const both = await clinic.send(
    '/Observation/lab',
    token,
    sending('PUT', observation('lab', 'a', 'laboratory'), prefer),
  );
  assert.match(await both.text(), /"versionId":"3"/);
});

test('E56: a write does not make a record less confidential, by leaving its label out or by another', async () => {
  const clinic = await filled({ appliesFilter: true });
  const token = await clinic.token({ clearance: 'R' });
  const put = async (more: object) =>
    (
      await clinic.send(
        '/Observation/secret',
        token,
        sending('PUT', { ...observation('secret', 'a', 'laboratory'), ...more }),
      )
    ).status;
  const patch = async (body: string) =>
    (
      await clinic.send('/Observation/secret', token, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json-patch+json' },
        body,
      })
    ).status;
  assert.equal(await put({}), 403);
  assert.equal(await put({ meta: { security: [{ ...restricted.meta.security[0], code: 'N' }] } }), 403);
  assert.equal(await patch('[{"op":"remove","path":"/meta/security"}]'), 403);
  assert.equal(await patch('[{"op":"replace","path":"/meta/security/0/code","value":"L"}]'), 403);
  assert.equal(await put(restricted), 200);
  assert.equal(await patch('[{"op":"replace","path":"/status","value":"amended"}]'), 200);
});

test('E67: 401, then 403 or absent, then 412, then 422', async () => {
  const clinic = await filled();
  const token = await clinic.token();
  const reader = await clinic.token({ scope: 'patient/*.rs' });
  const status = async (path: string, init: RequestInit, who?: string) => (await clinic.send(path, who, init)).status;
  const bad = { ...observation('lab', 'a', 'laboratory'), effectiveDateTime: 'yesterday' };
  const stale = { 'If-Match': 'W/"7"' };
  assert.equal(await status('/Observation/lab', sending('PUT', '{{', stale)), 401);
  assert.equal(await status('/Observation/lab', sending('PUT', '{{', stale), reader), 403);
  assert.equal(await status('/Observation/other', sending('PUT', { ...bad, id: 'other' }, stale), token), 405);
  assert.equal(await status('/Observation/lab', sending('PUT', bad, stale), token), 412);
  assert.equal(await status('/Observation/lab', sending('PUT', bad), token), 422);
  assert.equal(await status('/Observation', sending('POST', bad), token), 422);
  assert.equal(
    await status('/Observation/lab', sending('PUT', observation('lab', 'a', 'laboratory'), stale), token),
    412,
  );
  assert.equal(await status('/Observation/lab', { method: 'DELETE', headers: stale }, token), 412);
  assert.equal(await status('/Observation/lab', { method: 'DELETE', headers: { 'If-Match': 'W/"1"' } }, token), 204);
});

test('410 is told to those who could have read, 404 to anybody else', async () => {
  const clinic = await filled({ appliesFilter: true });
  const token = await clinic.token();
  const other = await clinic.token({ patient: 'b' });
  assert.equal((await clinic.send('/Observation/lab', token, { method: 'DELETE' })).status, 204);
  assert.equal((await clinic.send('/Observation/lab', token)).status, 410);
  assert.equal((await clinic.send('/Observation/lab', other)).status, 404);
  assert.equal((await clinic.send('/Observation/lab', token, { method: 'DELETE' })).status, 204);
});

test('every decision is recorded before its answer; a permitted write before it is made', async () => {
  const clinic = await filled();
  const token = await clinic.token();
  const last = () => clinic.audit.at(-1);
  await clinic.send('/Observation/lab', token);
  const { because, ...record } = last() ?? assert.fail();
  assert.ok(because?.includes('scope') && because.includes('label'), 'the rules that narrowed it');
  assert.deepEqual(
    { ...record, id: '', requestId: '' },
    {
      id: '',
      recorded: '2026-01-02T03:04:05.000Z',
      source: 'clinic',
      event: 'read',
      method: 'GET',
      base,
      issuer,
      patients: ['a'],
      outcome: 'permitted',
      requestId: '',
      status: 200,
      client: 'app-1',
      user: 'user-1',
      grant: 'grant-1',
      token: 'token-1',
      patient: 'a',
      target: 'Observation/lab/_history/1',
      address: '192.0.2.1',
    },
  );
  await clinic.send('/Observation?category=laboratory', token);
  assert.equal(last()?.query, 'category=laboratory');
  await clinic.send('/Observation/lab', await clinic.token({ scope: 'patient/Condition.rs' }));
  assert.deepEqual([last()?.outcome, last()?.status, last()?.client], ['denied', 403, 'app-1']);
  assert.deepEqual([last()?.rule, last()?.because], ['scope', undefined], 'the rule that denied');
  await clinic.send('/Observation/lab', 'junk');
  assert.deepEqual(
    [last()?.outcome, last()?.status, last()?.client, last()?.event],
    ['denied', 401, undefined, 'read'],
    'J11',
  );
  await clinic.send('/Observation/lab', token, { method: 'POST' });
  assert.deepEqual([last()?.outcome, last()?.status, last()?.event], ['failed', 405, 'request']);
  const before = clinic.audit.length;
  await clinic.send(
    '/Observation/lab',
    token,
    sending('PUT', observation('lab', 'a', 'laboratory'), { 'If-Match': 'W/"9"' }),
  );
  assert.deepEqual(
    clinic.audit.slice(before).map(({ outcome, status }) => [outcome, status]),
    [
      ['permitted', undefined],
      ['failed', 412],
    ],
  );

  clinic.auditFails = true;
  const calls = clinic.calls.length;
  const writes = [
    sending('POST', observation('x', 'a', 'laboratory')),
    sending('PUT', observation('lab', 'a', 'laboratory')),
    { method: 'DELETE' },
  ];
  for (const init of writes) {
    const path = init.method === 'POST' ? '/Observation' : '/Observation/lab';
    assert.equal((await clinic.send(path, token, init)).status, 503);
  }
  const made = clinic.calls.slice(calls).filter((call) => call !== 'read');
  assert.deepEqual(made, [], 'nothing was written');
  const read = await clinic.send('/Observation/lab', token);
  assert.equal(read.status, 503);
  assert.doesNotMatch(await read.text(), /laboratory/);
  assert.equal((await clinic.send('/Observation/lab')).status, 503, 'a denial that cannot be recorded');
});

test('records that cannot be reached are a 503, recorded', async () => {
  const clinic = await filled();
  const gone = await createClinic({
    backend: {
      ...clinic.backend,
      read: async () => {
        throw new BackendUnavailable(new Error('connect ECONNREFUSED 10.0.0.7'));
      },
    },
  });
  const response = await gone.send('/Observation/lab', await gone.token());
  assert.equal(response.status, 503);
  assert.doesNotMatch((await response.text()) + gone.log.join(), /10\.0\.0\.7/);
  assert.deepEqual([gone.audit.at(-1)?.outcome, gone.audit.at(-1)?.status], ['failed', 503]);
});

test('a backend that fails is a 500 that says nothing, recorded', async () => {
  const clinic = await filled();
  const fails = await createClinic({
    backend: {
      ...clinic.backend,
      read: async () => {
        throw new Error('select * from resource where family = Canary');
      },
    },
  });
  const response = await fails.send('/Observation/lab', await fails.token());
  assert.equal(response.status, 500);
  assert.doesNotMatch((await response.text()) + fails.log.join(), /Canary|select/);
  assert.deepEqual([fails.audit.at(-1)?.outcome, fails.audit.at(-1)?.status], ['failed', 500]);
  assert.equal(fails.log.length, 1);
});
