/**
 * A question whose matches are tied to other resources: the foreign system is asked by a list of these, in parts where it
 * is long, one part after another. FHIR R4 search.html#chaining.
 */
import type { Question } from './admit.ts';
import type { Around } from './fetch.ts';
import type { GatewayLimits } from './limits.ts';
import type { Asked, Seek, Sought } from './seek.ts';
import type { Tie } from './tie.ts';
import type { Place } from './walk.ts';

/** A place within a part of the list: behind one of its keys, up to another. */
export interface TiedPlace extends Place {
  readonly part?: { readonly behind?: string; readonly upTo: string };
}
export interface TiedSought extends Sought {
  readonly place: TiedPlace;
}
interface TiedAsked extends Asked {
  readonly from?: TiedPlace;
}

export type SeekTied = (
  question: Question,
  ties: readonly Tie[],
  asked: TiedAsked,
  around: Around,
) => AsyncGenerator<readonly TiedSought[], void, void>;

export const createSeekTied = ({ seek, limits }: { readonly seek: Seek; readonly limits: GatewayLimits }): SeekTied => {
  const isShort = ({ keys }: Tie): boolean => keys.length <= limits.batch;

  return async function* seekTied(question, ties, asked, around) {
    const { params = [], demands = () => true } = question;
    const tied: Question = {
      ...question,
      params: [...params, ...ties.map(({ param }) => param)],
      demands: (facts, held) => demands(facts, held) && ties.every((tie) => tie.keysIn(facts).length > 0),
    };
    const { from, sort = [] } = asked;
    const implied = ties.filter(isShort).map((tie) => tie.clauseOf(tie.keys));
    // One that is short is enough to ask by; parts of a long one come in an order of their own.
    const long = implied.length > 0 || sort.length > 0 ? undefined : ties.find((tie) => !isShort(tie));
    if (long === undefined) {
      yield* seek(tied, { ...asked, implied: [...(asked.implied ?? []), ...implied] }, around);
      return;
    }
    let place = from;
    let behind = from?.part?.behind;
    for (;;) {
      const last: string | undefined = behind;
      const rest = long.keys.filter((key) => last === undefined || key > last);
      const upTo: string | undefined = place?.part?.upTo ?? rest[limits.batch - 1] ?? rest.at(-1);
      if (upTo === undefined || rest.length === 0) return;
      const part = { ...(last === undefined ? {} : { behind: last }), upTo };
      const keys = rest.filter((key) => key <= upTo);
      const found =
        keys.length === 0
          ? []
          : seek(
              {
                ...tied,
                // What is tied to an earlier part as well was found there.
                demands: (facts, held) =>
                  (tied.demands?.(facts, held) ?? true) &&
                  (last === undefined || !long.keysIn(facts).some((key) => key <= last)),
              },
              {
                ...asked,
                implied: [...(asked.implied ?? []), long.clauseOf(keys)],
                ...(place === undefined ? {} : { from: place }),
              },
              around,
            );
      for await (const shown of found) yield shown.map((one) => ({ ...one, place: { ...one.place, part } }));
      behind = upTo;
      place = undefined;
    }
  };
};
