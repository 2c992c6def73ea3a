/**
 * What one server holds of one type for one person, newest first, page after page by the server's own links. Where it stands can
 * be put down and taken up again: what was taken of a page is known by id, so that what is added meanwhile moves nothing.
 */
import type { Answered } from './asking.ts';
import { orderingTime, sortOf } from './clinical-date.ts';
import type { Failure } from './source.ts';
import { type Found, readSearchset } from './source-answer.ts';

/** As it is kept between two pages of an answer. */
export interface StreamPlace {
  /** of the server */
  readonly base: string;
  readonly type: string;
  /** id there */
  readonly patient: string;
  /** the server's link to the page that stands open; absent: the first */
  readonly page?: string;
  /** ids that were taken of that page */
  readonly taken: readonly string[];
  /** the server cannot sort by when things are of: its pages come as they come, each put in order here */
  readonly unsorted?: true;
  /** there is nothing more */
  readonly over?: true;
}

export interface Head extends Found {
  readonly time: number;
}

export interface Stream {
  readonly base: string;
  readonly type: string;
  /** Sees to it that there is a head, or that the stream is over; how it failed, where it did. */
  fill(): Promise<Failure | undefined>;
  head(): Head | undefined;
  /** Takes the head off. */
  take(): void;
  place(): StreamPlace;
}

export interface StreamNeighbours {
  readonly ask: (url: string) => Promise<Answered>;
  /** search parameters as the caller gave them */
  readonly params: readonly (readonly [string, string])[];
  /** of a page */
  readonly count: number;
}

const firstPage = (
  { base, type, patient }: StreamPlace,
  isSorted: boolean,
  { params, count }: StreamNeighbours,
): string => {
  const query = new URLSearchParams([
    [type === 'Patient' ? '_id' : 'patient', patient],
    ...params.map(([name, value]): [string, string] => [name, value]),
    ...(isSorted ? [['_sort', sortOf(type)] as [string, string]] : []),
    ['_count', String(count)],
  ]);
  return `${base}/${type}?${query}`;
};

export const openStream = (begun: StreamPlace, neighbours: StreamNeighbours): Stream => {
  const { base, type, patient } = begun;
  let { page, over = false } = begun;
  let unsorted = begun.unsorted === true;
  let taken = new Set(begun.taken);
  let waiting: readonly Head[] = [];
  let next: string | undefined;
  let open = false;

  /** The page that stands open, without what was taken of it. */
  const load = async (): Promise<Failure | undefined> => {
    let answered = await neighbours.ask(page ?? firstPage(begun, !unsorted, neighbours));
    if (answered.kind === 'failed' && answered.why === 'not-supported' && page === undefined && !unsorted) {
      unsorted = true;
      answered = await neighbours.ask(firstPage(begun, false, neighbours));
    }
    if (answered.kind === 'failed') return answered.why;
    if (answered.kind === 'nothing') {
      over = true;
      return undefined;
    }
    const read = readSearchset(answered.body, { base, type, patient });
    // A page that leads to itself would never end.
    if (read === undefined || (read.next !== undefined && read.next === page)) return 'malformed';
    const left = read.found
      .filter(({ id }) => !taken.has(id))
      .map((one) => ({ ...one, time: orderingTime(one.resource) }));
    waiting = unsorted ? left.toSorted((one, other) => (one.time === other.time ? 0 : other.time - one.time)) : left;
    ({ next } = read);
    open = true;
    return undefined;
  };

  return {
    base,
    type,
    fill: async () => {
      while (!over && waiting.length === 0) {
        if (open && next === undefined) over = true;
        else {
          if (open) {
            page = next;
            taken = new Set();
          }
          const fault = await load();
          if (fault !== undefined) return fault;
        }
      }
      return undefined;
    },
    head: () => waiting[0],
    take: () => {
      const [first, ...rest] = waiting;
      if (first !== undefined) taken.add(first.id);
      waiting = rest;
    },
    place: () => ({
      base,
      type,
      patient,
      ...(page === undefined ? {} : { page }),
      ...(unsorted ? { unsorted: true as const } : {}),
      taken: [...taken],
      ...(over || (open && next === undefined && waiting.length === 0) ? { over: true as const } : {}),
    }),
  };
};
