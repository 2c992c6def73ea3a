/** The administrators' page of the registry: who decides and loads, what a form must prove, and how large a package may be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeskResponses } from '../desk-response.ts';
import { english } from '../words.ts';
import type { Definitions } from './definitions.ts';
import { createDefinitionsDesk } from './definitions-desk.ts';

const origin = 'http://localhost:4000';
const house = {
  words: english,
  origin,
  stylesheet: '/s.css',
  favicon: '/f.svg',
  passkeyScript: '/p.js',
  version: '0',
  people: undefined,
  now: () => new Date('2026-01-02'),
};
const at = { type: 'ValueSet', id: 'v', title: 'Colours <b>', wanted: 'active', note: '', proposedBy: 'Ida' } as const;

const open = (more: Partial<Definitions> = {}) => {
  const done: string[] = [];
  const definitions: Definitions = {
    twoPersons: false,
    mostBytes: 1000,
    mayPublish: async () => true,
    waiting: async () => [
      { ...at, proposedAt: new Date('2026-01-01'), isOwn: false },
      { ...at, id: 'own', title: 'Mine', proposedAt: new Date('2026-01-01'), isOwn: true },
    ],
    decided: async () => [],
    decide: async ({ type, id }, decision, { user }) => {
      done.push(`${decision} ${type}/${id} by ${user}`);
      return id === 'own' ? 'same-person' : 'done';
    },
    load: async (bytes, { user }) => {
      done.push(`load ${bytes.length} by ${user}`);
      return { kind: 'loaded', words: 'x.example 1: 2 definitions new' };
    },
    ...more,
  };
  const desk = createDefinitionsDesk({ house, definitions, ...createDeskResponses(origin) });
  const seated = { name: 'Petra', csrf: 'secret', by: { user: 'petra', name: 'Petra' }, kept: [] };
  const send = async (form?: FormData, from = origin) => {
    const posted = form === undefined ? undefined : new Response(form);
    const type = posted?.headers.get('content-type') ?? '';
    const init =
      posted === undefined
        ? {}
        : { method: 'POST', body: await posted.arrayBuffer(), headers: { origin: from, 'content-type': type } };
    const response = await desk(new Request(`${origin}/admin/definitions`, init), seated);
    return [response.status, await response.text()] as const;
  };
  return { send, done };
};
const form = (fields: Readonly<Record<string, string | File>>): FormData => {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
};
const decision = { csrf: 'secret', type: 'ValueSet', id: 'v', decision: 'approved' };
const file = (bytes: number): File => new File([Buffer.alloc(bytes)], 'x.tgz');

test('M12: what waits is shown, and decided by a publisher with a form of ours; not by whoever proposed it', async () => {
  const { send, done } = open();
  const [status, text] = await send();
  assert.equal(status, 200);
  assert.match(text, /Colours &lt;b&gt;/);
  assert.match(text, /You proposed this/);
  assert.equal(text.match(/value="approved"/g)?.length, 1, 'no button for what is one’s own');
  assert.equal((await send(form(decision)))[0], 200);
  assert.equal((await send(form({ ...decision, id: 'own' })))[0], 400);
  assert.deepEqual(done, ['approved ValueSet/v by petra', 'approved ValueSet/own by petra']);
  assert.equal((await send(form({ ...decision, csrf: 'other' })))[0], 403);
  assert.equal((await send(form(decision), 'https://evil.example'))[0], 403);
  assert.equal((await send(form({ ...decision, decision: 'both' })))[0], 400);
  const other = open({ mayPublish: async () => false });
  assert.equal((await other.send(form(decision)))[0], 403);
  assert.doesNotMatch((await other.send())[1], /value="approved"|type="file"/);
  assert.deepEqual([done.length, other.done.length], [2, 0]);
});

test('M14: a package is sent by form, up to its size and no further, and not where two persons publish', async () => {
  const { send, done } = open();
  const [status, text] = await send(form({ csrf: 'secret', package: file(1000) }));
  assert.deepEqual([status, done], [200, ['load 1000 by petra']]);
  assert.match(text, /2 definitions new/);
  assert.equal((await send(form({ csrf: 'secret', package: file(1000 + 17 * 1024) })))[0], 400);
  assert.equal((await send(form({ csrf: 'other', package: file(10) })))[0], 403);
  const refusing = open({ load: async () => ({ kind: 'refused', words: 'it is <i>damaged</i>' }) });
  const refused = await refusing.send(form({ csrf: 'secret', package: file(10) }));
  assert.equal(refused[0], 400);
  assert.match(refused[1], /it is &lt;i&gt;damaged/);
  const two = open({ twoPersons: true });
  assert.equal((await two.send(form({ csrf: 'secret', package: file(10) })))[0], 400);
  assert.doesNotMatch((await two.send())[1], /type="file"/);
  assert.equal(done.length, 1);
});
