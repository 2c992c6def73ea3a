/** Canonical URLs in the conformance suite: one resource for each url and version. FHIR R4 references.html#canonical. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { everything } from '../fhir/filter.ts';
import type { Content, Resource } from '../fhir/resource.ts';
import { type BackendUnderTest, offers } from './backend-under-test.ts';

const type = 'ValueSet';
const contentOf = (url: string, version?: string): Content => {
  const resource: Resource = {
    resourceType: type,
    status: 'draft',
    url,
    ...(version === undefined ? {} : { version }),
  };
  return { resource, json: JSON.stringify(resource) };
};

export const describeCanonicals = (name: string, make: () => Promise<BackendUnderTest>): void => {
  describe(`${name} as a Backend: canonical URLs`, () => {
    let under: BackendUnderTest;
    before(async () => {
      under = await make();
    });
    after(() => under.close());
    const create = async (id: string, content: Content) => (await under.backend.create({ type, id, content })).kind;
    const update = async (id: string, content: Content) =>
      (await under.backend.update({ type, id, content }, everything)).kind;

    const kept = (context: { skip: (message: string) => void }): boolean => {
      const keeps = under.keepsCanonicals !== false && offers(under.backend, type, 'create', 'update', 'delete');
      if (!keeps) context.skip('the backend does not keep a canonical to one resource');
      return keeps;
    };

    test('a url and version are of one resource, while it is there', async (context) => {
      if (!kept(context)) return;
      const url = 'http://vs.example/a';
      assert.equal(await create('c1', contentOf(url, '1')), 'created');
      assert.equal(await create('c2', contentOf(url, '1')), 'canonical-taken');
      assert.equal(await create('c2', contentOf(url, '2')), 'created');
      assert.equal(await create('c3', contentOf(url)), 'created');
      assert.equal(await update('c2', contentOf(url, '1')), 'canonical-taken');
      assert.equal(await update('c1', contentOf(url, '1')), 'updated');
      await under.backend.delete({ type, id: 'c1' }, everything);
      assert.equal(await update('c2', contentOf(url, '1')), 'updated');
    });

    test('twenty at once that take the same: exactly one does', async (context) => {
      if (!kept(context)) return;
      const content = contentOf('http://vs.example/race', '1');
      const made = await Promise.all(Array.from({ length: 20 }, (_, i) => create(`race-${i}`, content)));
      assert.equal(made.filter((kind) => kind === 'created').length, 1);
      assert.equal(made.filter((kind) => kind === 'canonical-taken').length, 19);
    });
  });
};
