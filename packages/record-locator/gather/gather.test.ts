/** One search over several servers: each by its own token and id, what is missing named, nothing twice and nothing lost. FHIR R4 http.html. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { callerOf, gathering, locatorBase, principalOf } from '../testing/gathering.ts';
import { type Held, indexOf, startSource, type TestSource, tokenForEach, tokenOf } from '../testing/sources.ts';
import type { Caller } from './asking.ts';

const weight = (id: string, of: string, date: string, more: object = {}): Held => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  subject: { reference: `Patient/${of}` },
  effectiveDateTime: date,
  ...more,
});

interface Bundle {
  readonly total?: number;
  readonly link: readonly { relation: string; url: string }[];
  readonly entry?: readonly {
    readonly fullUrl?: string;
    readonly link?: readonly { relation: string; url: string }[];
    readonly resource: Held & { meta?: { source?: string }; issue?: readonly { code: string; diagnostics: string }[] };
    readonly search: { mode: string };
  }[];
}

const database = testDatabase();
after(async () => (await database).close());

/** Three servers that know Ana by three ids, and Ben by one of hers. */
const open = async (t: TestContext, more: Partial<Parameters<typeof gathering>[0]> = {}) => {
  const [one, two, three] = await Promise.all([
    startSource(t, 'Clinic', [
      weight('a1', 'p1', '2026-01-01'),
      weight('a2', 'p1', '2026-03-01'),
      weight('b1', 'p9', '2026-04-01'),
    ]),
    startSource(t, 'City Hospital', [weight('h1', 'p9', '2026-02-01'), weight('x', 'p1', '2026-05-01')]),
    startSource(t, 'Heart Centre', [weight('c1', 'zz', '2026-02-01')]),
  ]);
  const all = [one, two, three] as const;
  const index = indexOf({ ana: { [one.base]: 'p1', [two.base]: 'p9', [three.base]: 'zz' }, ben: { [one.base]: 'p9' } });
  const { pool } = await database;
  const parts = gathering({ pool, sources: all.map(({ source }) => source), index, ...more });
  const gather = async (
    pairs: Record<string, string>,
    caller: Caller = callerOf(),
    person = 'ana',
  ): Promise<Bundle> => {
    const answer = await parts.gather(caller, person, Object.entries(pairs));
    if (answer instanceof FhirError) throw answer;
    return JSON.parse(answer.json) as Bundle;
  };
  return { ...parts, answer: parts.gather, all, one, two, three, gather };
};

/** How long one server is waited for, where one never answers: long enough for a machine that is busy. */
const patient = { sourceMilliseconds: 2_000 };

const matches = ({ entry = [] }: Bundle) => entry.filter(({ search }) => search.mode === 'match');
const ids = (bundle: Bundle): readonly string[] => matches(bundle).map(({ resource }) => resource.id);
const issues = ({ entry = [] }: Bundle) =>
  entry.flatMap(({ search, resource }) => (search.mode === 'outcome' ? (resource.issue ?? []) : []));
const nextOf = ({ link }: Bundle): string | undefined => link.find(({ relation }) => relation === 'next')?.url;
const onward = (url: string): Record<string, string> => Object.fromEntries(new URL(url).searchParams);
const silence = (source: TestSource): void => {
  source.instead = () => true;
};

test('L09, L10, L13: every server by its own id and its own token; newest first, under the base that holds it, and counted', async (t) => {
  const { all, gather, one, two, three } = await open(t);
  const bundle = await gather({ _type: 'Observation' });
  assert.deepEqual(ids(bundle), ['a2', 'h1', 'c1', 'a1'], 'of one time in the order of the servers');
  assert.equal(bundle.total, 4);
  for (const { fullUrl, resource } of matches(bundle)) {
    assert.equal(resource.meta?.source, fullUrl);
    const at = all.find(({ base }) => fullUrl === `${base}/Observation/${resource.id}`) ?? assert.fail(fullUrl);
    assert.ok(at.records.some(({ id }) => id === resource.id));
  }
  const asked = new Map([
    [one, 'p1'],
    [two, 'p9'],
    [three, 'zz'],
  ]);
  for (const [source, patient] of asked) {
    assert.equal(source.heard.length, 1);
    const [{ url, headers } = assert.fail()] = source.heard;
    assert.equal(new URL(url, source.base).searchParams.get('patient'), patient);
    assert.equal(headers.authorization, `Bearer ${tokenOf(source.base)}`);
    assert.equal(headers['x-request-id'], 'request-42', 'L13');
    assert.ok(!JSON.stringify(headers).includes('the-callers-own-token'));
  }
});

