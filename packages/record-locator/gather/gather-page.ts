/**
 * One page out of several streams: always the newest of what stands at their heads, the order of servers and types deciding where
 * two are of one time. The same streams give the same page. FHIR R4 http.html#paging.
 */

import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { type Mark, type Marked, markedOf } from './duplicates.ts';
import { type Missing, withMissing } from './missing.ts';
import type { Source } from './source.ts';
import type { Stream } from './stream.ts';

export interface Gathered {
  readonly fullUrl: string;
  readonly base: string;
  readonly resource: ExactObject;
  /** full URLs of the same thing at other servers */
  readonly alternates: readonly string[];
}

/** What was shown lately: the marks, what it said, and of which server it was. */
export type Shown = readonly (readonly [mark: Mark, content: string, base: string])[];

export interface GatheredPage {
  readonly gathered: readonly Gathered[];
  readonly missing: readonly Missing[];
  readonly shown: Shown;
  /** there may be more */
  readonly more: boolean;
}

export interface FillOptions {
  readonly sources: readonly Source[];
  readonly count: number;
  readonly missing: readonly Missing[];
  readonly shown: Shown;
  /** marks that are kept for the pages after this one */
  readonly rememberedMarks: number;
}

/** The newest head; of those of one time the first. */
const newest = (streams: readonly Stream[]): Stream | undefined => {
  let best: Stream | undefined;
  for (const stream of streams) {
    const time = stream.head()?.time;
    if (time !== undefined && (best === undefined || time > (best.head()?.time ?? 0))) best = stream;
  }
  return best;
};

interface Entry extends Gathered, Marked {
  readonly alternates: string[];
}

/** Those of this page that are the same thing. */
const sameAs = (entries: readonly Entry[], { marks }: Marked, base: string): readonly Entry[] =>
  entries.filter((one) => one.base !== base && one.marks.some((mark) => marks.includes(mark)));

export const fillPage = async (given: readonly Stream[], options: FillOptions): Promise<GatheredPage> => {
  const { sources, count, rememberedMarks } = options;
  let { missing } = options;
  let streams = given.filter(({ base }) => sources.some((source) => source.base === base));
  const titleOf = (base: string): string => sources.find((source) => source.base === base)?.title ?? '';
  const before = new Map(options.shown.map(([mark, content, base]) => [mark, { content, base }]));
  const entries: Entry[] = [];

  /** Of a server that fails nothing more is asked in this answer. */
  const refill = async (): Promise<void> => {
    const filled = await Promise.all(streams.map(async (stream) => ({ stream, why: await stream.fill() })));
    for (const { stream, why } of filled) {
      if (why === undefined) continue;
      missing = withMissing(missing, { title: titleOf(stream.base), why });
      streams = streams.filter((one) => one !== stream && (why === 'not-supported' || one.base !== stream.base));
    }
  };

  await refill();
  for (;;) {
    const stream = newest(streams);
    const head = stream?.head();
    if (stream === undefined || head === undefined || entries.length >= count) break;
    const fullUrl = `${stream.base}/${stream.type}/${head.id}`;
    const marked = markedOf(head.resource, fullUrl);
    const same = sameAs(entries, marked, stream.base);
    const copied = same.find(({ content }) => content === marked.content);
    const shownBefore = marked.marks.some((mark) => {
      const earlier = before.get(mark);
      return earlier !== undefined && earlier.base !== stream.base && earlier.content === marked.content;
    });
    if (copied !== undefined) copied.alternates.push(fullUrl);
    else if (!shownBefore) {
      for (const one of same) one.alternates.push(fullUrl);
      const alternates = same.map((one) => one.fullUrl);
      entries.push({ fullUrl, base: stream.base, resource: head.resource, alternates, ...marked });
    }
    stream.take();
    if (stream.head() === undefined) await refill();
  }
  const shown = [
    ...options.shown,
    ...entries.flatMap((one) => one.marks.map((mark) => [mark, one.content, one.base] as const)),
  ];
  return {
    gathered: entries,
    missing,
    shown: shown.slice(-rememberedMarks),
    more: streams.some((one) => one.place().over !== true),
  };
};
