/** What changes between two pages of one answer is felt on the next; and nobody is answered with what was made for another. RFC 9111 §5.2.2. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { claimsOf, type Tokens } from '@affinity/authorization-server/testing/domain.ts';
import { records } from './records.ts';
import { base, type GrantStage, openStage } from './stage.ts';

interface Page {
  readonly entry?: readonly { readonly resource: { readonly id: string } }[];
  readonly link: readonly { readonly relation: string; readonly url: string }[];
}

describe('between two pages', () => {
  let stage: GrantStage;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    stage = await openStage({ after: (work) => void closers.push(work) });
    for (const resource of records) await stage.put(resource);
  });
  after(async () => {
    for (const close of closers) await close();
  });

  const soon = async (holds: () => Promise<boolean>): Promise<void> => {
    const until = Date.now() + 60_000;
    while (!(await holds())) assert.ok(Date.now() < until, 'not within a minute');
  };
  const idsOf = ({ entry = [] }: Page): readonly string[] => entry.map(({ resource }) => resource.id);
  /** The address of the second page; the first was read. */
  const nextOf = async (path: string, { access_token: token }: Tokens): Promise<string> => {
    const page = (await (await stage.send(path, token)).json()) as Page;
    assert.equal(idsOf(page).length, 1);
    const next = page.link.find(({ relation }) => relation === 'next')?.url ?? assert.fail('there is one page alone');
    return next.slice(base.length + 1);
  };
  const shown = async (path: string, { access_token: token }: Tokens): Promise<readonly string[]> => {
    const response = await stage.send(path, token);
    return response.status === 200 ? idsOf((await response.json()) as Page) : [];
  };

  test('Q44: a permission that is taken back ends a search on its way', async () => {
    const tokens = await stage.obtain({ scope: 'launch/patient patient/Observation.rs' });
    const next = await nextOf('Observation?_count=1', tokens);
    assert.equal((await shown(next, tokens)).length, 1);
    const own = (await stage.obtain({ scope: 'launch/patient patient/Consent.cruds' })).access_token;
    const path = `Consent/grant-${claimsOf(tokens.access_token).grant_id}`;
    const consent = (await (await stage.send(path, own)).json()) as object;
    const ended = { method: 'PUT', body: JSON.stringify({ ...consent, status: 'inactive' }) };
    assert.equal((await stage.send(path, own, ended)).status, 200);
    await soon(async () => (await shown(next, tokens)).length === 0);
  });

  test('Q44: a practitioner who leaves the care team sees no second page', async () => {
    const team = {
      resourceType: 'CareTeam',
      id: 'between',
      status: 'active',
      subject: { reference: 'Patient/p1' },
      participant: [{ member: { reference: 'Practitioner/d1' } }],
    };
    await stage.put(team);
    const tokens = await stage.obtain({ scope: 'openid fhirUser user/Observation.rs', username: 'doctor' });
    let next = '';
    await soon(async () => (await shown('Observation?_count=1', tokens)).length === 1);
    next = await nextOf('Observation?_count=1', tokens);
    assert.equal((await shown(next, tokens)).length, 1);
    const over = { ...team, status: 'inactive' };
    const content = { resource: over, json: JSON.stringify(over) };
    const everything = { kind: 'everything' } as const;
    const updated = await stage.backend.update({ type: 'CareTeam', id: 'between', content }, everything);
    assert.equal(updated.kind, 'updated');
    await soon(async () => (await shown(next, tokens)).length === 0);
  });

  test('Q45: one address, two people: each is answered anew, and no cache on the way may keep it', async () => {
    const scope = 'launch/patient patient/Observation.rs patient/Patient.r';
    const [ana, eve] = [await stage.obtain({ scope }), await stage.obtain({ scope, username: 'eve' })];
    const address = 'Observation?_count=100';
    for (const [tokens, other] of [
      [ana, 'p2'],
      [eve, 'p1'],
      [ana, 'p2'],
    ] as const) {
      const ids = await shown(address, tokens);
      assert.ok(ids.length > 0 && !ids.some((id) => id.startsWith(`${other}-`)), ids.join());
    }
    const hers = await stage.send('Patient/p1', ana.access_token);
    assert.equal(hers.headers.get('cache-control'), 'private, no-store');
    const headers = { 'if-none-match': hers.headers.get('etag') ?? assert.fail('no version is told') };
    assert.equal((await stage.send('Patient/p1', ana.access_token, { headers })).status, 304);
    const asked = await stage.send('Patient/p1', eve.access_token, { headers });
    assert.equal(asked.status, 404, 'that nothing has changed tells that it is there');
  });
});
