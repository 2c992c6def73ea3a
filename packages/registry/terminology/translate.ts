/** `ConceptMap/$translate`. FHIR R4 conceptmap-operation-translate.html; IHE SVCM ITI-101. */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { canonicalOf } from './composing.ts';
import { type Match, readForward, readReverse, type Translating } from './concept-map.ts';
import type { At } from './expand.ts';
import { badInput, missingInput, tooCostly, unknownArtefact } from './faults.ts';
import type { CodingInput, Inputs } from './inputs.ts';
import { textOf } from './json-read.ts';
import { out, type Part, parametersOf } from './parameter.ts';
import type { Terminology } from './terminology.ts';

const codingsIn = (inputs: Inputs): readonly CodingInput[] => {
  const [code, coding, concept] = [inputs.text('code'), inputs.coding('coding'), inputs.codings('codeableConcept')];
  if ([code, coding, concept].filter((each) => each !== undefined).length !== 1)
    throw missingInput('one of code, coding and codeableConcept is needed');
  if (concept !== undefined && concept.length > 100) throw badInput('codeableConcept has at most 100 codings here');
  if (coding !== undefined) return [coding];
  if (concept !== undefined) return concept;
  const [system, version] = [inputs.text('system'), inputs.text('version')];
  if (system === undefined) throw missingInput('a code goes with its system');
  return [{ code: code ?? '', system, ...(version === undefined ? {} : { version }) }];
};

/** `dependency`: parts `element` and `concept` (or `value`, of R4's text). */
const dependenciesIn = (inputs: Inputs): ReadonlyMap<string, string> =>
  new Map(
    inputs.all
      .filter(({ name }) => name === 'dependency')
      .flatMap(({ part = [] }): readonly [string, string][] => {
        const of = (name: string) => part.find((each) => each.name === name)?.value;
        const concept = of('concept');
        const first =
          typeof concept === 'object' && concept !== null && 'coding' in concept ? concept.coding : undefined;
        const code: unknown = Array.isArray(first) ? first[0]?.code : (of('value') ?? concept);
        const element = of('element');
        return typeof element === 'string' && typeof code === 'string' ? [[element, code]] : [];
      }),
  );

/** The maps that are meant: the one that is named, or all that lead from the system of a code. */
const mapsIn = async (
  inputs: Inputs,
  { id }: At,
  codings: readonly CodingInput[],
  reverse: boolean,
  { artefacts }: Terminology,
): Promise<readonly Resource[]> => {
  const sent = inputs.resource('conceptMap', 'ConceptMap');
  const url = inputs.text('url');
  if ([sent, url, id].filter((each) => each !== undefined).length > 1)
    throw badInput('one ConceptMap is named: by its place, url or conceptMap');
  if (sent !== undefined) return [sent];
  const canonical = url === undefined ? undefined : canonicalOf(url, inputs.text('conceptMapVersion'));
  if (canonical !== undefined || id !== undefined) {
    const found = await artefacts.find('ConceptMap', canonical ?? { id: id ?? '' });
    if (found === undefined) throw unknownArtefact('ConceptMap', canonical ?? 'of this id');
    return [found];
  }
  const systems = new Set(codings.flatMap(({ system }) => system ?? []));
  const found: Resource[] = [];
  for (const system of systems)
    found.push(...(await (reverse ? artefacts.mapsTo(system) : artefacts.mapsFrom(system))));
  return found;
};

/** Of `source` and `target`, which name ValueSets, only maps between these. */
const isBetween = (map: Resource, inputs: Inputs): boolean => {
  const isOf = (name: 'source' | 'target'): boolean => {
    const wanted = inputs.text(name);
    const said = textOf(map[`${name}Canonical`]) ?? textOf(map[`${name}Uri`]);
    return wanted === undefined || (said !== undefined && parseCanonical(said).url === parseCanonical(wanted).url);
  };
  return isOf('source') && isOf('target');
};

/** What the maps say, and the maps that they send on to: each is asked once, so that maps that point to each other end. */
const translated = async (
  maps: readonly Resource[],
  asked: Translating,
  terminology: Terminology,
): Promise<readonly Match[]> => {
  const seen = new Set<string>();
  const matches: Match[] = [];
  const waiting = [...maps];
  for (let map = waiting.shift(); map !== undefined; map = waiting.shift()) {
    const reading = readForward(map, asked);
    matches.push(...reading.matches);
    for (const canonical of reading.others) {
      if (seen.has(canonical)) continue;
      seen.add(canonical);
      if (seen.size > terminology.limits.artefacts) throw tooCostly('the ConceptMap leads through too many others');
      const other = await terminology.artefacts.find('ConceptMap', canonical);
      if (other !== undefined) waiting.push(other);
    }
  }
  return matches;
};

const codingPart = (concept: CodingInput | undefined) => out('concept', 'Coding', concept);
const matchPart = ({ equivalence, concept, product = [], source }: Match): Part => ({
  name: 'match',
  part: [
    ...out('equivalence', 'Code', equivalence),
    ...codingPart(concept),
    ...product.map((each) => ({ name: 'product', part: codingPart(each.concept) })),
    ...out('source', 'Uri', source),
  ],
});

/** FHIR R4 concept-map-equivalence: these say that there is no such concept. */
const isNone = ({ equivalence }: Match): boolean => equivalence === 'unmatched' || equivalence === 'disjoint';

/** @throws FhirError 404 where the ConceptMap that is named is not here */
export const translate = async (inputs: Inputs, at: At, terminology: Terminology): Promise<Resource> => {
  const codings = codingsIn(inputs);
  const reverse = inputs.flag('reverse') === true;
  const maps = await mapsIn(inputs, at, codings, reverse, terminology);
  const between = maps.filter((map) => isBetween(map, inputs));
  const target = inputs.text('targetsystem');
  const matches: Match[] = [];
  for (const coding of codings) {
    const asked = { coding, dependencies: dependenciesIn(inputs), ...(target === undefined ? {} : { target }) };
    matches.push(
      ...(reverse
        ? between.flatMap((map) => readReverse(map, asked).matches)
        : await translated(between, asked, terminology)),
    );
  }
  const result = matches.some((match) => !isNone(match));
  const message =
    matches.length > 0
      ? undefined
      : maps.length === 0
        ? 'no ConceptMap here leads from this system'
        : 'no translation of this code is known';
  return parametersOf([
    ...out('result', 'Boolean', result),
    ...out('message', 'String', message),
    ...matches.map(matchPart),
  ]);
};
