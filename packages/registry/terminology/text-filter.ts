/** The text by which an expansion is narrowed: each word is in the display, a designation or the code. FHIR R4 valueset-operation-expand.html, `filter`. */
import { tooCostly } from './faults.ts';
import type { Member } from './value-set.ts';

/** Without case and accents. */
const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

const known = new WeakMap<Member, string>();
const textOf = (member: Member): string => {
  const before = known.get(member);
  if (before !== undefined) return before;
  const { code, display = '', designations, concept } = member;
  const spoken = [...designations, ...(concept?.designations ?? [])].map(({ value }) => value);
  const text = plain([code, display, ...spoken].join('\n'));
  known.set(member, text);
  return text;
};

export const compileText = (filter: string, mostCharacters: number): ((member: Member) => boolean) => {
  if (filter.length > mostCharacters) throw tooCostly(`filter has at most ${mostCharacters} characters here`);
  const words = plain(filter)
    .split(/\s+/)
    .filter((word) => word !== '');
  return (member) => {
    const text = textOf(member);
    return words.every((word) => text.includes(word));
  };
};
