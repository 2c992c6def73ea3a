/**
 * Writes `us-core-6.1.0.json` beside itself: what US Core 6.1.0 asks of each profile, as the tests use it. The argument is a
 * Markdown file with a section for each profile and a line for each kind of fact, taken from the guide's CapabilityStatement,
 * SearchParameters and StructureDefinitions (CC0). Sample codes of the searches are left out.
 *
 *     node test/us-core/generate-table.ts /elsewhere/us-core-6.1.0.md
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileFacts, Verb } from './table.ts';

const source = process.argv[2];
if (source === undefined) throw new Error('the Markdown file of the facts is the argument');
const sections = readFileSync(source, 'utf8').split(/^## /m).slice(1);

const list = (text = ''): readonly string[] => text.split(', ').filter((each) => each !== '');
const verbs = (text = ''): Readonly<Record<string, Verb>> =>
  Object.fromEntries(
    [...text.matchAll(/([^\s,]+) \((SHALL|SHOULD|MAY)\)/g)].map(([, name = '', verb]) => [name, verb as Verb]),
  );

const parameterOf = (line: string): [string, ProfileFacts['parameters'][string]] => {
  const [, name = '', type = '', path = ''] = /^ {2}- `([^`]+)` (\S+) at (.+?)(?= — )/.exec(line) ?? [];
  const comparators = [...(/comparators ([^;]*)/.exec(line)?.[1] ?? '').matchAll(/(\w\w):(\w+)/g)];
  const multipleOr = /multipleOr (\w+)/.exec(line)?.[1];
  return [
    name,
    {
      type: type.replace('http://hl7.org/fhirpath/System.String', 'id'),
      path,
      comparators: Object.fromEntries(comparators.map(([, comparator = '', verb]) => [comparator, verb as Verb])),
      multipleOr: multipleOr as Verb,
    },
  ];
};

const factsOf = (section: string): ProfileFacts => {
  const [title = '', ...lines] = section.split('\n');
  const [name = '', type = ''] = title.split(' — ');
  const line = (start: string): string | undefined =>
    lines.find((each) => each.startsWith(`- ${start}: `))?.slice(start.length + 4);
  const [profile = '', version = ''] = (line('profile') ?? '').split('|');
  return {
    name,
    type,
    profile,
    version,
    interactions: verbs(line('interactions')),
    searches: Object.entries(verbs(line('searches')?.replaceAll('`', ''))).map(([search, verb]) => ({
      parameters: search.split('+'),
      verb,
    })),
    parameters: Object.fromEntries(lines.filter((each) => each.startsWith('  - `')).map(parameterOf)),
    includes: list(line('_include')),
    revIncludes: list(line('_revinclude')),
    operations: list(line('operations')),
    elements: list(line('must support elements')),
    slices: list(line('must support slices')),
    extensions: list(line('must support extensions')),
    choices: (line('choices (one of suffices)') ?? '')
      .split('; ')
      .filter((each) => each !== '')
      .map((each) => each.split('|').filter((one) => one !== 'true')),
    mandatory: list(line('mandatory')),
    requiredBindings: list(line('required bindings')),
  };
};

writeFileSync(
  join(import.meta.dirname, 'us-core-6.1.0.json'),
  `${JSON.stringify(sections.map(factsOf), undefined, 1)}\n`,
);
