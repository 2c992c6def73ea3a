/** The codes of a ValueSet that was expanded elsewhere and has no composition, flat. FHIR R4 valueset.html#expansion. */
import { type Concept, designationsOf } from './code-system.ts';
import { type Json, listOf, textOf } from './json-read.ts';
import { MemberList } from './value-set.ts';

const conceptOf = ({ abstract, inactive }: Json, code: string): Concept => ({
  code,
  abstract: abstract === true,
  inactive: inactive === true,
  designations: [],
  properties: [],
  parents: [],
  children: [],
});

export const readExpansion = (expansion: Json, mostCodes: number): MemberList => {
  const list = new MemberList(mostCodes);
  const waiting = listOf(expansion.contains).toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [system, code, display, version] = [next.system, next.code, next.display, next.version].map(textOf);
    if (system !== undefined && code !== undefined)
      list.add({
        system,
        ...(version === undefined ? {} : { version }),
        code,
        ...(display === undefined ? {} : { display }),
        designations: designationsOf(next.designation),
        concept: conceptOf(next, code),
      });
    waiting.push(...listOf(next.contains).toReversed());
  }
  return list;
};
