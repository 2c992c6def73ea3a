/**
 * The choices that stand above the boxes of single things: how much of a record, whether to write at all, and what is
 * called "other". They take away from the boxes and never add. SMART App Launch 2.2, scopes.
 */
import type { Amount, ConsentItem, ConsentKind } from './page-views.ts';

const isOfRecord = ({ access }: ConsentItem): boolean => access.length > 0;
const sees = ({ access }: ConsentItem): boolean => access.includes('see');

/** So many groups are most of a record. */
const manyGroups = 6;

/** Whether so much is asked for that "everything" is a sensible answer. */
export const asksForWholeRecord = (items: readonly ConsentItem[]): boolean => {
  const of = items.filter(isOfRecord);
  return of.some(({ future }) => future) || new Set(of.map(({ group }) => group)).size >= manyGroups;
};

type KindName = ConsentKind['kind'];

const belongs: Readonly<Record<KindName, (item: ConsentItem) => boolean>> = {
  write: (item) => isOfRecord(item) && !sees(item),
  'other-see': (item) => item.group === 'other' && sees(item),
  'other-write': (item) => item.group === 'other' && isOfRecord(item) && !sees(item),
};

const accessOrder: ConsentItem['access'] = ['see', 'add', 'change', 'delete'];

/** Which of them are worth a box of their own. */
const kindsOf = (items: readonly ConsentItem[]): readonly KindName[] => {
  const others = new Set(items.filter(({ group }) => group === 'other').map(({ thing }) => thing));
  const some = (kind: KindName): boolean => items.some(belongs[kind]);
  return [
    ...(asksForWholeRecord(items) && some('write') && items.some(sees) ? (['write'] as const) : []),
    ...(others.size > 1 ? (['other-see', 'other-write'] as const).filter(some) : []),
  ];
};

/** @param posted the form when the page is shown again */
export const consentKinds = (items: readonly ConsentItem[], posted?: URLSearchParams): readonly ConsentKind[] =>
  kindsOf(items).map((kind) => {
    const of = items.filter(belongs[kind]);
    return {
      kind,
      access: accessOrder.filter((one) => of.some(({ access }) => access.includes(one))),
      checked: posted === undefined || !isRefused(kind, posted),
    };
  });

/** Unticked by somebody who saw the box. */
const isRefused = (kind: KindName, posted: URLSearchParams): boolean =>
  posted.getAll('kind_asked').includes(kind) && !posted.getAll('kind').includes(kind);

/** The values of `scope` that were ticked and are not taken back by a box that stands for several. */
export const tickedScopes = (items: readonly ConsentItem[], posted: URLSearchParams): readonly string[] => {
  const refused = kindsOf(items).filter((kind) => isRefused(kind, posted));
  const values = posted.getAll('scope');
  return items
    .filter((item) => values.includes(item.scope) && !refused.some((kind) => belongs[kind](item)))
    .map(({ scope }) => scope);
};

/** Which is chosen on the page; undefined where it is not asked. */
export const chosenAmount = (items: readonly ConsentItem[], posted?: URLSearchParams): Amount | undefined => {
  if (!asksForWholeRecord(items)) return undefined;
  const [amount, ...more] = posted?.getAll('amount') ?? ['not-confidential'];
  const known = amount === 'all' || amount === 'not-confidential' ? amount : 'ticked';
  return more.length === 0 ? known : 'not-confidential';
};

/** A field that is merely missing never widens a grant: the box counts as unticked only for somebody who saw it. */
export const letsConfidentialIn = (items: readonly ConsentItem[], posted: URLSearchParams): boolean => {
  const amount = chosenAmount(items, posted);
  if (amount === 'all') return true;
  if (amount === 'not-confidential') return false;
  return posted.get('confidential_asked') === 'yes' && !posted.has('leave_out_confidential');
};
