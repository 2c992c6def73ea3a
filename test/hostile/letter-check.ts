/**
 * That every answer was asked for with the letter that it needs: two worlds that hold all that any letter opens cannot tell
 * one letter from another. SMART App Launch 2.2, scopes (D03).
 */
import assert from 'node:assert/strict';
import type { Caller } from './access-oracle.ts';
import type { Facts, Planned } from './world-plan.ts';

interface Request {
  readonly path: string;
  readonly init: { readonly method?: string };
}

/** Type and letter of a request of one resource or one type; undefined: it is of several. */
const neededBy = ({ path, init }: Request): readonly [type: string, letter: string] | undefined => {
  const [, type = '', rest = ''] = /^\/([A-Z][A-Za-z]+)(\/[^?]*)?(?:\?.*)?$/.exec(path) ?? [];
  if (type === '' || rest.includes('$')) return undefined;
  const method = init.method ?? 'GET';
  if (method === 'POST') return [type, rest === '/_search' ? 's' : 'c'];
  if (method === 'PUT' || method === 'PATCH') return [type, 'u'];
  if (method === 'DELETE') return [type, 'd'];
  return [type, rest === '' || rest === '/_history' ? 's' : 'r'];
};

interface Told {
  readonly resourceType?: string;
  readonly id?: string;
  readonly meta?: { readonly versionId?: string };
  readonly type?: string;
  readonly entry?: readonly { readonly resource?: Told; readonly search?: { readonly mode: string } }[];
}

/** What an answer tells, each with the letter by which it is told. */
const toldBy = (text: string, letter: string): readonly (readonly [Told, string])[] => {
  const begin = text.indexOf('{"resourceType"');
  if (begin < 0) return [];
  const told = JSON.parse(text.slice(begin)) as Told;
  if (told.resourceType !== 'Bundle') return [[told, letter]];
  if (told.type !== 'searchset') return [];
  return (told.entry ?? []).flatMap(({ resource, search }) =>
    resource === undefined ? [] : [[resource, search?.mode === 'match' ? letter : 'r'] as const],
  );
};

export const checkLetters = (
  request: Request,
  text: string,
  caller: Caller,
  plan: readonly Planned[],
  sees: (facts: Facts, letters?: string) => boolean,
): void => {
  const needed = neededBy(request);
  if (needed === undefined || !text.startsWith('2')) return;
  const [type, letter] = needed;
  const scopes = caller.scopes.filter((scope) => scope.type === '*' || scope.type === type);
  assert.ok(
    scopes.some(({ letters }) => letters.includes(letter)),
    `without ${letter} for ${type}`,
  );
  if (letter !== 'r' && letter !== 's') {
    assert.notEqual(caller.purpose, 'BTG', 'an emergency writes nothing');
    return;
  }
  for (const [told, by] of toldBy(text, letter)) {
    const planned = plan.find((one) => one.type === told.resourceType && one.id === told.id);
    const version = planned?.versions[Number(told.meta?.versionId) - 1];
    if (version !== undefined) assert.ok(sees(version.facts, by), `${told.resourceType}/${told.id} without ${by}`);
  }
};
