/**
 * The conformance suite that every Backend runs: what each interaction answers, and that what a Filter does not let
 * through is answered as if it did not exist. Searches are held against their meaning in memory. FHIR R4 http.html.
 *
 *     describeBackend('PostgreSQL', async () => ({ backend, evaluate, close }));
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Backend, HistoryEntry, ReadResult, TypeInteraction, Version, WriteResult } from '../fhir/backend.ts';
import { everything, type Filter, nothing } from '../fhir/filter.ts';
import { parseJson, rewriteJson } from '../fhir/json.ts';
import type { Content, Resource } from '../fhir/resource.ts';
import { describeCanonicals } from './backend-canonical.ts';
import { describeHistory } from './backend-history.ts';
import { describeIncludes } from './backend-includes.ts';
import { describeJoins } from './backend-joins.ts';
import { describeSearch } from './backend-search.ts';
import { describeSystem } from './backend-system.ts';
import { describeTransactions } from './backend-transaction.ts';
import { type BackendUnderTest, offers, plain } from './backend-under-test.ts';

const ofA: Filter = { kind: 'compartment', patient: 'a' };
const ofB: Filter = { kind: 'compartment', patient: 'b' };

/** Decimals and white space that a round trip through an object would lose. */
const contentOf = (patient: string, note = ''): Content => {
  const json = `{ "resourceType":"Observation", "meta": {"tag":[{"code":"kept"}] },
  "status":"final","code":{"text":"x${note}"},"subject":{"reference":"Patient/${patient}"},"valueQuantity":{"value":0.10}}`;
  return { json, resource: JSON.parse(json) as Resource };
};

/** The body that a version of this content must have. */
const bodyOf = (content: Content, { id, versionId, lastUpdated }: Version): string => {
  const parsed = parseJson(content.json);
  assert.ok(parsed.kind === 'ok');
  return rewriteJson(content.json, parsed.members, { id, meta: { versionId, lastUpdated } });
};

const versionOf = (result: WriteResult): Version => {
  assert.ok(result.kind === 'created' || result.kind === 'updated', result.kind);
  return plain(result.version);
};
const plainly = (result: ReadResult): ReadResult =>
  result.kind === 'found' ? { ...result, version: plain(result.version) } : result;
const summary = (entries: readonly HistoryEntry[]) =>
  entries.map(({ method, version }) => `${method} ${version.versionId}`);

