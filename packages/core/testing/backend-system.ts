/** What the conformance suite asks of several types at once: a search of the system, a patient's everything, whose record. FHIR R4 http.html#search, patient-operation-everything.html. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { EverythingOf, FilterOf } from '../fhir/backend.ts';
import { everything, nothing } from '../fhir/filter.ts';
import type { SystemQuery } from '../fhir/search-query.ts';
import { parseSystemSearch } from '../fhir/system-search-parse.ts';
import { type BackendUnderTest, createPopulation, now, placesOf } from './backend-under-test.ts';

const types = ['Patient', 'Observation', 'Condition', 'Practitioner'];
const everyone: FilterOf = () => everything;
type Context = { readonly skip: (message: string) => void };

export const describeSystem = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: the system`, () => {
    let under: BackendUnderTest;
    before(async () => {
      under = await make();
      const { put } = createPopulation(under);
      const tagged = (code: string) => ({ meta: { tag: [{ code }] } });
      const subject = (id: string) => ({ subject: { reference: `Patient/${id}` } });
      await put({ resourceType: 'Practitioner', ...tagged('x') }, 'asked');
      await put({ resourceType: 'Practitioner', ...tagged('y') }, 'not-asked');
      for (const id of ['a', 'b']) {
        await put({ resourceType: 'Patient', ...tagged('x') }, id);
        await put(
          {
            resourceType: 'Observation',
            status: 'final',
            code: { text: 'x' },
            ...tagged('x'),
            ...subject(id),
            effectiveDateTime: '2020-06-01',
            performer: [{ reference: 'Practitioner/asked' }],
          },
          `new-${id}`,
        );
        await put(
          {
            resourceType: 'Observation',
            status: 'final',
            code: { text: 'x' },
            ...subject(id),
            effectiveDateTime: '2010',
          },
          `old-${id}`,
        );
        await put({ resourceType: 'Condition', ...tagged('y'), ...subject(id) }, `c-${id}`);
      }
    });
    after(() => under.close());

    const find = async (
      context: Context,
      text: string,
      filterOf: FilterOf = everyone,
      more: Partial<SystemQuery> = {},
    ) => {
      const parsed = parseSystemSearch(types, new URLSearchParams(text), {
        handling: 'strict',
        defaultCount: 1000,
        maxCount: 1000,
        maxValues: 10,
        maxClauses: 10,
        ownBases: [],
        now,
        capabilityOf: (type) => under.backend.capabilities.find((one) => one.type === type),
      });
      assert.ok(parsed.kind === 'query', text);
      const result = await under.backend.searchSystem?.({ ...parsed.query, ...more }, filterOf);
      if (result === undefined) context.skip('the backend has no search of the system');
      return result;
    };

    test('a search of several types finds in each what its Filter lets through (N14, N19)', async (context) => {
      const all = await find(context, '_tag=x');
      if (all === undefined) return;
      const places = ['Observation/new-a', 'Observation/new-b', 'Patient/a', 'Patient/b', 'Practitioner/asked'];
      assert.deepEqual(placesOf(all.matches).toSorted(), places);
      assert.equal(all.total, places.length);
      const some = await find(context, '_tag=x&_type=Patient,Condition');
      assert.deepEqual(placesOf(some?.matches).toSorted(), ['Patient/a', 'Patient/b']);
      const hidden = await find(context, '_tag=x&_total=accurate', (type) =>
        type === 'Observation' ? { kind: 'compartment', patient: 'a' } : type === 'Patient' ? nothing : everything,
      );
      assert.deepEqual(placesOf(hidden?.matches).toSorted(), ['Observation/new-a', 'Practitioner/asked']);
      assert.equal(hidden?.total, 2);
    });

    test('its pages show each match once (N20)', async (context) => {
      for (const sort of ['', '&_sort=_lastUpdated', '&_sort=-_lastUpdated']) {
        const whole = await find(context, `_lastUpdated=gt2000${sort}`);
        if (whole === undefined) return;
        const walked: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await find(context, `_lastUpdated=gt2000${sort}`, everyone, {
            count: 2,
            ...(cursor === undefined ? {} : { cursor }),
          });
          walked.push(...placesOf(page?.matches));
          cursor = page?.next;
        } while (cursor !== undefined && walked.length < 30);
        assert.deepEqual(walked, placesOf(whole.matches));
        assert.equal(new Set(walked).size, 10);
      }
    });

    const record = async (context: Context, more: Partial<EverythingOf> = {}, filterOf: FilterOf = everyone) => {
      const result = await under.backend.everything?.({ patient: 'a', types, count: 1000, ...more }, filterOf);
      if (result === undefined) return context.skip('the backend has no $everything');
      return placesOf([...result.matches, ...(result.included ?? [])]).toSorted();
    };

    test("a patient's everything: the record, and what it refers to that is nobody's (N12)", async (context) => {
      const whole = await record(context);
      if (whole === undefined) return;
      const all = ['Condition/c-a', 'Observation/new-a', 'Observation/old-a', 'Patient/a', 'Practitioner/asked'];
      assert.deepEqual(whole, all);
      const without = (place: RegExp) => all.filter((one) => !place.test(one));
      assert.deepEqual(await record(context, { types: ['Patient', 'Observation'] }), without(/Condition|Practitioner/));
      const hides =
        (type: string): FilterOf =>
        (asked) =>
          asked === type ? nothing : everything;
      assert.deepEqual(await record(context, {}, hides('Condition')), without(/Condition/));
      assert.deepEqual(await record(context, {}, hides('Practitioner')), without(/Practitioner/));
      assert.deepEqual(await record(context, { start: Date.parse('2015-01-01') }), without(/old/));
      assert.deepEqual(await record(context, { patient: 'nobody' }), []);
      const walked: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await under.backend.everything?.(
          { patient: 'a', types, count: 2, ...(cursor === undefined ? {} : { cursor }) },
          everyone,
        );
        walked.push(...placesOf([...(page?.matches ?? []), ...(page?.included ?? [])]));
        cursor = page?.next;
      } while (cursor !== undefined && walked.length < 30);
      assert.deepEqual([...new Set(walked)].toSorted(), all);
    });

    test('whose record a resource is; what does not exist is left out', async (context) => {
      const owners = await under.backend.ownersOf?.([
        { type: 'Observation', id: 'new-a' },
        { type: 'Patient', id: 'b' },
        { type: 'Practitioner', id: 'asked' },
        { type: 'Observation', id: 'never' },
      ]);
      if (owners === undefined) return context.skip('the backend does not tell whose record a resource is');
      assert.deepEqual(
        [...owners].toSorted(([a], [b]) => (a < b ? -1 : 1)),
        [
          ['Observation/new-a', ['a']],
          ['Patient/b', ['b']],
          ['Practitioner/asked', []],
        ],
      );
    });
  });
};
