/** The histories of the conformance suite that are of more than one resource, and of a time. FHIR R4 http.html#history. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FilterOf, HistoryEntry } from '../fhir/backend.ts';
import { everything, type Filter, nothing } from '../fhir/filter.ts';
import type { HistoryPage } from '../fhir/interaction.ts';
import type { Content, Resource } from '../fhir/resource.ts';
import type { BackendUnderTest } from './backend-under-test.ts';

const contentOf = (type: string, patient: string): Content => {
  const resource: Resource = {
    resourceType: type,
    status: 'final',
    code: { text: 'x' },
    subject: { reference: `Patient/${patient}` },
  };
  return { resource, json: JSON.stringify(resource) };
};
const summary = (entries: readonly HistoryEntry[]) =>
  entries.map(({ method, version }) => `${method} ${version.type}/${version.id}/${version.versionId}`);
const ofB: Filter = { kind: 'compartment', patient: 'b' };
const everyone: FilterOf = () => everything;

export const describeHistory = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: history of types`, () => {
    let under: BackendUnderTest;
    const times: number[] = [];
    const all = [
      'PUT Observation/h1/4',
      'PUT Condition/h1/2',
      'DELETE Observation/h1/3',
      'POST Condition/h1/1',
      'PUT Observation/h1/2',
      'POST Observation/h2/1',
      'POST Observation/h1/1',
    ];
    before(async () => {
      under = await make();
      const { backend } = under;
      if (backend.history === undefined) return;
      const note = (result: {
        kind: string;
        version?: { lastUpdated: string };
        deletion?: { lastUpdated: string };
      }) => {
        const { lastUpdated } = result.version ?? result.deletion ?? {};
        assert.ok(lastUpdated !== undefined, result.kind);
        times.push(Date.parse(lastUpdated));
        return new Promise((resolve) => setTimeout(resolve, 5));
      };
      const h1 = { type: 'Observation', id: 'h1' };
      const c1 = { type: 'Condition', id: 'h1' };
      await note(await backend.create({ ...h1, content: contentOf('Observation', 'a') }));
      await note(await backend.create({ type: 'Observation', id: 'h2', content: contentOf('Observation', 'a') }));
      await note(await backend.update({ ...h1, content: contentOf('Observation', 'b') }, everything));
      await note(await backend.create({ ...c1, content: contentOf('Condition', 'b') }));
      await note(await backend.delete(h1, everything));
      await note(await backend.update({ ...c1, content: contentOf('Condition', 'b') }, everything));
      await note(await backend.update({ ...h1, content: contentOf('Observation', 'b') }, everything));
    });
    after(() => under.close());

    const history = async (
      context: { skip: (message: string) => void },
      types: readonly string[],
      page: Partial<HistoryPage> = {},
      filterOf: FilterOf = everyone,
    ) => {
      const result = await under.backend.history?.({ types, page: { count: 100, ...page } }, filterOf);
      if (result === undefined) context.skip('the backend has no history of types');
      return result;
    };

    test('newest first, of the types asked for (N13)', async (context) => {
      const whole = await history(context, ['Observation', 'Condition']);
      if (whole === undefined) return;
      assert.deepEqual(summary(whole.entries), all);
      assert.equal(whole.next, undefined);
      const one = await history(context, ['Condition']);
      assert.deepEqual(
        summary(one?.entries ?? []),
        all.filter((entry) => entry.includes('Condition')),
      );
      assert.deepEqual((await history(context, []))?.entries, []);
    });

    test('in pages, nothing twice and nothing left out', async (context) => {
      for (const count of [1, 2, 3]) {
        const walked: string[] = [];
        let before: string | undefined;
        do {
          const page = await history(context, ['Observation', 'Condition'], {
            count,
            ...(before === undefined ? {} : { before }),
          });
          if (page === undefined) return;
          assert.ok(page.entries.length <= count);
          walked.push(...summary(page.entries));
          before = page.next;
        } while (before !== undefined && walked.length < 20);
        assert.deepEqual(walked, all);
      }
    });

    test('each version is judged by its own content and by the current one, each type by its Filter', async (context) => {
      const seen = async (filterOf: FilterOf) =>
        summary((await history(context, ['Observation', 'Condition'], {}, filterOf))?.entries ?? []);
      if ((await history(context, [])) === undefined) return;
      assert.deepEqual(
        await seen(() => ofB),
        all.filter((entry) => !/h1\/1$|h2/.test(entry) || entry.startsWith('POST Condition')),
      );
      assert.deepEqual(await seen((type) => (type === 'Condition' ? nothing : everything)), [
        ...all.filter((entry) => entry.includes('Observation')),
      ]);
      assert.deepEqual(await seen(() => nothing), []);
    });

    test('since an instant, and at a time', async (context) => {
      const since = new Date(times[3] ?? 0).toISOString();
      const late = await history(context, ['Observation', 'Condition'], { since });
      if (late === undefined) return;
      assert.deepEqual(summary(late.entries), all.slice(0, 4));
      const start = times[2] ?? 0;
      const at = { start, end: start + 1 };
      const then = await history(context, ['Observation', 'Condition'], { at });
      assert.deepEqual(summary(then?.entries ?? []), ['PUT Observation/h1/2', 'POST Observation/h2/1']);
      const instance = await under.backend.historyInstance(
        { type: 'Observation', id: 'h1', page: { count: 10, at } },
        everything,
      );
      assert.ok(instance.kind === 'history');
      assert.deepEqual(summary(instance.entries), ['PUT Observation/h1/2']);
    });
  });
};
