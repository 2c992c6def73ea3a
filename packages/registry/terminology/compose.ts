/**
 * The codes of a ValueSet from its composition: concepts that are listed, concepts that filters choose, and other
 * ValueSets. What cannot be known is an error and never a smaller or larger set. FHIR R4 valueset.html#compositions.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type CodeSystemForm, type Concept, designationsOf } from './code-system.ts';
import { type Composing, canonicalOf, noteArtefact, startWork, type Work } from './composing.ts';
import { compileFilter } from './concept-filter.ts';
import { cyclic, tooCostly, unknownImport, unusable } from './faults.ts';
import { readExpansion } from './given-expansion.ts';
import { isJson, type Json, listOf, textOf, textsOf } from './json-read.ts';
import { type Member, MemberList, type ValueSetForm } from './value-set.ts';

const loadSystem = async (
  system: string,
  said: string | undefined,
  work: Work,
): Promise<CodeSystemForm | undefined> => {
  noteArtefact(`CodeSystem ${canonicalOf(system, said)}`, work);
  const form = await work.codeSystem(system, said);
  if (form === undefined) return undefined;
  work.versions.add(canonicalOf(system, form.version));
  return form;
};

const memberFrom = (system: string, version: string | undefined, code: string, concept?: Concept): Member => ({
  system,
  ...(version === undefined ? {} : { version }),
  code,
  ...(concept?.display === undefined ? {} : { display: concept.display }),
  designations: [],
  ...(concept === undefined ? {} : { concept }),
});

/** Concepts that are listed: they need no code system, which only adds what it knows of them. */
const listed = (include: Json, system: string, said: string | undefined, form?: CodeSystemForm): readonly Member[] =>
  listOf(include.concept).flatMap((each): readonly Member[] => {
    const code = textOf(each.code);
    if (code === undefined) return [];
    const display = textOf(each.display);
    return [
      {
        ...memberFrom(system, form?.version ?? said, code, form?.find(code)),
        ...(display === undefined ? {} : { display }),
        designations: designationsOf(each.designation),
      },
    ];
  });

/** Steps that a filter is worth for one concept: a regular expression is slower than a look-up. */
const stepsOf = ({ op }: Json): number => (op === 'regex' ? 10 : 1);

const ofSystem = async (include: Json, system: string, work: Work): Promise<readonly Member[]> => {
  const said = textOf(include.version);
  const form = await loadSystem(system, said, work);
  if (Array.isArray(include.concept)) {
    await work.spend(include.concept.length);
    return listed(include, system, said, form);
  }
  if (form === undefined || form.concepts.size === 0) throw unknownImport('CodeSystem', canonicalOf(system, said));
  if (form.partial) work.partial.add(system);
  const filters = listOf(include.filter);
  if (filters.length > work.limits.filters)
    throw tooCostly(`an include has at most ${work.limits.filters} filters here`);
  let chosen = [...form.concepts.values()];
  for (const filter of filters) {
    await work.spend(chosen.length * stepsOf(filter));
    chosen = chosen.filter(compileFilter(form, filter, work.limits.patternCharacters));
  }
  return chosen.map((concept) => memberFrom(system, form.version, concept.code, concept));
};

const imported = async (canonical: string, work: Work): Promise<MemberList> => {
  noteArtefact(`ValueSet ${canonical}`, work);
  const found = await work.valueSet(canonical);
  if (found === undefined) throw unknownImport('ValueSet', canonical);
  const key = canonicalOf(textOf(found.url) ?? '', textOf(found.version));
  if (work.path.includes(key)) throw cyclic(canonical);
  if (work.path.length > work.limits.depth)
    throw tooCostly(`ValueSets import others at most ${work.limits.depth} deep here`);
  // What is imported twice is made once: a few that import each other twice would double at every step.
  const made = work.made.get(key) ?? composed(found, { ...work, path: [...work.path, key] });
  work.made.set(key, made);
  return made;
};

/** What an include or exclude means: the codes of its system that are in every ValueSet that it names. */
const ofInclude = async (include: Json, work: Work): Promise<readonly Member[]> => {
  const system = textOf(include.system);
  let members = system === undefined ? undefined : await ofSystem(include, system, work);
  for (const canonical of textsOf(include.valueSet)) {
    const other = await imported(canonical, work);
    await work.spend(1 + (members?.length ?? 0));
    members = members === undefined ? other.members : members.filter((each) => other.has(each));
  }
  if (members === undefined) throw unusable('an include of the ValueSet names neither a system nor a ValueSet');
  await work.spend(1 + members.length);
  return members;
};

const composed = async (valueSet: Resource, work: Work): Promise<MemberList> => {
  const compose = isJson(valueSet.compose) ? valueSet.compose : {};
  const includes = listOf(compose.include);
  const { valueSetCodes } = work.limits;
  if (includes.length === 0) {
    if (isJson(valueSet.expansion)) return readExpansion(valueSet.expansion, valueSetCodes);
    throw unusable('the ValueSet has neither a composition nor an expansion');
  }
  const excluded = new MemberList(valueSetCodes);
  for (const exclude of listOf(compose.exclude))
    for (const member of await ofInclude(exclude, work)) excluded.add(member);
  const list = new MemberList(valueSetCodes);
  for (const include of includes)
    for (const member of await ofInclude(include, work)) {
      const withheld = compose.inactive === false && member.concept?.inactive === true;
      if (!withheld && !excluded.has(member)) list.add(member);
    }
  return list;
};

/**
 * @throws FhirError: `too-costly` past a limit, `processing` for one that is made of itself or cannot be evaluated,
 * `not-found` where another artefact is needed that is not here
 */
export const composeValueSet = async (valueSet: Resource, composing: Composing): Promise<ValueSetForm> => {
  const url = textOf(valueSet.url);
  const work = startWork(composing, url === undefined ? [''] : [canonicalOf(url, textOf(valueSet.version))]);
  const { members, bySystem } = await composed(valueSet, work);
  return { members, bySystem, versions: [...work.versions], partial: work.partial, weight: members.length + 1 };
};
