/**
 * Which records become one person by pairs that are certain: the surest first, and never two records that somebody keeps
 * apart, nor by a third one between them. Pure: the same records and pairs give the same persons in whatever order they come.
 */

export interface Pair {
  readonly one: string;
  readonly other: string;
  readonly score: number;
  readonly reasons: readonly string[];
}

export interface ToJoin {
  /** all records of every person that may change, each with its person; undefined: it has none yet */
  readonly records: ReadonlyMap<string, string | undefined>;
  readonly certain: readonly Pair[];
  /** pairs of records of different people, as `pairKey` */
  readonly different: ReadonlySet<string>;
  /** a person of more records than this is not made: their data are not sound */
  readonly recordsMost: number;
}

export interface Group {
  /** of which the records were before */
  readonly persons: readonly string[];
  /** without a person before */
  readonly fresh: readonly string[];
  /** what tied them, in the order in which they were tied */
  readonly ties: readonly Pair[];
}

export interface Joined {
  /** those in which something changes */
  readonly groups: readonly Group[];
  /** certain, but kept apart */
  readonly blocked: readonly Pair[];
}

/** Both in the order of their ids. */
export const ordered = (one: string, other: string): readonly [string, string] =>
  one < other ? [one, other] : [other, one];

export const pairKey = (one: string, other: string): string => ordered(one, other).join(' ');

const byCertainty = (a: Pair, b: Pair): number =>
  b.score - a.score || (pairKey(a.one, a.other) < pairKey(b.one, b.other) ? -1 : 1);

export const join = ({ records, certain, different, recordsMost }: ToJoin): Joined => {
  const setOf = new Map<string, Set<string>>();
  const ties = new Map<Set<string>, Pair[]>();
  const ofPerson = new Map<string, Set<string>>();
  for (const [record, person] of records) {
    const set = (person === undefined ? undefined : ofPerson.get(person)) ?? new Set<string>();
    if (person !== undefined) ofPerson.set(person, set);
    setOf.set(record, set.add(record));
  }
  const keptApart = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
    [...one].some((a) => [...other].some((b) => different.has(pairKey(a, b))));

  const blocked: Pair[] = [];
  for (const pair of [...certain].sort(byCertainty)) {
    const [one, other] = [setOf.get(pair.one), setOf.get(pair.other)];
    if (one === undefined || other === undefined || one === other) continue;
    if (one.size + other.size > recordsMost || keptApart(one, other)) {
      blocked.push(pair);
      continue;
    }
    for (const record of other) setOf.set(record, one.add(record));
    ties.set(one, [...(ties.get(one) ?? []), ...(ties.get(other) ?? []), pair]);
    ties.delete(other);
  }
  const groups = [...new Set(setOf.values())].flatMap((set): Group[] => {
    const fresh = [...set].filter((record) => records.get(record) === undefined);
    const persons = [...new Set([...set].flatMap((record) => records.get(record) ?? []))];
    return fresh.length === 0 && persons.length < 2 ? [] : [{ persons, fresh, ties: ties.get(set) ?? [] }];
  });
  return { groups, blocked };
};
