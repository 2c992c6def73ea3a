/**
 * Searches of a foreign server, page by page: asked by GET, or by POST where the URL would be long; only matches of the type
 * asked for are candidates, and what the server says of a total is not listened to. FHIR R4 search.html, http.html#paging.
 */
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Found, Held, Wanted } from '../source.ts';
import { type Reading, useless } from './answer.ts';
import { bundleIn } from './bundle-entries.ts';
import type { Ask, Asked } from './client.ts';
import type { RemoteLimits } from './options.ts';
import { nextPlace, printPlace, readPlace } from './paging.ts';
import { printQuery } from './print-query.ts';
import type { Pair } from './print-value.ts';
import { notOffered, pageGone } from './upstream-fault.ts';
import { typePath } from './upstream-path.ts';

export interface SearchNeighbours {
  readonly ask: Ask;
  readonly reading: Reading;
  readonly limits: Pick<RemoteLimits, 'urlCharacters' | 'linkCharacters' | 'pages' | 'pageSize'>;
  readonly parameters: SearchParameters;
  readonly offeredOf: (type: string) => ReadonlySet<string>;
  readonly modifiers: ReadonlySet<string>;
}

/** FHIR R4 search.html#errors, #conformance: what was passed over is missing from the self link. */
const reportIgnored = (
  asked: readonly Pair[],
  links: ReadonlyMap<string, string>,
  { source, report }: Reading,
): void => {
  const [, query] = (links.get('self') ?? '').split('?', 2);
  if (query === undefined) return;
  const said = new Set([...new URLSearchParams(query).keys()].map((name) => name.split(':')[0]));
  for (const [name] of asked)
    if (name !== '_count' && !said.has(name.split(':')[0]))
      report({ kind: 'upstream-ignores-parameter', source, detail: name });
};

const requestOf = (path: string, pairs: readonly Pair[], most: number): Omit<Asked, 'signal'> => {
  const query = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString();
  if (path.length + query.length < most) return { method: 'GET', path: `${path}?${query}`, isSafe: true };
  return {
    method: 'POST',
    path: `${path}/_search`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: query,
    isSafe: true,
  };
};

export const createFind = (neighbours: SearchNeighbours) => {
  const { ask, reading, limits, parameters, offeredOf, modifiers } = neighbours;
  return async (wanted: Wanted, signal?: AbortSignal): Promise<Found> => {
    const { type, cursor } = wanted;
    const path = typePath(type);
    if (path === undefined) throw notOffered();
    const place = cursor === undefined ? { pages: 0, path: '' } : readPlace(cursor, limits);
    if (place === undefined) throw pageGone();
    const { foreignValue } = reading.names;
    const pairs =
      cursor === undefined
        ? printQuery(wanted, limits.pageSize, { parameters, offered: offeredOf(type), modifiers, foreignValue })
        : [];
    const answer = await ask(
      cursor === undefined
        ? { ...requestOf(path, pairs, limits.urlCharacters), signal }
        : { method: 'GET', path: place.path, isSafe: true, signal },
    );
    if (cursor !== undefined && (answer.status === 404 || answer.status === 410)) throw pageGone();
    if (answer.status !== 200) {
      reading.report({ kind: 'upstream-refused', source: reading.source, detail: `search ${type} ${answer.status}` });
      throw useless(reading, `search ${answer.status}`);
    }
    const { entries, links } = bundleIn(answer, reading, 'searchset');
    reportIgnored(pairs, links, reading);
    const found = new Map<string, Held>();
    for (const { held } of entries) {
      if (held === undefined) continue;
      // Neither a match nor said to be something else: it is not shown.
      if (held.type !== type)
        reading.report({ kind: 'upstream-unusable', source: reading.source, detail: 'another type' });
      else if (!found.has(held.id)) found.set(held.id, held);
    }
    const next = nextPlace(links, place, reading, limits);
    return { found: [...found.values()], ...(next === undefined ? {} : { next: printPlace(next) }) };
  };
};
