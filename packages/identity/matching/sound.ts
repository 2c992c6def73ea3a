/** How a name sounds: Double Metaphone (L. Philips, 2000), the more usual of its two readings. */
import { doubleMetaphone } from 'double-metaphone';

const kept = 20_000;
const known = new Map<string, string>();

/** Up to four consonants; the name itself where it is written in letters that the code does not know. */
export const soundOf = (name: string): string => {
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const [first] = doubleMetaphone(name);
  const sound = first === '' ? name : first.slice(0, 4);
  if (known.size >= kept) known.clear();
  known.set(name, sound);
  return sound;
};
