/**
 * A mapping file, read and checked as a whole: a mapping, or every fault of it with its line. What only the database can tell,
 * such as the names of columns, is checked when it is opened (`bind-mapping.ts`). docs/guides/connect-a-database.md.
 */
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import { isTimeZone } from './local-time.ts';
import type { Mapping, Part } from './mapping.ts';
import { createReader, type Reader } from './mapping-reader.ts';
import { type Fault, readTree, type Tree } from './mapping-tree.ts';
import { readCodes } from './read-codes.ts';
import type { ColumnsAround } from './read-columns.ts';
import { readPart } from './read-part.ts';

export type LoadedMapping =
  | { readonly kind: 'mapping'; readonly mapping: Mapping }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

/** `12: resources.Patient.elements.gender: there is no …` */
export const faultText = ({ line, path, fault }: Fault): string =>
  `line ${line}: ${path === '' ? '' : `${path}: `}${fault}`;

type Reference = Parameters<ColumnsAround['refers']>[0];

/** References lead to what is mapped, by as many columns as its key has. */
const checkReferences = (
  reader: Reader,
  references: readonly Reference[],
  parts: readonly Part[],
  types: ReadonlySet<string>,
): void => {
  for (const reference of references) {
    const { type, prefix, columns } = reference;
    const targets = parts.filter((part) => part.type === type);
    const target =
      targets.find((part) => part.id.prefix === (prefix ?? '')) ??
      (targets.length === 1 && prefix === undefined ? targets[0] : undefined);
    if (!types.has(type)) reader.fault(reference, `${type} is referred to and not mapped under “resources”`);
    else if (target !== undefined && target.id.columns.length !== columns.length)
      reader.fault(
        reference,
        `the key of ${type} has ${target.id.columns.length} columns, and this has ${columns.length}`,
      );
    else if (target === undefined && targets.length > 0)
      reader.fault(reference, `${type} comes from several tables: say by “prefix” which ids are meant`);
  }
};

const checkPrefixes = (reader: Reader, parts: readonly Part[]): void => {
  for (const [index, part] of parts.entries())
    if (parts.some((other, at) => at < index && other.type === part.type && other.id.prefix === part.id.prefix))
      reader.fault(
        part,
        `${part.type} comes from several tables: each needs a “prefix” of its ids, none of them the same`,
      );
};

const readUpdated = (reader: Reader, tree: Tree | undefined, at: Tree): string => {
  const text = tree === undefined ? undefined : reader.text(tree);
  const time = text === undefined ? Number.NaN : Date.parse(text);
  if (tree === undefined)
    reader.fault(
      at,
      '“updated” is missing: the instant that stands where a table tells of no change, such as 2020-01-01T00:00:00Z',
    );
  else if (Number.isNaN(time)) reader.fault(tree, 'an instant such as 2020-01-01T00:00:00Z is expected');
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
};

/** Where the ids of a type have one prefix, a reference need not name it. */
const prefixesIn = (reader: Reader, resources: ReadonlyMap<string, Tree>): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...resources].map(([type, tree]) => [
      type,
      (tree.kind === 'list' ? tree.items : [tree]).map((one) => {
        const id = one.kind === 'map' ? one.entries.get('id') : undefined;
        const prefix = id?.kind === 'map' ? id.entries.get('prefix') : undefined;
        return (prefix && reader.text(prefix)) ?? '';
      }),
    ]),
  );

export const loadMapping = (source: string): LoadedMapping => {
  const read = readTree(source);
  if (read.kind === 'faults') return read;
  const faults: Fault[] = [];
  const reader = createReader(faults);
  const { tree } = read;
  const entries = reader.map(tree, ['time_zone', 'updated', 'codes', 'resources']);
  if (entries === undefined) return { kind: 'faults', faults };
  const timeZone = entries.has('time_zone') ? (reader.text(entries.get('time_zone')) ?? 'UTC') : 'UTC';
  if (!isTimeZone(timeZone))
    reader.fault(entries.get('time_zone') ?? tree, `“${timeZone}” is no time zone, such as Europe/Berlin`);
  const updated = readUpdated(reader, entries.get('updated'), tree);
  const codes = readCodes(reader, entries.get('codes'));
  const listed = reader.need(entries, 'resources', tree);
  const resources = (listed && reader.map(listed)) ?? new Map<string, Tree>();
  const prefixes = prefixesIn(createReader([]), resources);
  const references: Reference[] = [];
  const refers: ColumnsAround['refers'] = (reference) => {
    references.push(reference);
    const known = prefixes.get(reference.type) ?? [];
    return reference.prefix ?? (known.length === 1 ? (known[0] ?? '') : '');
  };
  const parts: Part[] = [];
  for (const [type, one] of resources) {
    if (!isResourceType(type)) reader.fault(one, `“${type}” is no resource type of FHIR R4`);
    else
      for (const part of one.kind === 'list' ? one.items : [one]) {
        const done = readPart({ reader, codes, refers }, part, type);
        if (done !== undefined) parts.push(done);
      }
  }
  if (resources.size === 0 && listed !== undefined) reader.fault(listed, 'no resource type is mapped');
  checkPrefixes(reader, parts);
  checkReferences(reader, references, parts, new Set(resources.keys()));
  return faults.length > 0
    ? { kind: 'faults', faults: faults.toSorted((a, b) => a.line - b.line) }
    : { kind: 'mapping', mapping: { timeZone, updated, parts } };
};
