/** Questions to a Source in FHIR's words, walked through all pages. FHIR R4 search.html. */
import assert from 'node:assert/strict';
import { matches } from '@affinity/core/fhir/matches.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import { parseSearch } from '@affinity/core/fhir/search-parse.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import type { Held, Source } from '../../source.ts';

/** Undefined: it is refused. */
export const queryOf = ({ capabilities }: Source, question: string): SearchQuery | undefined => {
  const at = question.indexOf('?');
  const [type, params] = at < 0 ? [question, ''] : [question.slice(0, at), question.slice(at + 1)];
  const capability = capabilities.find((one) => one.type === type);
  if (capability === undefined) return undefined;
  const parsed = parseSearch(type, new URLSearchParams(params), {
    handling: 'strict',
    defaultCount: 100,
    maxCount: 1000,
    maxValues: 10,
    maxClauses: 10,
    ownBases: [],
    now: Date.parse('2026-06-01'),
    capability,
    capabilityOf: (name) => capabilities.find((one) => one.type === name),
  });
  return parsed.kind === 'query' ? parsed.query : undefined;
};

/** Everything that the source gives, page by page. */
export const candidatesOf = async (source: Source, query: SearchQuery, count = 100): Promise<readonly Held[]> => {
  const found: Held[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 500; page += 1) {
    const next = await source.find({ ...query, count, ...(cursor === undefined ? {} : { cursor }) });
    assert.ok(next.found.length <= count);
    found.push(...next.found);
    cursor = next.next;
    if (cursor === undefined) return found;
  }
  throw new Error('the pages do not end');
};

export const isWanted = (query: SearchQuery, { resource, lastUpdated }: Held): boolean =>
  matches(query, factsOf(resource, []), lastUpdated);

/** Ids of what is wanted, and of what the source gave beside it. */
export const ask = async (source: Source, question: string, count?: number) => {
  const query = queryOf(source, question);
  assert.ok(query !== undefined, `${question} is refused`);
  const candidates = await candidatesOf(source, query, count);
  const ids = candidates.filter((one) => isWanted(query, one)).map(({ id }) => id);
  return { ids, candidates: candidates.map(({ id }) => id) };
};
