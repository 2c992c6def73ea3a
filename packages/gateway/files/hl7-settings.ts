/** The settings of a sender of HL7 v2 messages, read from YAML and checked as a whole. docs/guides/connect-files.md. */
import type { CodeMap } from '../sql/code-map.ts';
import { createZone, isTimeZone } from '../sql/local-time.ts';
import { createReader, type Reader } from '../sql/mapping-reader.ts';
import { type Fault, readTree, type Tree } from '../sql/mapping-tree.ts';
import { readCodes } from '../sql/read-codes.ts';
import { type CharacterSet, characterSet } from './character-set.ts';
import type { Zone } from './hl7-time.ts';

export interface Hl7Settings {
  /** times without an offset are of this zone */
  readonly zone: Zone;
  /** the authority whose number of a patient is the patient's id; '': that of numbers without one */
  readonly patient: string;
  /** system of identifiers by assigning authority */
  readonly identifiers: ReadonlyMap<string, string>;
  /** local code systems, as messages name them */
  readonly codes: ReadonlyMap<string, CodeMap>;
  /** units of UCUM by what the sender writes */
  readonly units: ReadonlyMap<string, string>;
  /** where MSH-18 says none */
  readonly characterSet: CharacterSet;
  /** category of results, where OBR-24 says none */
  readonly category?: string;
  /** MSH-11 of messages that are taken: not those of tests, unless told */
  readonly processing: readonly string[];
  /** messages that are received and change nothing: `SIU`, `ADT^A60` */
  readonly passOver: readonly string[];
}
export type LoadedHl7Settings =
  | { readonly kind: 'settings'; readonly settings: Hl7Settings }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

const names = [
  'time_zone',
  'patient',
  'identifiers',
  'codes',
  'units',
  'character_set',
  'category',
  'processing',
  'pass_over',
] as const;

const readTexts = (reader: Reader, tree: Tree | undefined): ReadonlyMap<string, string> => {
  const entries = tree === undefined ? undefined : reader.map(tree);
  return new Map(
    [...(entries ?? [])].flatMap(([name, one]) => {
      const text = reader.text(one);
      return text === undefined ? [] : [[name, text] as const];
    }),
  );
};

export const loadHl7Settings = (source: string): LoadedHl7Settings => {
  const read = readTree(source);
  if (read.kind === 'faults') return read;
  const faults: Fault[] = [];
  const reader = createReader(faults);
  const entries = reader.map(read.tree, names);
  if (entries === undefined) return { kind: 'faults', faults };
  const textOf = (name: (typeof names)[number], otherwise: string): string => {
    const tree = entries.get(name);
    return tree === undefined ? otherwise : (reader.text(tree) ?? otherwise);
  };
  const faultAt = (name: string, text: string) => reader.fault(entries.get(name) ?? read.tree, text);
  const textsOf = (name: string, otherwise: readonly string[]): readonly string[] => {
    const tree = entries.get(name);
    return tree === undefined ? otherwise : reader.texts(tree);
  };
  const timeZone = textOf('time_zone', '');
  if (!isTimeZone(timeZone))
    faultAt('time_zone', '“time_zone” must name the zone of the sender’s clocks, such as Europe/Berlin');
  const patient = entries.get('patient');
  if (patient === undefined)
    faultAt(
      'patient',
      '“patient” is missing: the assigning authority (PID-3.4) whose number is a patient’s id; "" for numbers without one',
    );
  else if (patient.kind !== 'value') reader.fault(patient, 'a text is expected here');
  const set = characterSet(textOf('character_set', 'utf-8'));
  if (set === undefined) faultAt('character_set', 'utf-8, iso-8859-1 or us-ascii is expected');
  const identifiers = readTexts(reader, entries.get('identifiers'));
  for (const [name, url] of identifiers)
    if (!/^(https?|urn):\S+$/.test(url)) faultAt('identifiers', `“${name}” must be a URL or an urn`);
  const category = textOf('category', '');
  const settings: Hl7Settings = {
    zone: faults.length > 0 ? () => 'Z' : createZone(timeZone),
    patient: patient?.kind === 'value' ? patient.text : '',
    identifiers,
    codes: readCodes(reader, entries.get('codes')),
    units: readTexts(reader, entries.get('units')),
    characterSet: set ?? 'utf-8',
    ...(category === '' ? {} : { category }),
    processing: textsOf('processing', ['P']),
    passOver: textsOf('pass_over', []),
  };
  return faults.length > 0
    ? { kind: 'faults', faults: faults.toSorted((a, b) => a.line - b.line) }
    : { kind: 'settings', settings };
};