/** Runs the suite with `node:test`. `make` is called once for the writes and once for the searches. */
export const describeBackend = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend`, () => {
    let under: BackendUnderTest;
    let count = 0;
    /** A place that no other test has used. */
    const place = () => {
      count += 1;
      return { type: 'Observation', id: `place-${count}` };
    };
    before(async () => {
      under = await make();
    });
    after(() => under.close());
    /** A test of what not every backend offers. */
    const needing = (interactions: readonly TypeInteraction[], title: string, work: () => Promise<void>): void => {
      test(title, async (context) => {
        if (offers(under.backend, 'Observation', ...interactions)) return work();
        context.skip(`the backend does not offer ${interactions.join(', ')}`);
      });
    };
    const keepsVersions = (): boolean => offers(under.backend, 'Observation', 'vread');
    const read = async (...asked: Parameters<Backend['read']>) => plainly(await under.backend.read(...asked));
    const vread = async (...asked: Parameters<Backend['vread']>) => plainly(await under.backend.vread(...asked));

    needing(['create'], 'create, then read: the body byte for byte, with our id, version and instant', async () => {
      const at = place();
      const content = contentOf('a');
      const created = await under.backend.create({ ...at, content });
      assert.equal(created.kind, 'created');
      const version = versionOf(created);
      assert.match(version.lastUpdated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.deepEqual(
        { ...at, versionId: '1', lastUpdated: version.lastUpdated, body: bodyOf(content, version) },
        version,
      );
      assert.deepEqual(await read(at, everything), { kind: 'found', version });
      if (keepsVersions())
        assert.deepEqual(await vread({ ...at, versionId: '1' }, everything), { kind: 'found', version });
    });

    needing(['create'], 'where a backend says whose record a version is, it is so', async () => {
      const at = place();
      const created = await under.backend.create({ ...at, content: contentOf('a') });
      const found = await under.backend.read(at, everything);
      for (const result of [created, found])
        if ('version' in result && result.version.patients !== undefined)
          assert.deepEqual(result.version.patients, ['a']);
    });

    needing(['create'], 'an id is taken once; the same id of another type is free', async () => {
      const at = place();
      await under.backend.create({ ...at, content: contentOf('a') });
      assert.deepEqual(await under.backend.create({ ...at, content: contentOf('b') }), { kind: 'id-taken' });
      const patient: Resource = { resourceType: 'Patient' };
      const other = await under.backend.create({
        type: 'Patient',
        id: at.id,
        content: { resource: patient, json: JSON.stringify(patient) },
      });
      assert.equal(other.kind, 'created');
    });

    needing(
      ['create', 'update', 'vread'],
      'versions count up as strings, instants go forward, each version keeps its body',
      async () => {
        const at = place();
        const contents = Array.from({ length: 11 }, (_, i) => contentOf('a', `-${i}`));
        const versions: Version[] = [];
        for (const [i, content] of contents.entries())
          versions.push(
            versionOf(
              await (i === 0
                ? under.backend.create({ ...at, content })
                : under.backend.update({ ...at, content }, everything)),
            ),
          );
        assert.deepEqual(
          versions.map(({ versionId }) => versionId),
          contents.map((_, i) => String(i + 1)),
        );
        for (const [i, version] of versions.entries()) {
          const content = contents[i];
          assert.ok(content !== undefined);
          assert.equal(version.body, bodyOf(content, version));
          assert.deepEqual(await vread({ ...at, versionId: version.versionId }, everything), {
            kind: 'found',
            version,
          });
          assert.ok(i === 0 || version.lastUpdated > (versions[i - 1]?.lastUpdated ?? ''));
        }
        assert.deepEqual(await read(at, everything), { kind: 'found', version: versions.at(-1) });
      },
    );

    test('what never was is absent to every method', async () => {
      const at = place();
      const absent = { kind: 'absent' };
      assert.deepEqual(await read(at, everything), absent);
      for (const versionId of ['1', '0', '-1', 'x', '99999999999999999999', ''])
        assert.deepEqual(await vread({ ...at, versionId }, everything), absent, versionId);
      if (offers(under.backend, at.type, 'update', 'delete')) {
        assert.deepEqual(await under.backend.update({ ...at, content: contentOf('a') }, everything), absent);
        assert.deepEqual(await under.backend.delete(at, everything), absent);
      }
      assert.deepEqual(await under.backend.historyInstance({ ...at, page: { count: 10 } }, everything), absent);
    });

    needing(
      ['create', 'update', 'delete'],
      'what the Filter hides is absent to every method, and stays as it was',
      async () => {
        const at = place();
        const created = versionOf(await under.backend.create({ ...at, content: contentOf('a') }));
        for (const filter of [ofB, nothing]) {
          const absent = { kind: 'absent' };
          assert.deepEqual(await read(at, filter), absent);
          assert.deepEqual(await vread({ ...at, versionId: '1' }, filter), absent);
          assert.deepEqual(await under.backend.update({ ...at, content: contentOf('b') }, filter), absent);
          assert.deepEqual(
            await under.backend.update({ ...at, content: contentOf('b'), ifMatch: '7' }, filter),
            absent,
          );
          assert.deepEqual(await under.backend.delete(at, filter), absent);
          assert.deepEqual(await under.backend.delete({ ...at, ifMatch: '7' }, filter), absent);
          assert.deepEqual(await under.backend.historyInstance({ ...at, page: { count: 10 } }, filter), absent);
        }
        assert.deepEqual(await read(at, ofA), { kind: 'found', version: created });
      },
    );

    needing(
      ['create', 'update', 'delete', 'vread', 'history-instance'],
      'a deleted resource is gone for those who could have seen it, absent to others, and can come back',
      async () => {
        const at = place();
        await under.backend.create({ ...at, content: contentOf('a') });
        const deleted = await under.backend.delete(at, ofA);
        assert.ok(deleted.kind === 'deleted');
        assert.equal(deleted.deletion.versionId, '2');
        assert.ok(!('body' in deleted.deletion));
        assert.deepEqual(await read(at, ofA), deleted);
        assert.deepEqual(await vread({ ...at, versionId: '2' }, ofA), deleted);
        assert.deepEqual(await under.backend.delete(at, ofA), deleted);
        assert.equal((await vread({ ...at, versionId: '1' }, ofA)).kind, 'found');
        for (const filter of [ofB, nothing]) {
          assert.deepEqual(await read(at, filter), { kind: 'absent' });
          assert.deepEqual(await vread({ ...at, versionId: '2' }, filter), { kind: 'absent' });
          assert.deepEqual(await under.backend.delete(at, filter), { kind: 'absent' });
          assert.deepEqual(await under.backend.update({ ...at, content: contentOf('b') }, filter), { kind: 'absent' });
        }
        assert.deepEqual(await under.backend.create({ ...at, content: contentOf('b') }), { kind: 'id-taken' });
        const back = await under.backend.update({ ...at, content: contentOf('a') }, ofA);
        assert.equal(back.kind, 'created');
        assert.equal(versionOf(back).versionId, '3');
      },
    );

    needing(['create', 'update', 'delete'], 'If-Match names the current version, or nothing is written', async () => {
      const at = place();
      await under.backend.create({ ...at, content: contentOf('a') });
      const conflict = { kind: 'version-conflict', current: '1' };
      for (const ifMatch of ['2', '0', 'x', '', '01']) {
        assert.deepEqual(
          await under.backend.update({ ...at, content: contentOf('a'), ifMatch }, everything),
          conflict,
          ifMatch,
        );
        assert.deepEqual(await under.backend.delete({ ...at, ifMatch }, everything), conflict, ifMatch);
      }
      assert.equal(
        (await under.backend.update({ ...at, content: contentOf('a'), ifMatch: '1' }, everything)).kind,
        'updated',
      );
      assert.equal((await under.backend.delete({ ...at, ifMatch: '2' }, everything)).kind, 'deleted');
    });

    needing(
      ['create', 'update', 'delete', 'history-instance'],
      'what is stored, or was last, may refuse what would take its place',
      async () => {
        const at = place();
        await under.backend.create({ ...at, content: contentOf('a', ' first') });
        const seen: string[] = [];
        const update = (given: string, accepts: boolean, more: object = {}, filter: Filter = everything) =>
          under.backend.update(
            { ...at, ...more, content: contentOf('a', given), accepts: (stored) => seen.push(stored) > 0 && accepts },
            filter,
          );
        assert.deepEqual(await update(' second', false), { kind: 'refused' });
        assert.deepEqual(await update(' second', false, { ifMatch: '7' }), { kind: 'refused' });
        assert.equal(versionOf(await update(' second', true)).versionId, '2');
        await under.backend.delete(at, everything);
        assert.deepEqual(await update(' third', false), { kind: 'refused' });
        assert.deepEqual(await update(' third', true, {}, ofB), { kind: 'absent' });
        assert.equal(seen.length, 4, 'what is hidden is not shown to it');
        assert.ok(seen.slice(0, 3).every((body) => body.includes(' first')));
        assert.ok(seen[3]?.includes(' second'), 'the last content of what is deleted');
        assert.equal(versionOf(await update(' third', true)).versionId, '4');
      },
    );

    needing(['create', 'update'], 'of two at once, the second is judged by what the first has made', async () => {
      const at = place();
      await under.backend.create({ ...at, content: contentOf('a') });
      const once = (i: number) =>
        under.backend.update(
          { ...at, content: contentOf('a', ` turn-${i}`), accepts: (stored) => !stored.includes(' turn-') },
          everything,
        );
      const kinds = (await Promise.all(Array.from({ length: 8 }, (_, i) => once(i)))).map(({ kind }) => kind);
      assert.equal(kinds.filter((kind) => kind === 'updated').length, 1);
      assert.equal(kinds.filter((kind) => kind === 'refused').length, 7);
    });

    needing(
      ['create', 'update', 'vread', 'history-instance'],
      'earlier versions are judged by their own content and by the current one',
      async () => {
        const at = place();
        await under.backend.create({ ...at, content: contentOf('a') });
        await under.backend.update({ ...at, content: contentOf('b') }, ofA);
        const seen = async (filter: Filter) => {
          const history = await under.backend.historyInstance({ ...at, page: { count: 10 } }, filter);
          const reads = [];
          for (const versionId of ['1', '2']) reads.push((await vread({ ...at, versionId }, filter)).kind);
          return [history.kind === 'history' ? summary(history.entries) : history.kind, ...reads];
        };
        assert.deepEqual(await seen(everything), [['PUT 2', 'POST 1'], 'found', 'found']);
        assert.deepEqual(await seen(ofB), [['PUT 2'], 'absent', 'found']);
        assert.deepEqual(await seen(ofA), ['absent', 'absent', 'absent']);
      },
    );

    needing(
      ['create', 'update', 'delete', 'history-instance'],
      'history is newest first, in pages, since an instant',
      async () => {
        const at = place();
        await under.backend.create({ ...at, content: contentOf('a') });
        const second = versionOf(await under.backend.update({ ...at, content: contentOf('a') }, everything));
        await under.backend.delete(at, everything);
        await under.backend.update({ ...at, content: contentOf('a') }, everything);
        const all = ['PUT 4', 'DELETE 3', 'PUT 2', 'POST 1'];
        const page = async (more: { count: number; before?: string; since?: string }) => {
          const result = await under.backend.historyInstance({ ...at, page: more }, everything);
          assert.ok(result.kind === 'history');
          return result;
        };
        const whole = await page({ count: 4 });
        assert.deepEqual(summary(whole.entries), all);
        assert.equal(whole.next, undefined);
        const walked: string[] = [];
        let before: string | undefined;
        do {
          const result = await page({ count: 1, ...(before === undefined ? {} : { before }) });
          assert.ok(result.entries.length <= 1);
          walked.push(...summary(result.entries));
          before = result.next;
        } while (before !== undefined && walked.length < 10);
        assert.deepEqual(walked, all);
        assert.deepEqual(summary((await page({ count: 10, since: second.lastUpdated })).entries), all.slice(0, 3));
      },
    );

    needing(['create', 'update'], 'twenty updates at once with the same If-Match: exactly one is made', async () => {
      const at = place();
      await under.backend.create({ ...at, content: contentOf('a') });
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          under.backend.update({ ...at, content: contentOf('a', `-${i}`), ifMatch: '1' }, everything),
        ),
      );
      assert.equal(results.filter(({ kind }) => kind === 'updated').length, 1);
      assert.equal(results.filter(({ kind }) => kind === 'version-conflict').length, 19);
      const current = await read(at, everything);
      assert.deepEqual(current, {
        kind: 'found',
        version: versionOf(results.find(({ kind }) => kind === 'updated') ?? { kind: 'absent' }),
      });
    });

    needing(['create'], 'twenty creates at once of the same id: exactly one is made', async () => {
      const at = place();
      const results = await Promise.all(
        Array.from({ length: 20 }, () => under.backend.create({ ...at, content: contentOf('a') })),
      );
      assert.deepEqual(results.map(({ kind }) => kind).sort(), [
        'created',
        ...Array.from({ length: 19 }, () => 'id-taken'),
      ]);
    });

    needing(['create', 'update'], 'updates at once without If-Match are all made, one after another', async () => {
      const at = place();
      await under.backend.create({ ...at, content: contentOf('a') });
      const results = await Promise.all(
        Array.from({ length: 10 }, () => under.backend.update({ ...at, content: contentOf('a') }, everything)),
      );
      const versions = results.map((result) => Number(versionOf(result).versionId)).sort((a, b) => a - b);
      assert.deepEqual(
        versions,
        Array.from({ length: 10 }, (_, i) => i + 2),
      );
    });
  });
  describeSearch(name, make);
  describeJoins(name, make);
  describeIncludes(name, make);
  describeHistory(name, make);
  describeSystem(name, make);
  describeTransactions(name, make);
  describeCanonicals(name, make);
};
