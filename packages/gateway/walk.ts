/**
 * The pages of a foreign system's answer, one after another: each resource once, within what an answer may cost, and never
 * in a circle. FHIR R4 http.html#paging.
 */
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import type { Budget } from './budget.ts';
import type { Report } from './report.ts';
import type { Held, Source, Wanted } from './source.ts';

/** A place in the foreign system's answer: behind a resource of the page that begins at the cursor. */
export interface Place {
  readonly cursor?: string;
  /** id of the resource; where it is no longer there, its number on the page */
  readonly after?: { readonly id: string; readonly used: number };
}
export interface Walked {
  readonly held: Held;
  /** right behind it */
  readonly place: Place;
}

/** The pages from a place on, unjudged. */
export type Walk = (
  wanted: Omit<Wanted, 'cursor'>,
  around: { readonly budget: Budget; readonly signal: AbortSignal | undefined; readonly from?: Place },
) => AsyncGenerator<readonly Walked[], void, void>;

/** Whether anything is left out then is not known: no answer is made of it. */
export const circle = ({ name }: Source, type: string, report: Report): BackendUnavailable => {
  report({ kind: 'upstream-loop', source: name, type });
  return new BackendUnavailable(new Error(`the pages of ${name} lead in a circle`));
};

const at = (cursor: string | undefined): { readonly cursor?: string } => (cursor === undefined ? {} : { cursor });

export const createWalk = ({ source, report }: { readonly source: Source; readonly report: Report }): Walk =>
  async function* walk(wanted, { budget, signal, from = {} }) {
    const seen = new Set<string>();
    const visited = new Set<string>();
    let { cursor } = from;
    // Where the place that the walk begins at is no longer on its page, it has moved on to the next or is gone.
    let behind = from.after;
    let held: Walked[] = [];
    for (;;) {
      signal?.throwIfAborted();
      if (cursor !== undefined) visited.add(cursor);
      const { found, next } = await source.find({ ...wanted, ...at(cursor) }, signal);
      // An empty page costs as well: pages that never end are left after as many.
      budget.spend(Math.max(1, found.length));
      const page: Walked[] = [];
      for (const [i, one] of found.entries()) {
        if (seen.has(one.id)) continue;
        seen.add(one.id);
        page.push({ held: one, place: { ...at(cursor), after: { id: one.id, used: i + 1 } } });
      }
      if (behind === undefined) yield page;
      else {
        const { id, used } = behind;
        const index = page.findIndex((one) => one.held.id === id);
        if (index >= 0) {
          behind = undefined;
          yield page.slice(index + 1);
        } else if (held.length > 0 || next === undefined) {
          behind = undefined;
          yield [...held, ...page].slice(used);
        } else held = page;
      }
      if (next === undefined) return;
      if (next === cursor || visited.has(next)) throw circle(source, wanted.type, report);
      cursor = next;
    }
  };
