/** The includes of the conformance suite: each once, of this page, and nothing that is hidden. FHIR R4 search.html#include. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FilterOf } from '../fhir/backend.ts';
import { everything, nothing } from '../fhir/filter.ts';
import type { Include } from '../fhir/search-query.ts';
import { askFor, type BackendUnderTest, createPopulation, followsReferences, placesOf } from './backend-under-test.ts';

const to = (reference: string) => ({ reference });
const include = (type: string, param: string, more: Partial<Include> = {}): Include => ({
  reverse: false,
  iterate: false,
  type,
  param,
  ...more,
});

export const describeIncludes = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: includes`, () => {
    let under: BackendUnderTest;
    before(async () => {
      under = await make();
      if (!followsReferences(under.backend)) return;
      const { put } = createPopulation(under);
      await put({ resourceType: 'Organization', name: 'whole' }, 'whole');
      await put({ resourceType: 'Organization', name: 'part', partOf: to('Organization/whole') }, 'part');
      await put({ resourceType: 'Practitioner', name: [{ family: 'P' }] }, 'p');
      await put({ resourceType: 'Patient', managingOrganization: to('Organization/part') }, 'one');
      await put({ resourceType: 'Patient', managingOrganization: to('Organization/part') }, 'two');
      for (const [id, patient] of [
        ['o1', 'one'],
        ['o2', 'one'],
        ['o3', 'two'],
        ['o4', 'gone'],
      ] as const)
        await put(
          {
            resourceType: 'Observation',
            status: 'final',
            code: { coding: [{ code: 'included' }] },
            subject: to(`Patient/${patient}`),
            performer: [to('Practitioner/p'), to('Organization/whole'), to('Patient/one')],
            ...(id === 'o2' ? { hasMember: [to('Observation/o1')] } : {}),
          },
          id,
        );
      const agent = [{ who: { display: 'somebody' } }];
      const recorded = '2020-01-01T00:00:00Z';
      await put({ resourceType: 'Provenance', target: [to('Observation/o1')], recorded, agent }, 'pv');
    });
    after(() => under.close());
    const performed = (context: { skip: (message: string) => void }): boolean => {
      const performs = followsReferences(under.backend);
      if (!performs) context.skip('the backend follows no references');
      return performs;
    };
    const included = async (text: string, includes: readonly Include[], filterOf: FilterOf = () => everything) => {
      const query = askFor(under.backend, text, { includes, total: 'accurate' });
      const result = await under.backend.searchType(query, everything, { included: filterOf });
      const bare = await under.backend.searchType({ ...query, includes: [] }, everything);
      assert.deepEqual(placesOf(result.matches), placesOf(bare.matches), 'the matches stay as they are');
      assert.equal(result.total, bare.total, 'a total counts matches only');
      return placesOf(result.included).toSorted();
    };

    test('forward, of one target type or any, each once (N18)', async (context) => {
      if (!performed(context)) return;
      const of = (includes: Include) => included('Observation?code=included', [includes]);
      assert.deepEqual(await of(include('Observation', 'subject')), ['Patient/one', 'Patient/two']);
      assert.deepEqual(await of(include('Observation', 'performer')), [
        'Organization/whole',
        'Patient/one',
        'Practitioner/p',
      ]);
      assert.deepEqual(await of(include('Observation', 'performer', { target: 'Practitioner' })), ['Practitioner/p']);
      assert.deepEqual(await of(include('Observation', 'has-member')), [], 'what is a match is not included too');
      assert.deepEqual(await included('Observation?_id=o2', [include('Observation', 'has-member')]), [
        'Observation/o1',
      ]);
      assert.deepEqual(await included('Observation?_id=o2', [include('Observation', '*')]), [
        'Observation/o1',
        'Organization/whole',
        'Patient/one',
        'Practitioner/p',
      ]);
    });

    test('reverse (N18)', async (context) => {
      if (!performed(context)) return;
      const back = (type: string, param: string) => include(type, param, { reverse: true });
      assert.deepEqual(await included('Observation?_id=o1,o3', [back('Provenance', 'target')]), ['Provenance/pv']);
      assert.deepEqual(await included('Patient?_id=one', [back('Observation', 'subject')]), [
        'Observation/o1',
        'Observation/o2',
      ]);
      assert.deepEqual(
        await included('Patient?_id=one', [back('Observation', 'patient'), back('Observation', 'subject')]),
        ['Observation/o1', 'Observation/o2'],
      );
    });

    test('iterated, of what was included (N18)', async (context) => {
      if (!performed(context)) return;
      const again = { iterate: true };
      const chain = [
        include('Observation', 'subject'),
        include('Patient', 'organization', again),
        include('Organization', 'partof', again),
      ];
      assert.deepEqual(await included('Observation?_id=o3', chain), [
        'Organization/part',
        'Organization/whole',
        'Patient/two',
      ]);
      assert.deepEqual(
        await included('Observation?_id=o3', [...chain.slice(0, 1), include('Patient', 'organization')]),
        ['Patient/two'],
      );
      const provenance = include('Provenance', 'target', { reverse: true, iterate: true });
      assert.deepEqual(
        await included('Patient?_id=one', [include('Observation', 'subject', { reverse: true }), provenance]),
        ['Observation/o1', 'Observation/o2', 'Provenance/pv'],
      );
    });

    test('of the page that is shown, not of the others (N20)', async (context) => {
      if (!performed(context)) return;
      const sort = under.backend.capabilities.find((one) => one.type === 'Observation')?.sort ?? [];
      if (!sort.includes('_id')) return context.skip('the backend does not sort by id');
      const query = askFor(under.backend, 'Observation?code=included&_sort=_id', {
        includes: [include('Observation', 'subject')],
        count: 2,
      });
      const asking = { included: () => everything };
      const first = await under.backend.searchType(query, everything, asking);
      assert.deepEqual(placesOf(first.included), ['Patient/one']);
      assert.ok(first.next !== undefined);
      const second = await under.backend.searchType({ ...query, cursor: first.next }, everything, asking);
      assert.deepEqual(placesOf(second.included), ['Patient/two']);
    });

    test('what is hidden is not included, and nothing is reached through it (N18)', async (context) => {
      if (!performed(context)) return;
      const again = { iterate: true };
      const includes = [include('Observation', 'subject'), include('Patient', 'organization', again)];
      const text = 'Observation?_id=o1,o3';
      const hides =
        (type: string): FilterOf =>
        (asked) =>
          asked === type ? nothing : everything;
      assert.deepEqual(await included(text, includes, hides('Patient')), []);
      assert.deepEqual(await included(text, includes, hides('Organization')), ['Patient/one', 'Patient/two']);
      assert.deepEqual(
        await included(text, includes, (type) =>
          type === 'Patient' ? { kind: 'instance', type: 'Patient', id: 'two' } : everything,
        ),
        ['Organization/part', 'Patient/two'],
      );
      const query = askFor(under.backend, text, { includes });
      assert.deepEqual((await under.backend.searchType(query, everything)).included ?? [], [], 'no Filter given');
    });
  });
};
