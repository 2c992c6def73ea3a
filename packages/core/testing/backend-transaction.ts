/** The transactions of the conformance suite: all or nothing, seen by nobody before, one at a time on what they hold. FHIR R4 http.html#transaction. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Transaction } from '../fhir/backend.ts';
import { everything } from '../fhir/filter.ts';
import type { Content, Resource } from '../fhir/resource.ts';
import { askFor, type BackendUnderTest } from './backend-under-test.ts';

const type = 'Observation';
const contentOf = (code: string): Content => {
  const resource: Resource = { resourceType: type, status: 'final', code: { coding: [{ code }] } };
  return { resource, json: JSON.stringify(resource) };
};

export const describeTransactions = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: transactions`, () => {
    let under: BackendUnderTest;
    before(async () => {
      under = await make();
    });
    after(() => under.close());
    const transact = <Result>(
      context: { skip: (message: string) => void },
      work: (within: Transaction) => Promise<Result>,
      hold: readonly string[] = [],
    ): Promise<Result> | undefined => {
      const made = under.backend.transact?.(work, hold);
      if (made === undefined) context.skip('the backend has no transactions');
      return made;
    };
    const kindOf = async (id: string) => (await under.backend.read({ type, id }, everything)).kind;
    const found = async (code: string) =>
      (await under.backend.searchType(askFor(under.backend, `${type}?code=${code}`), everything)).matches.length;

    test('what is written is there, all of it, and was seen within before', async (context) => {
      const ended = await transact(context, async (within) => {
        await within.create({ type, id: 't1', content: contentOf('t') });
        await within.create({ type, id: 't2', content: contentOf('t') });
        const ifMatch = under.tellsVersionsWithin === false ? {} : { ifMatch: '1' };
        const updated = await within.update({ type, id: 't1', content: contentOf('u'), ...ifMatch }, everything);
        assert.equal(updated.kind, 'updated');
        assert.equal((await within.read({ type, id: 't2' }, everything)).kind, 'found');
        const query = askFor(under.backend, `${type}?code=t`);
        assert.equal((await within.searchType(query, everything)).matches.length, 1);
        return 'ended';
      });
      if (ended === undefined) return;
      assert.equal(ended, 'ended');
      assert.deepEqual([await kindOf('t1'), await kindOf('t2')], ['found', 'found']);
      assert.deepEqual([await found('t'), await found('u')], [1, 1]);
    });

    test('what is thrown undoes everything, and is thrown on', async (context) => {
      if (under.backend.transact === undefined) return context.skip('the backend has no transactions');
      await under.backend.create({ type, id: 'kept', content: contentOf('kept') });
      const thrown = new Error('given up');
      const work = transact(context, async (within) => {
        await within.create({ type, id: 'undone', content: contentOf('undone') });
        await within.update({ type, id: 'kept', content: contentOf('undone') }, everything);
        await within.delete({ type, id: 'kept' }, everything);
        throw thrown;
      });
      if (work === undefined) return;
      await assert.rejects(work, thrown);
      assert.equal(await kindOf('undone'), 'absent');
      assert.deepEqual([await found('undone'), await found('kept')], [0, 1]);
      const read = await under.backend.read({ type, id: 'kept' }, everything);
      assert.ok(read.kind === 'found');
      assert.equal(read.version.versionId, '1');
      const again = await under.backend.create({ type, id: 'undone', content: contentOf('later') });
      assert.equal(again.kind, 'created', 'nothing is in the way of the same id');
    });

    test('a conflict leaves the transaction as it was', async (context) => {
      if (under.backend.transact === undefined) return context.skip('the backend has no transactions');
      await under.backend.create({ type, id: 'taken', content: contentOf('taken') });
      const results = await transact(context, async (within) => {
        await within.create({ type, id: 'beside', content: contentOf('beside') });
        const taken = await within.create({ type, id: 'taken', content: contentOf('other') });
        const conflict = await within.update({ type, id: 'taken', content: contentOf('x'), ifMatch: '9' }, everything);
        const absent = await within.update({ type, id: 'never', content: contentOf('x') }, everything);
        await within.create({ type, id: 'behind', content: contentOf('behind') });
        return [taken.kind, conflict.kind, absent.kind];
      });
      if (results === undefined) return;
      assert.deepEqual(results, ['id-taken', 'version-conflict', 'absent']);
      assert.deepEqual([await kindOf('beside'), await kindOf('behind')], ['found', 'found']);
    });

    test('nobody sees it before it has ended', async (context) => {
      let seen: unknown;
      const work = transact(context, async (within) => {
        await within.create({ type, id: 'unseen', content: contentOf('unseen') });
        seen = [await kindOf('unseen'), await found('unseen')];
      });
      if (work === undefined) return;
      await work;
      assert.deepEqual(seen, ['absent', 0]);
      assert.deepEqual([await kindOf('unseen'), await found('unseen')], ['found', 1]);
    });

    test('fifty at once that create what is not there yet: exactly one does', async (context) => {
      if (under.backend.transact === undefined) return context.skip('the backend has no transactions');
      const query = askFor(under.backend, `${type}?code=once`);
      const made = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          under.backend.transact?.(
            async (within) => {
              const { matches } = await within.searchType(query, everything);
              if (matches.length > 0) return 'there';
              return (await within.create({ type, id: `once-${i}`, content: contentOf('once') })).kind;
            },
            [`${type}?code=once`],
          ),
        ),
      );
      assert.equal(made.filter((kind) => kind === 'created').length, 1);
      assert.equal(await found('once'), 1);
    });

    test('counting up in transactions at once loses nothing', async (context) => {
      if (under.backend.transact === undefined) return context.skip('the backend has no transactions');
      await under.backend.create({ type, id: 'counter', content: contentOf('0') });
      await Promise.all(
        Array.from({ length: 20 }, () =>
          under.backend.transact?.(
            async (within) => {
              const read = await within.read({ type, id: 'counter' }, everything);
              assert.ok(read.kind === 'found');
              const [, count] = /"code":"(\d+)"/.exec(read.version.body) ?? [];
              await within.update({ type, id: 'counter', content: contentOf(String(Number(count) + 1)) }, everything);
            },
            [`${type}/counter`],
          ),
        ),
      );
      assert.equal(await found('20'), 1);
    });
  });
};
