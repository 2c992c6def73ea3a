/**
 * What a record is found by in the database: every reference, the codes of a few tokens, names. It may lead to more than a
 * question wants, never to less. FHIR R4 search.html#ptypes.
 */
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';

export const tokenParams: readonly string[] = ['identifier', 'code'];
export const stringParams: readonly string[] = ['name', 'family', 'given'];

export interface RecordKey {
  readonly param: string;
  readonly key: string;
}

/** Longer keys are cut, here and in questions, so that an index can hold them. */
export const longestKey = 200;
export const cutKey = (key: string): string => key.slice(0, longestKey).toWellFormed().replaceAll('\u0000', '');

/** `Type/id` that an absolute URL ends in: it may be one of ours. */
const tailOf = (url: string): string | undefined =>
  /(?:^|\/)([A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]*)?$/.exec(url)?.[1];

export const keysOf = ({ index }: Pick<ResourceFacts, 'index'>): readonly RecordKey[] => {
  const keys = [
    ...index.references.map(({ param, type, id }) => ({ param, key: `${type}/${id}` })),
    ...index.foreignReferences.flatMap(({ param, url }) => {
      const key = tailOf(url);
      return key === undefined ? [] : [{ param, key }];
    }),
    ...index.tokens.flatMap(({ param, code }) => (tokenParams.includes(param) ? [{ param, key: code }] : [])),
    ...index.strings.flatMap(({ param, folded }) => (stringParams.includes(param) ? [{ param, key: folded }] : [])),
  ].map(({ param, key }) => ({ param, key: cutKey(key) }));
  return [...new Map(keys.map((one) => [`${one.param} ${one.key}`, one])).values()];
};

/** From the earliest start to the latest end of the `date` parameter. */
export const datesOf = ({
  index,
}: Pick<ResourceFacts, 'index'>): { readonly starts: number; readonly ends: number } | undefined => {
  const dates = index.dates.filter(({ param }) => param === 'date');
  if (dates.length === 0) return undefined;
  return { starts: Math.min(...dates.map(({ start }) => start)), ends: Math.max(...dates.map(({ end }) => end)) };
};
