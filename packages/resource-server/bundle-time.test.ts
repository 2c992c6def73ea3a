/** A Bundle ends in its time, and when its caller hangs up. (N14) */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Interactions } from '@affinity/core/fhir/backend.ts';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { base, createClinic, sending } from './testing/clinic.ts';

/** A clinic whose searches never end by themselves. @param begun called when one begins */
const slow = async (bundleSeconds: number, questionSeconds: number, begun: () => void) => {
  const memory = createMemoryBackend({ ownBases: [base], evaluate });
  const searchType: Interactions['searchType'] = (_query, _filter, asking) =>
    new Promise((_, reject) => {
      const { signal } = asking ?? {};
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason));
      begun();
    });
  const transact = memory.transact ?? assert.fail();
  const clinic = await createClinic({
    backend: {
      ...memory,
      searchType,
      transact: (work, ...rest) => transact((within) => work({ ...within, searchType }), ...rest),
    },
    facts: wholeFacts,
    limits: { bundleSeconds, questionSeconds },
  });
  return { clinic, token: await clinic.token() };
};

const search = { request: { method: 'GET', url: 'Observation?code=x' } };
const conditional = {
  request: { method: 'POST', url: 'Observation', ifNoneExist: 'code=x' },
  resource: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/a' } },
};
const bundle = (type: string, ...entry: object[]) => sending('POST', { resourceType: 'Bundle', type, entry });

test('of a batch whose time is up nothing more is begun, and each entry is told so', async () => {
  let begun = 0;
  const { clinic, token } = await slow(0.05, 60, () => {
    begun += 1;
  });
  const response = await clinic.send('/', token, bundle('batch', search, search, search));
  assert.equal(response.status, 200);
  const { entry } = (await response.json()) as { entry: { response: { status: string; outcome: object } }[] };
  assert.deepEqual(
    entry.map(({ response: { status } }) => status),
    Array(3).fill('400 Bad Request'),
  );
  for (const one of entry) assert.match(JSON.stringify(one), /too-costly.*a Bundle takes at most 0\.05 s here/);
  assert.equal(begun, 1);
});

test('a question of a batch takes no longer than one outside; the next has its own time', async () => {
  let begun = 0;
  const { clinic, token } = await slow(60, 0.02, () => {
    begun += 1;
  });
  const response = await clinic.send('/', token, bundle('batch', search, search));
  assert.match(await response.text(), /(took longer than 0\.02 s.*){2}/);
  assert.equal(begun, 2);
});

for (const [name, limits] of [
  ['as a whole', { bundle: 0.05, question: 60 }],
  ['in one question', { bundle: 60, question: 0.05 }],
] as const)
  test(`a transaction over its time ${name} is given up: reads, conditions and conditional references alike`, async () => {
    const { clinic, token } = await slow(limits.bundle, limits.question, () => {});
    const referring = {
      request: { method: 'POST', url: 'Observation' },
      resource: { ...conditional.resource, performer: [{ reference: 'Practitioner?identifier=x' }] },
    };
    for (const entry of [search, conditional, referring]) {
      const response = await clinic.send('/', token, bundle('transaction', entry));
      assert.equal(response.status, 400);
      assert.match(await response.text(), /too-costly/);
    }
  });

test('a conditional write alone has the time of one question', async () => {
  const { clinic, token } = await slow(60, 0.05, () => {});
  const response = await clinic.send(
    '/Observation',
    token,
    sending('POST', conditional.resource, { 'If-None-Exist': 'code=x' }),
  );
  assert.equal(response.status, 400);
  assert.match(await response.text(), /too-costly/);
});

test('who hangs up ends the question that runs, and nothing more is begun', async () => {
  for (const type of ['batch', 'transaction']) {
    const caller = new AbortController();
    let begun = 0;
    const { clinic, token } = await slow(60, 60, () => {
      begun += 1;
      setImmediate(() => caller.abort());
    });
    await clinic.send('/', token, { ...bundle(type, search, search), signal: caller.signal });
    assert.equal(begun, 1, type);
  }
});
