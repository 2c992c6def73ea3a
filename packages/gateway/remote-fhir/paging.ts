/**
 * Where a page of a foreign server is continued: below its base, never elsewhere, and not without end. What is given out as a
 * cursor is a path, looked at again when it comes back. FHIR R4 http.html#paging.
 */
import { type Reading, useless } from './answer.ts';
import type { RemoteLimits } from './options.ts';
import { isPath, pathOfLink } from './upstream-path.ts';

/** How many pages came before, what is remembered of the last of them, and the path of this one. */
export interface Place {
  readonly pages: number;
  /** epoch milliseconds, for histories: when what was shown last came to be */
  readonly until?: number;
  readonly path: string;
}
export type PagingLimits = Pick<RemoteLimits, 'linkCharacters' | 'pages'>;

export const printPlace = ({ pages, until, path }: Place): string =>
  `${pages}${until === undefined ? '' : `-${until}`}${path}`;

/** undefined: nobody was given such a cursor */
export const readPlace = (cursor: string, limits: PagingLimits): Place | undefined => {
  const [, pages, until, path = ''] = /^(\d{1,9})(?:-(\d{1,15}))?([/?].*)$/s.exec(cursor) ?? [];
  if (pages === undefined || !isPath(path, limits.linkCharacters)) return undefined;
  return { pages: Number(pages), ...(until === undefined ? {} : { until: Number(until) }), path };
};

/** @throws FhirError 502 where the link leads elsewhere, or pages do not end */
export const nextPlace = (
  links: ReadonlyMap<string, string>,
  { pages, path }: Place,
  reading: Reading,
  limits: PagingLimits,
): Place | undefined => {
  const link = links.get('next');
  if (link === undefined) return undefined;
  const next = pathOfLink(link, reading.names.spellings, limits.linkCharacters);
  if (next !== undefined && next !== '' && next !== path && pages + 1 < limits.pages)
    return { pages: pages + 1, path: next };
  const detail = next === undefined || next === '' ? 'elsewhere' : 'without end';
  reading.report({ kind: 'upstream-paging', source: reading.source, detail });
  throw useless(reading, 'paging');
};
