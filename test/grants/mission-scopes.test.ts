/**
 * The scopes as people speak of them, from the consent page to the record: read everything; read everything not marked
 * confidential; read and/or write medications, allergies, conditions, other clinical. SMART App Launch 2.2, scopes.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { ConsentView } from '@affinity/authorization-server/page-views.ts';
import type { Fields } from '@affinity/authorization-server/testing/browser.ts';
import { records } from './records.ts';
import { asItComes, type GrantStage, openStage } from './stage.ts';

const types = ['Patient', 'Observation', 'Condition', 'AllergyIntolerance', 'MedicationRequest', 'Procedure', 'Goal'];

describe('scopes of the mission', () => {
  let stage: GrantStage;
  before(async (t) => {
    stage = await openStage({ after: (work) => void closers.push(work) });
    for (const resource of records) await stage.put(resource);
    assert.ok(t !== undefined);
  });
  const closers: (() => Promise<void>)[] = [];
  const whatIsSeen = async (token: string): Promise<Record<string, readonly string[] | number>> =>
    Object.fromEntries(await Promise.all(types.map(async (type) => [type, await stage.found(type, token)] as const)));
  const everything = {
    Patient: ['p1'],
    Observation: ['p1-glucose', 'p1-weight'],
    Condition: ['p1-cold', 'p1-secret'],
    AllergyIntolerance: ['p1-nuts'],
    MedicationRequest: ['p1-pill'],
    Procedure: ['p1-knee'],
    Goal: ['p1-walk'],
  };
  const notConfidential = { ...everything, Condition: ['p1-cold'] };
  const tryToWrite = async (token: string, type: string): Promise<number> => {
    const stored = records.find(({ resourceType, id }) => resourceType === type && id?.startsWith('p1'));
    const { id, ...content } = stored ?? assert.fail();
    return (await stage.send(type, token, { method: 'POST', body: JSON.stringify({ ...content, meta: undefined }) }))
      .status;
  };

  for (const [version, asked] of [
    ['v2', 'patient/*.cruds'],
    ['v1', 'patient/*.*'],
  ] as const) {
    const scope = `openid launch/patient offline_access ${asked}`;
    test(`${version}: read everything`, async () => {
      const choose = (view: ConsentView): Fields => ({ ...asItComes(view), amount: 'all', kind: ['other-see'] });
      const { access_token: token, scope: given } = await stage.obtain({ scope, choose });
      assert.equal(
        given,
        `openid launch/patient offline_access ${version === 'v1' ? 'patient/*.read' : 'patient/*.rs'}`,
      );
      assert.deepEqual(await whatIsSeen(token), everything);
      assert.equal(await tryToWrite(token, 'Condition'), 403);
    });

    test(`${version}: read everything not marked confidential`, async () => {
      const choose = (view: ConsentView): Fields => ({
        ...asItComes(view),
        amount: 'not-confidential',
        kind: ['other-see'],
      });
      const { access_token: token } = await stage.obtain({ scope, choose });
      assert.deepEqual(await whatIsSeen(token), notConfidential);
      assert.equal((await stage.send('Condition/p1-secret', token)).status, 404);
      assert.equal(await tryToWrite(token, 'Condition'), 403);
    });

    test(`${version}: every box as it comes and Allow gives what was asked, without what is confidential`, async () => {
      const { access_token: token, scope: given } = await stage.obtain({ scope });
      assert.equal(given, scope);
      assert.deepEqual(await whatIsSeen(token), notConfidential);
      assert.equal(await tryToWrite(token, 'AllergyIntolerance'), 201);
      everything.AllergyIntolerance = (await stage.found('AllergyIntolerance', token)) as string[];
      notConfidential.AllergyIntolerance = everything.AllergyIntolerance;
    });
  }

  const kinds = [
    ['medications', 'MedicationRequest'],
    ['allergies', 'AllergyIntolerance'],
    ['conditions', 'Condition'],
    ['other', 'Procedure'],
  ] as const;
  for (const [group, type] of kinds) {
    for (const may of ['see', 'write', 'both'] as const) {
      test(`${group}: ${may}`, async () => {
        const choose = (view: ConsentView): Fields => {
          const boxes = view.items.filter((item) => item.group === group && item.types.includes(type));
          const scope = boxes.filter(({ access }) => may === 'both' || access.includes('see') === (may === 'see'));
          assert.equal(scope.length, may === 'both' ? 2 : 1, 'one choice each');
          return { ...asItComes(view), scope: scope.map((item) => item.scope) };
        };
        const { access_token: token, scope } = await stage.obtain({ scope: 'launch/patient patient/*.cruds', choose });
        assert.ok(!scope.includes('*'), scope);
        const seen = await whatIsSeen(token);
        for (const [other, found] of Object.entries(seen)) {
          if (other !== type || may === 'write') assert.equal(found, 403, other);
        }
        if (may !== 'write')
          assert.ok(Array.isArray(seen[type]) && seen[type].length > 0 && !seen[type].includes('p1-secret'));
        assert.equal(await tryToWrite(token, type), may === 'see' ? 403 : 201);
        assert.equal(await tryToWrite(token, 'Goal'), 403);
      });
    }
  }

  test('other clinical, all of it, is one choice', async () => {
    const choose =
      (kind: readonly string[]) =>
      (view: ConsentView): Fields => ({ ...asItComes(view), kind });
    const scope = 'launch/patient patient/Procedure.cruds patient/Goal.cruds patient/Condition.rs';
    const see = await stage.obtain({ scope, choose: choose(['other-see']) });
    assert.equal(see.scope, 'launch/patient patient/Procedure.rs patient/Goal.rs patient/Condition.rs');
    assert.equal(await tryToWrite(see.access_token, 'Goal'), 403);
    const neither = await stage.obtain({ scope, choose: choose([]) });
    assert.equal(neither.scope, 'launch/patient patient/Condition.rs');
    assert.equal(await stage.found('Goal', neither.access_token), 403);
    assert.equal(await stage.found('Procedure', neither.access_token), 403);
  });

  test('closing', async () => {
    for (const close of closers.reverse()) await close();
  });
});
