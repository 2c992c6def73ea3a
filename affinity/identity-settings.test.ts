/** `identity` of affinity.yaml: each limit at its bounds and one past them, and domains that have one source. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identity } from './identity-settings.ts';

const bounds = {
  questions_per_minute: [1, 1_000_000],
  match_evidence: [1, 5],
  match_results: [1, 100],
  records_per_person: [2, 1000],
  poll_seconds: [1, 86_400],
  sweep_minutes: [1, 10_080],
} as const;

test('K21, K33: limits of the identity service are settings, each with its bounds', () => {
  const takes = (given: object) => identity.safeParse(given).success;
  for (const [name, [least, most]] of Object.entries(bounds)) {
    assert.ok(takes({ [name]: least }) && takes({ [name]: most }), name);
    assert.ok(!takes({ [name]: least - 1 }) && !takes({ [name]: most + 1 }), name);
  }
  assert.deepEqual(identity.parse(undefined).sources, []);
  assert.ok(!takes({ unknown: 1 }));
});

test('K31: a domain has one source, and a source a domain', () => {
  const takes = (sources: object) => identity.safeParse({ sources }).success;
  assert.ok(takes([{ client_id: 'a', systems: ['urn:a', 'urn:b'] }]));
  assert.ok(
    takes([
      { client_id: 'a', systems: ['urn:a'] },
      { client_id: 'b', systems: ['urn:b'] },
    ]),
  );
  assert.ok(
    !takes([
      { client_id: 'a', systems: ['urn:a'] },
      { client_id: 'b', systems: ['urn:a'] },
    ]),
  );
  assert.ok(!takes([{ client_id: 'a', systems: [] }]));
});
