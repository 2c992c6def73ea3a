/** What `affinity clients` is asked: read from its arguments, or said what is wrong with them. */
import { parseArgs } from 'node:util';
import type { Move } from '@affinity/authorization-server/client-lifecycle.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';

export type ClientsCall =
  | { readonly kind: 'list'; readonly limit: number }
  | { readonly kind: 'show'; readonly id: string }
  | { readonly kind: 'move'; readonly move: Move; readonly id: string; readonly publisher?: string }
  | { readonly kind: 'tokens' }
  | { readonly kind: 'end-token'; readonly id: string }
  | {
      readonly kind: 'token';
      readonly note: string;
      readonly uses: number;
      readonly hours: number;
      readonly scope?: string;
    }
  | { readonly kind: 'fault'; readonly fault: string };

export const clientsUsage =
  'clients [list] [--limit N] | clients show ID | clients approve ID [--publisher NAME]\n' +
  '  clients suspend ID | clients resume ID | clients remove ID\n' +
  '  clients token --for NAME [--uses N] [--hours N] [--scope "…"] | clients token list | clients token end ID';

const verbs: ReadonlyMap<string, Move> = new Map([
  ['approve', 'list'],
  ['suspend', 'suspend'],
  ['resume', 'resume'],
  ['remove', 'remove'],
]);

const most = { limit: 10_000, uses: 1000, hours: 720, words: 200 } as const;

const options = {
  limit: { type: 'string' },
  publisher: { type: 'string' },
  for: { type: 'string' },
  uses: { type: 'string' },
  hours: { type: 'string' },
  scope: { type: 'string' },
} as const;
type Values = { readonly [Name in keyof typeof options]?: string };

const isWords = (text: string): boolean => /^[^\p{C}]+$/u.test(text) && text.trim() !== '' && text.length <= most.words;

export const readClientsCall = (args: readonly string[]): ClientsCall => {
  const fault = (why: string): ClientsCall => ({
    kind: 'fault',
    fault: `${why} Usage: npx affinity ${clientsUsage}`.trim(),
  });
  let values: Values;
  let words: readonly string[];
  try {
    ({ values, positionals: words } = parseArgs({ args: [...args], allowPositionals: true, options }));
  } catch (error) {
    return fault(`${error instanceof Error ? error.message : error}`);
  }
  const [verb = 'list', id, ...rest] = words;
  const only = (...allowed: readonly (keyof Values)[]): boolean =>
    Object.keys(values).every((name) => allowed.some((one) => one === name));
  const whole = (name: 'limit' | 'uses' | 'hours', otherwise: number): number | undefined => {
    const text = values[name] ?? String(otherwise);
    return /^[1-9]\d{0,5}$/.test(text) && Number(text) <= most[name] ? Number(text) : undefined;
  };
  if (verb === 'list' && id === undefined && only('limit')) {
    const limit = whole('limit', 100);
    return limit === undefined ? fault(`--limit takes a number from 1 to ${most.limit}.`) : { kind: 'list', limit };
  }
  if (verb === 'token') {
    if (id === 'list' && rest.length === 0 && only()) return { kind: 'tokens' };
    const [token, ...more] = rest;
    if (id === 'end' && token !== undefined && more.length === 0 && only()) return { kind: 'end-token', id: token };
    if (id !== undefined || !only('for', 'uses', 'hours', 'scope')) return fault('');
    const { for: note = '', scope } = values;
    const [uses, hours] = [whole('uses', 1), whole('hours', 24)];
    if (!isWords(note)) return fault(`--for says who gets it, in 1 to ${most.words} characters.`);
    if (uses === undefined || hours === undefined)
      return fault(`--uses takes a number from 1 to ${most.uses}, --hours one from 1 to ${most.hours}.`);
    const parsed = scope === undefined ? undefined : parseScopes(scope);
    if (parsed?.kind === 'too-many') return fault(`${parsed.reason}.`);
    const [wrong] = parsed?.scopes.rejected ?? [];
    if (wrong !== undefined || scope?.trim() === '') return fault(`--scope: "${wrong?.token ?? ''}" is no scope.`);
    return { kind: 'token', note, uses, hours, ...(scope === undefined ? {} : { scope }) };
  }
  if (id === undefined || rest.length > 0) return fault('');
  if (verb === 'show' && only()) return { kind: 'show', id };
  const move = verbs.get(verb);
  if (move === undefined || !only(...(move === 'list' ? (['publisher'] as const) : []))) return fault('');
  const { publisher } = values;
  if (publisher !== undefined && !isWords(publisher))
    return fault(`--publisher takes a name of 1 to ${most.words} characters.`);
  return { kind: 'move', move, id, ...(publisher === undefined ? {} : { publisher }) };
};