test('L11, E05: a token that the locator uses at one server is worth nothing at another', async (t) => {
  const first = await startSource(t, 'Other');
  const { gather } = await open(t, {
    tokenFor: async (caller, base) => await tokenForEach(caller, base.replace(/.*/, first.base)),
  });
  const bundle = await gather({ _type: 'Observation' });
  assert.deepEqual(ids(bundle), []);
  assert.deepEqual(
    issues(bundle).map(({ code }) => code),
    ['incomplete', 'incomplete', 'incomplete'],
  );
});

test('L09: a server that never answers, one that is not there, and one that talks nonsense are each named; the rest is shown', async (t) => {
  const { gather, one, two, three } = await open(t, patient);
  await gather({ _type: 'Observation' });
  silence(two);
  one.instead = (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/fhir+json' }).end('{}');
    return true;
  };
  const bundle = await gather({ _type: 'Observation' });
  assert.deepEqual(ids(bundle), ['c1']);
  assert.equal(bundle.total, undefined, 'not exact');
  assert.deepEqual(
    issues(bundle).map(({ code, diagnostics }) => [code, diagnostics.split(':')[0]]),
    [
      ['incomplete', 'Clinic could not be reached'],
      ['timeout', 'City Hospital did not answer in time'],
    ],
  );
  three.instead = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/fhir+json' }).end('{"resourceType":"Bundle"');
    return true;
  };
  assert.match(issues(await gather({ _type: 'Observation' }))[2]?.diagnostics ?? '', /^Heart Centre gave an answer/);
});

test('L15, K30: for whom the index does not know a server is asked the same, about nobody, and a failure of it is told the same', async (t) => {
  const { gather, two, all } = await open(t, patient);
  const known = await gather({ _type: 'Observation' }, callerOf(), 'nobody-at-all');
  assert.deepEqual([ids(known), known.total, issues(known)], [[], 0, []]);
  for (const { heard } of all) assert.match(heard[0]?.url ?? '', /patient=[0-9a-f-]{36}&/);
  silence(two);
  const [ana, ben, nobody] = await Promise.all(
    ['ana', 'ben', 'nobody'].map(async (person) => issues(await gather({ _type: 'Observation' }, callerOf(), person))),
  );
  assert.equal(ana?.length, 1);
  assert.deepEqual(ben, ana, 'Ben is not known at the hospital that is down');
  assert.deepEqual(nobody, ana);
});

test('L12: a link that leads elsewhere, a redirect, and a resource of somebody else are not taken', async (t) => {
  const { gather, one, two, three } = await open(t);
  const outside = await startSource(t, 'Outside');
  const say =
    (body: object, status = 200, headers = {}) =>
    (_: unknown, response: import('node:http').ServerResponse) => {
      response.writeHead(status, { 'content-type': 'application/fhir+json', ...headers }).end(JSON.stringify(body));
      return true;
    };
  const entry = [{ resource: weight('h1', 'p9', '2026-02-01') }];
  two.instead = say({
    resourceType: 'Bundle',
    type: 'searchset',
    entry,
    link: [{ relation: 'next', url: `${outside.base}/Observation?x` }],
  });
  one.instead = say({}, 307, { location: `${outside.base}/Observation` });
  three.instead = say({
    resourceType: 'Bundle',
    type: 'searchset',
    entry: [{ resource: weight('c1', 'another', '2026-02-01') }],
  });
  const bundle = await gather({ _type: 'Observation' });
  assert.deepEqual(ids(bundle), []);
  assert.equal(issues(bundle).length, 3);
  assert.equal(outside.heard.length, 0);
});

test('L10: pages over all servers, nothing twice and nothing lost while records are added; a link is of one caller', async (t) => {
  const { gather, one, two, three } = await open(t);
  const day = (at: number): string => new Date(Date.UTC(2026, 0, 1) + at * 86_400_000).toISOString().slice(0, 10);
  one.records = Array.from({ length: 31 }, (_, at) => weight(`a${at}`, 'p1', day(at * 3)));
  two.records = Array.from({ length: 17 }, (_, at) => weight(`h${at}`, 'p9', day(at * 5)));
  three.records = Array.from({ length: 23 }, (_, at) => weight(`c${at}`, 'zz', day(60)));
  const standing = [one, two, three].flatMap(({ records }) => records.map(({ id }) => id));
  const seen: string[] = [];
  let bundle = await gather({ _type: 'Observation', _count: '7' });
  const first = nextOf(bundle) ?? assert.fail();
  for (let page = 0; ; page += 1) {
    assert.ok(page < 20 && ids(bundle).length <= 7);
    seen.push(...ids(bundle));
    const next = nextOf(bundle);
    if (next === undefined) break;
    one.records.push(weight(`new${page}`, 'p1', '2027-01-01'));
    assert.ok(next.startsWith(`${locatorBase}/Patient/ana/$gather?_page=`));
    bundle = await gather(onward(next));
  }
  assert.equal(new Set(seen).size, seen.length, 'nothing twice');
  assert.deepEqual(
    standing.filter((id) => !seen.includes(id)),
    [],
    'nothing lost',
  );
  const refused = async (caller: Caller, person = 'ana') =>
    gather(onward(first), caller, person).then(
      () => assert.fail('opened'),
      (error: FhirError) => error.status,
    );
  assert.equal(await refused(callerOf({ principal: principalOf('user/Observation.rs', { grant: 'g2' }) })), 404);
  assert.equal(await refused(callerOf({ principal: principalOf('user/Observation.rs', { user: 'ana' }) })), 404);
  assert.equal(await refused(callerOf(), 'ben'), 404);
});

