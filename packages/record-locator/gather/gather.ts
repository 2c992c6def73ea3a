/**
 * `Patient/[id]/$gather`: one search over every server of the domain, each asked with its own id of the person and a token for it
 * alone. A server that fails is named in the answer; none is ever left out in silence. docs/decisions/0035-locate-and-gather.md.
 */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { PersonIndex } from '@affinity/core/identity/person-index.ts';
import { speaksOf } from '@affinity/core/smart/scope-interaction.ts';
import type { PageCursors } from '@affinity/resource-server/page-cursor.ts';
import type { Ask, Caller } from './asking.ts';
import type { Continuation, Continuations } from './continuations.ts';
import { fillPage, type Gathered } from './gather-page.ts';
import { type GatherLimits, type Pairs, readGather } from './gather-parameters.ts';
import { printGathered } from './gathered-bundle.ts';
import type { Missing } from './missing.ts';
import { type Source, sourcesFor } from './source.ts';
import { openStream } from './stream.ts';
import { whereaboutsOf } from './whereabouts.ts';

export interface GatherNeighbours {
  /** of the locator, without trailing slash */
  readonly base: string;
  readonly sources: readonly Source[];
  readonly index: PersonIndex;
  readonly ask: Ask;
  readonly pages: PageCursors;
  readonly continuations: Continuations;
  readonly limits: GatherLimits & {
    /** for everything that one answer waits for */
    readonly wholeMilliseconds: number;
    readonly rememberedMarks: number;
  };
}

/** What was answered, and what of it is to be recorded. */
export interface GatherAnswer {
  readonly json: string;
  readonly gathered: readonly Gathered[];
  readonly missing: readonly Missing[];
}

export type Gather = (caller: Caller, person: string, pairs: Pairs) => Promise<GatherAnswer | FhirError>;

const begin = async (
  index: PersonIndex,
  sources: readonly Source[],
  person: string,
  { types, params, count }: Pick<Continuation, 'params' | 'count'> & { readonly types: readonly string[] },
): Promise<Continuation> => {
  const { all } = await whereaboutsOf({ kind: 'person', person }, index, sources);
  const streams = all.flatMap(({ source: { base }, patient }) =>
    types.map((type) => ({ base, type, patient, taken: [] })),
  );
  return { params, count, streams, missing: [], shown: [] };
};

/** What was kept, as far as the person is still known to be there: not after an opt-out, or when two were told apart. */
const goOn = async (index: PersonIndex, person: string, kept: Continuation | undefined) => {
  if (kept === undefined) return undefined;
  const places = await index.placesOf(person);
  const streams = kept.streams.filter(({ base, patient }) =>
    places.some((place) => place.base === base && place.patient === patient),
  );
  return { ...kept, streams };
};

export const createGather = (neighbours: GatherNeighbours): Gather => {
  const { base, index, ask, pages, continuations, limits } = neighbours;
  return async (asking, person, pairs) => {
    const read = readGather(pairs, limits);
    if ('status' in read) return read;
    const { principal } = asking;
    const sources = sourcesFor(neighbours.sources, principal);
    const unasked = read.types.find(
      (type) => !principal.scopes.some((scope) => speaksOf(scope, { kind: 'search-type', type })),
    );
    if (unasked !== undefined) return fhirError(403, 'forbidden', `no scope for searching ${unasked}`);
    const path = `Patient/${person}/$gather`;
    const sealed = read.page === undefined ? undefined : pages.open(read.page, path, principal);
    const kept =
      read.page === undefined
        ? await begin(index, sources, person, read)
        : sealed === undefined
          ? undefined
          : await goOn(index, person, await continuations.find(sealed.cursor));
    if (kept === undefined) return fhirError(404, 'not-found', 'there is no such page, or not any more: search again');
    const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(limits.wholeMilliseconds)]);
    const caller = { ...asking, signal };
    const count = Math.min(kept.count, Math.max(10, Math.ceil((2 * kept.count) / Math.max(1, kept.streams.length))));
    const streams = kept.streams.flatMap((place) => {
      const source = sources.find((one) => one.base === place.base);
      if (source === undefined || place.over === true) return [];
      const put = (url: string) => ask(caller, source, { method: 'GET', url });
      return [openStream(place, { ask: put, params: kept.params, count })];
    });
    const page = await fillPage(streams, { ...kept, sources, rememberedMarks: limits.rememberedMarks });
    asking.signal.throwIfAborted();
    const { gathered, missing, shown, more } = page;
    const failed = new Set(missing.map(({ title }) => title));
    const going = streams
      .filter((one) => !sources.some(({ base: of, title }) => of === one.base && failed.has(title)))
      .map((one) => one.place());
    const id = more ? await continuations.keep({ ...kept, streams: going, missing, shown }) : undefined;
    const link = (params: Pairs): string =>
      `${base}/${path}?${new URLSearchParams(params.map(([name, value]): [string, string] => [name, value]))}`;
    const isWhole = read.page === undefined && id === undefined && missing.length === 0;
    const json = printGathered({
      self: link(pairs),
      ...(id === undefined ? {} : { next: link([['_page', pages.seal({ params: [], cursor: id }, path, principal)]]) }),
      gathered,
      missing,
      ...(isWhole ? { total: gathered.length } : {}),
    });
    return { json, gathered, missing };
  };
};
