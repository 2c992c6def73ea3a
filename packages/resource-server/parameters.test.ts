import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, createSmallClinic, observation, sending } from './testing/clinic.ts';

test('N14, E45, E49: a search by POST is judged by URL and form together, and says what was applied', async () => {
  const { clinic, token } = await createSmallClinic();
  const form = (body: string) => ({
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  const found = async (response: Response) => ((await response.json()) as { entry?: unknown[] }).entry?.length ?? 0;
  assert.equal(await found(await clinic.send('/Observation/_search', token, form('category=laboratory'))), 1);
  assert.equal(
    await found(await clinic.send('/Observation/_search?category=laboratory', token, form('category=survey'))),
    0,
  );
  const vitals = await clinic.token({ scope: 'patient/Observation.rs?category=vital-signs' });
  assert.equal(
    (await clinic.send('/Observation/_search?category=vital-signs', vitals, form('category=laboratory'))).status,
    403,
  );
  assert.equal((await clinic.send('/Observation?category=vital-signs&category=laboratory', vitals)).status, 403);
  const self = (await (
    await clinic.send('/Observation/_search?_count=5', token, form('category=laboratory&unknown=1'))
  ).json()) as {
    link: { relation: string; url: string }[];
  };
  assert.deepEqual(self.link, [{ relation: 'self', url: `${base}/Observation?_count=5&category=laboratory` }]);
  assert.equal(clinic.audit.at(-1)?.query, '_count=5');
  assert.equal(clinic.audit.at(-1)?.form, 'category=laboratory&unknown=1', 'the whole is recorded');
  assert.equal((await clinic.send('/Observation/_search', token, sending('POST', {}))).status, 415);
});

test('a query that is not understood is 400, and 403 for whoever may not search', async () => {
  const { clinic, token } = await createSmallClinic();
  const reader = await clinic.token({ scope: 'patient/Observation.r' });
  for (const query of [
    'category:above=x',
    'subject.nickname=x',
    '_has:Observation:nothing:code=x',
    '_include=Observation:nothing',
    '_include=*',
    '_sort=nothing',
    '_count=x',
    'date=foo',
    '_filter=x',
  ]) {
    assert.equal((await clinic.send(`/Observation?${query}`, token)).status, 400, query);
    assert.equal((await clinic.send(`/Observation?${query}`, reader)).status, 403, query);
  }
});

test('E47, N20: pages are whole, and a link is good for its caller alone', async () => {
  const { clinic, token } = await createSmallClinic();
  for (let i = 0; i < 7; i++) {
    clinic.time += 1000;
    await clinic.put(observation(`p${i}`, 'a', 'laboratory'));
  }
  type Page = { link: { relation: string; url: string }[]; entry: { resource: { id: string } }[] };
  const nextOf = (page: Page) => page.link.find(({ relation }) => relation === 'next')?.url.slice(base.length);
  const seen: string[] = [];
  let path: string | undefined = '/Observation?category=laboratory&_count=3';
  let first = '';
  while (path !== undefined) {
    const page = (await (await clinic.send(path, token)).json()) as Page;
    seen.push(...page.entry.map(({ resource }) => resource.id));
    path = nextOf(page);
    first ||= path ?? '';
    assert.doesNotMatch(path ?? '', /laboratory/, 'what was searched for is not in the link');
  }
  assert.deepEqual(seen.sort(), ['o1', 'p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
  const refreshed = await clinic.token({ jti: 'token-2' });
  assert.equal((await clinic.send(first, refreshed)).status, 200);
  for (const claims of [{ grant_id: 'grant-2' }, { sub: 'user-2' }, { client_id: 'app-2' }]) {
    assert.equal((await clinic.send(first, await clinic.token(claims))).status, 404, JSON.stringify(claims));
  }
  const narrower = await clinic.token({ scope: 'patient/Observation.rs?category=vital-signs' });
  assert.equal((await clinic.send(first, narrower)).status, 403, 'judged anew');
  const moved = await clinic.token({ patient: 'b' });
  const elsewhere = (await (await clinic.send(first, moved)).json()) as Partial<Page>;
  assert.equal(elsewhere.entry, undefined);
  assert.equal((await clinic.send(`${first}&category=survey`, token)).status, 400);
  assert.equal((await clinic.send(first.replace('/Observation', '/Condition'), token)).status, 404);
  assert.equal((await clinic.send('/Observation?_cursor=made-up', token)).status, 404);
  clinic.time += 3_601_000;
  assert.equal((await clinic.send(first, await clinic.token())).status, 404, 'too late');

  const history = (await (await clinic.send('/Observation/o1/_history?_count=1', await clinic.token())).json()) as Page;
  assert.equal(nextOf(history), undefined);
});

test('history by pages and since', async () => {
  const { clinic, token } = await createSmallClinic();
  for (let i = 0; i < 4; i++) {
    clinic.time += 1000;
    await clinic.send('/Observation/o1', token, sending('PUT', observation('o1', 'a', 'laboratory')));
  }
  type Page = { link: { relation: string; url: string }[]; entry?: { resource: { meta: { versionId: string } } }[] };
  const seen: string[] = [];
  let path: string | undefined = '/Observation/o1/_history?_count=2';
  while (path !== undefined) {
    const page = (await (await clinic.send(path, token)).json()) as Page;
    seen.push(...(page.entry ?? []).map(({ resource }) => resource.meta.versionId));
    path = page.link.find(({ relation }) => relation === 'next')?.url.slice(base.length);
  }
  assert.deepEqual(seen, ['5', '4', '3', '2', '1']);
  const since = (await (
    await clinic.send('/Observation/o1/_history?_since=2026-01-02T03:04:08Z', token)
  ).json()) as Page;
  assert.equal(since.entry?.length, 2);
  for (const query of ['_since=yesterday', '_count=0', '_count=x', '_at=then', '_count=1001', '_count=1&_count=2']) {
    assert.equal((await clinic.send(`/Observation/o1/_history?${query}`, token)).status, 400, query);
  }
});
