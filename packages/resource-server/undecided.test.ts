/** Without the facts of a decision there is no answer but 503; and a transaction stands by those of its end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { FactsUnavailable } from './facts/unavailable.ts';
import { base, type Clinic, createClinic, createSmallClinic, observation, sending } from './testing/clinic.ts';

const transaction = (...entry: object[]) => sending('POST', { resourceType: 'Bundle', type: 'transaction', entry });
const creating = (id: string) => ({
  request: { method: 'POST', url: 'Observation', ifNoneExist: `code=${id}` },
  resource: { ...observation('', 'a', 'laboratory'), id: undefined },
});

test('E82: facts that cannot be learned are 503 for every record, and nothing is asked; metadata is still served', async () => {
  const { clinic, token } = await createSmallClinic({
    facts: async () => Promise.reject(new FactsUnavailable('the feed of Consents is not fresh')),
  });
  const asks: [string, RequestInit?][] = [
    ['/Observation/o1'],
    ['/Observation'],
    ['/Observation/o1/_history'],
    ['/Patient/a/$everything'],
    ['/Observation', sending('POST', observation('', 'a', 'laboratory'))],
    ['/', transaction(creating('1'))],
    [
      '/',
      sending('POST', {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [{ request: { method: 'GET', url: 'Patient/a' } }],
      }),
    ],
  ];
  for (const [path, init] of asks) {
    const before = clinic.audit.length;
    const response = await clinic.send(path, token, init);
    assert.equal(response.status, 503, path);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.match(await response.text(), /access cannot be decided now/);
    const record = clinic.audit[before];
    assert.deepEqual([clinic.audit.length - before, record?.outcome, record?.status], [1, 'failed', 503], path);
  }
  assert.deepEqual(clinic.calls, []);
  assert.equal((await clinic.send('/metadata')).status, 200);
  assert.equal((await clinic.send('/.well-known/smart-configuration')).status, 200);
  assert.match(clinic.log.join(), /undecided .*the feed of Consents is not fresh/);
});

test('E82: the facts are asked for with each request, and once for all of a batch', async () => {
  let asked = 0;
  const { clinic, token } = await createSmallClinic({
    facts: (principal) => {
      asked += 1;
      return wholeFacts(principal);
    },
  });
  const get = { request: { method: 'GET', url: 'Observation/o1' } };
  await clinic.send('/', token, sending('POST', { resourceType: 'Bundle', type: 'batch', entry: [get, get, get] }));
  assert.equal(asked, 1);
  const page = (await (await clinic.send('/Observation?_count=1', token)).json()) as { link: { relation: string }[] };
  assert.ok(page.link.length > 0);
  assert.equal(asked, 2);
});

/** A transaction during which something happens, before it stands. `facts`: what is other than usual from then on. */
const meanwhile = async (happens: (clinic: Clinic) => DecisionFacts | undefined) => {
  let facts: DecisionFacts = {};
  const memory = createMemoryBackend({ ownBases: [base], evaluate });
  const work = memory.transact ?? assert.fail();
  const clinic: Clinic = await createClinic({
    backend: {
      ...memory,
      transact: (run, ...rest) =>
        work(
          async (within) => {
            const searchType: typeof within.searchType = async (...asked) => {
              facts = happens(clinic) ?? {};
              return within.searchType(...asked);
            };
            return run({ ...within, searchType });
          },
          ...rest,
        ),
    },
    facts: (principal) => ({ ...wholeFacts(principal), ...facts }),
  });
  const token = await clinic.token();
  const response = await clinic.send('/', token, transaction(creating('1'), creating('2')));
  const stored = await memory.searchType(
    { type: 'Observation', clauses: [], count: 10, sort: [], total: 'none', understood: [] },
    { kind: 'everything' },
  );
  return { response, stored: stored.matches.length, clinic };
};

test('E07: a grant that ends while a transaction runs: nothing of it stands', async () => {
  const undisturbed = await meanwhile(() => undefined);
  assert.deepEqual([undisturbed.response.status, undisturbed.stored], [200, 2]);
  const { response, stored, clinic } = await meanwhile(({ ended }) => {
    ended.add('grant-1');
    return undefined;
  });
  assert.deepEqual([response.status, stored], [401, 0]);
  assert.match(response.headers.get('www-authenticate') ?? '', /invalid_token/);
  assert.deepEqual(
    clinic.audit.map(({ outcome }) => outcome),
    ['failed'],
  );
});

test('E82: a feed that is lost while a transaction runs: nothing of it stands', async () => {
  const { response, stored } = await meanwhile((clinic) => {
    clinic.feedFresh = false;
    return undefined;
  });
  assert.deepEqual([response.status, stored], [503, 0]);
});

test('P24: rights that change while a transaction runs: nothing of it stands, and it can be sent again', async () => {
  const { response, stored } = await meanwhile(() => ({ patientsOf: [] }));
  assert.deepEqual([response.status, stored], [409, 0]);
  assert.match(await response.text(), /can be sent again/);
});
