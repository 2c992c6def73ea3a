/** The versions of one resource that a foreign server keeps, newest first, page by page. FHIR R4 http.html#history. */
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import type { At, Deleted, Held, SourceHistory } from '../source.ts';
import { type Reading, useless } from './answer.ts';
import { type BundleEntry, bundleIn } from './bundle-entries.ts';
import type { Ask } from './client.ts';
import { instantOf, versionOfTag } from './held.ts';
import type { RemoteLimits } from './options.ts';
import { nextPlace, type Place, printPlace, readPlace } from './paging.ts';
import { pageGone } from './upstream-fault.ts';
import { instancePath } from './upstream-path.ts';

type Entry = SourceHistory['entries'][number];

const methodOf = (method: unknown): Entry['method'] => (method === 'POST' || method === 'DELETE' ? method : 'PUT');

/** Where a server does not say when it deleted, as HAPI does not: right after the version before. */
const rightAfter = (before: BundleEntry | undefined): string | undefined =>
  before?.held === undefined ? undefined : new Date(Date.parse(before.held.lastUpdated) + 1).toISOString();

/** FHIR R4 http.html#history: an entry without a resource is a deletion. Servers say in different places which version it is. */
const deletionOf = (
  { request, response }: BundleEntry,
  { type, id }: At,
  before: BundleEntry | undefined,
): Deleted | undefined => {
  const { url } = request;
  const [, named] = /\/_history\/([A-Za-z0-9\-.]{1,64})$/.exec(typeof url === 'string' ? url : '') ?? [];
  const versionId = versionOfTag(typeof response.etag === 'string' ? response.etag : undefined) ?? named;
  const lastUpdated = instantOf(response.lastModified) ?? rightAfter(before);
  return versionId === undefined || lastUpdated === undefined ? undefined : { type, id, versionId, lastUpdated };
};

const isOfTime = (version: Held | Deleted, until: number, { since, at }: HistoryPage): boolean => {
  const from = Date.parse(version.lastUpdated);
  return (
    (since === undefined || from >= Date.parse(since)) && (at === undefined || (from < at.end && until > at.start))
  );
};

export const createHistory =
  (ask: Ask, reading: Reading, limits: Pick<RemoteLimits, 'linkCharacters' | 'pages' | 'pageSize'>) =>
  async (
    { page, ...at }: At & { readonly page: HistoryPage },
    signal?: AbortSignal,
  ): Promise<SourceHistory | 'absent'> => {
    const instance = instancePath(at.type, at.id);
    if (instance === undefined) return 'absent';
    const query = new URLSearchParams({ _count: String(Math.min(page.count, limits.pageSize)) });
    if (page.since !== undefined) query.set('_since', page.since);
    const first: Place = { pages: 0, path: `${instance}/_history?${query}` };
    const place = page.before === undefined ? first : readPlace(page.before, limits);
    if (place === undefined) throw pageGone();
    const answer = await ask({ method: 'GET', path: place.path, isSafe: true, signal });
    if (answer.status === 404 || answer.status === 410) {
      if (page.before !== undefined) throw pageGone();
      return 'absent';
    }
    if (answer.status !== 200) throw useless(reading, `history ${answer.status}`);
    const { entries, links } = bundleIn(answer, reading, 'history');
    let until = place.until ?? Number.POSITIVE_INFINITY;
    const shown = entries.flatMap((entry, i): readonly Entry[] => {
      const version = entry.held ?? deletionOf(entry, at, entries[i + 1]);
      if (version === undefined || version.type !== at.type || version.id !== at.id)
        throw useless(reading, 'a history of another resource');
      const isShown = isOfTime(version, until, page);
      until = Date.parse(version.lastUpdated);
      return isShown ? [{ method: entry.held === undefined ? 'DELETE' : methodOf(entry.request.method), version }] : [];
    });
    const next = nextPlace(links, place, reading, limits);
    return {
      entries: shown,
      ...(next === undefined ? {} : { next: printPlace(Number.isFinite(until) ? { ...next, until } : next) }),
    };
  };