test('L10: the same thing at two servers is shown once with both places; what differs is shown twice, each with the other', async (t) => {
  const { gather, one, two, three } = await open(t);
  const identifier = [{ system: 'urn:accession', value: '7' }];
  const result = (id: string, of: string, kilograms: number) =>
    weight(id, of, '2026-01-05', { identifier, valueQuantity: { value: kilograms } });
  one.records = [result('r1', 'p1', 70)];
  two.records = [result('r2', 'p9', 70)];
  three.records = [result('r3', 'zz', 90)];
  const bundle = await gather({ _type: 'Observation' });
  assert.deepEqual(ids(bundle), ['r1', 'r3'], 'a copy hides nothing');
  const alternates = matches(bundle).map(({ link = [] }) => link.map(({ url }) => url.split('/').at(-1)));
  assert.deepEqual(alternates, [['r2', 'r3'], ['r1']]);
  // A page apart they are known all the same.
  one.records.push(...Array.from({ length: 10 }, (_, at) => weight(`n${at}`, 'p1', '2026-06-01')));
  one.records = one.records.map((record) =>
    record.id === 'r1' ? { ...record, effectiveDateTime: '2026-01-05' } : record,
  );
  const pages = await gather({ _type: 'Observation', _count: '11' });
  assert.deepEqual(ids(pages).at(-1), 'r1');
  assert.deepEqual(ids(await gather(onward(nextOf(pages) ?? assert.fail()))), ['r3']);
});

test('L09: who hangs up ends the questions; so many go to one server at a time and no more', async (t) => {
  const { gather, one, two, three } = await open(t, { connections: 2 });
  for (const source of [one, two, three]) silence(source);
  const leaving = new AbortController();
  const asked = Array.from({ length: 4 }, () => gather({ _type: 'Observation' }, callerOf({ signal: leaving.signal })));
  while (one.open() < 2 || two.open() < 2 || three.open() < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  leaving.abort();
  for (const { status } of await Promise.allSettled(asked)) assert.equal(status, 'rejected');
  while (one.open() + two.open() + three.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([one.most(), two.most(), three.most()], [2, 2, 2]);
});

test('Q01: what cannot be asked over several servers is refused, and numbers leave as they came', async (t) => {
  const { gather, answer, one } = await open(t);
  const status = (pairs: Record<string, string>, scope = 'user/Observation.rs'): Promise<number> =>
    gather(pairs, callerOf({ principal: principalOf(scope) })).then(
      () => 200,
      (error: FhirError) => error.status,
    );
  assert.equal(await status({}), 400);
  assert.equal(await status({ _type: 'Observation', patient: 'p2' }), 400);
  assert.equal(await status({ _type: 'Observation', 'subject:Patient': 'p2' }), 400);
  assert.equal(await status({ _type: 'Observation', _include: 'Observation:subject' }), 400);
  assert.equal(await status({ _type: 'Observation,Condition,Encounter' }, 'user/*.rs'), 200);
  assert.equal(await status({ _type: 'Observation,Condition,Encounter,Goal' }, 'user/*.rs'), 400);
  assert.equal(await status({ _type: 'Condition' }), 403);
  assert.equal(await status({ _type: 'Organization' }, 'user/*.rs'), 400);
  one.instead = (_request, response) => {
    const body = `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Observation","id":"e","subject":{"reference":"Patient/p1"},"valueQuantity":{"value":0.10}}}]}`;
    response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(body);
    return true;
  };
  const told = await answer(callerOf(), 'ana', [['_type', 'Observation']]);
  assert.ok('json' in told && told.json.includes('{"value":0.10}'));
});
