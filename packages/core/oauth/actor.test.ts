import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ActorClaim, mostActors, readActors, withActor } from './actor.ts';

const chain = (length: number): ActorClaim | undefined =>
  Array.from({ length }, (_, at) => `server-${at}`).reduce<ActorClaim | undefined>(
    (before, sub) => withActor(sub, before),
    undefined,
  );

test('C55: a chain of actors is read with the latest first, and is bounded', () => {
  assert.deepEqual(readActors(undefined), { kind: 'actors', actors: [] });
  assert.deepEqual(readActors(chain(2)), { kind: 'actors', actors: ['server-1', 'server-0'] });
  assert.equal(readActors(chain(mostActors)).kind, 'actors');
  assert.equal(readActors(chain(mostActors + 1)).kind, 'malformed');
});

test('C55: what is not understood of a chain makes it malformed, at any depth', () => {
  const faulty = [
    null,
    'gateway',
    [],
    [{ sub: 'gateway' }],
    {},
    { sub: 7 },
    { sub: '' },
    { sub: 'a b' },
    { sub: 'x'.repeat(201) },
    { sub: 'gateway', exp: 1 },
    { sub: 'gateway', act: null },
    { act: { sub: 'gateway' } },
  ];
  for (const act of faulty) {
    assert.equal(readActors(act).kind, 'malformed', JSON.stringify(act));
    if (act !== null) assert.equal(readActors({ sub: 'outer', act }).kind, 'malformed', JSON.stringify(act));
  }
});
