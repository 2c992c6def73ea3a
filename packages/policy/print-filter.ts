/**
 * A Filter in plain words, for people who do not program: exact, so that whoever reads it knows what is let through, and
 * complete, so that nothing of it is left unsaid. FHIR R4 security-labels.html; HL7 v3-Confidentiality, v3-ActCode.
 */
import type { Confidentiality, Filter } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { evaluate } from './filter.ts';

/**
 * What is true of a record that is let through, as it follows on “a record that …”: one thing, or several of which every
 * one, or at least one, is true.
 */
export type FilterWords =
  | string
  | { readonly every: readonly FilterWords[] }
  | { readonly any: readonly FilterWords[] };

export const confidentialityWords: Readonly<Record<Confidentiality, string>> = {
  U: 'U (unrestricted)',
  L: 'L (low)',
  M: 'M (moderate)',
  N: 'N (normal)',
  R: 'R (restricted)',
  V: 'V (very restricted)',
};

/** One name for each system, so that what is said stays exact. */
const systems: Readonly<Record<string, string>> = {
  'http://loinc.org': 'LOINC',
  'http://snomed.info/sct': 'SNOMED CT',
  'http://www.nlm.nih.gov/research/umls/rxnorm': 'RxNorm',
  'http://hl7.org/fhir/sid/icd-10-cm': 'ICD-10-CM',
  'http://hl7.org/fhir/sid/icd-10': 'ICD-10',
  'http://hl7.org/fhir/sid/cvx': 'CVX',
  'http://terminology.hl7.org/CodeSystem/observation-category': 'observation categories',
  'http://terminology.hl7.org/CodeSystem/condition-category': 'condition categories',
  'http://terminology.hl7.org/CodeSystem/v3-ActCode': 'sensitivity labels',
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality': 'confidentiality labels',
};

/** What the commonest labels are about. v3-ActCode, _InformationSensitivityPolicy. */
const sensitivities: Readonly<Record<string, string>> = {
  ETH: 'substance use',
  ETHUD: 'alcohol use',
  HIV: 'HIV or AIDS',
  PSY: 'psychiatry',
  BH: 'behavioural health',
  MH: 'mental health',
  PSYTHPN: 'psychotherapy notes',
  SDV: 'sexual assault, abuse or domestic violence',
  SEX: 'sexual and reproductive health',
  STD: 'sexually transmitted disease',
  SUD: 'substance use disorder',
  SCA: 'sickle cell anaemia',
  GDIS: 'genetic disease',
  TBOO: 'taboo',
};
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

const systemName = (system: string): string => systems[system] ?? system;
const list = (words: readonly string[], last: 'or' | 'and'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;

const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'medium' });
/** Epoch milliseconds as `2026-05-03`, or with the time where it is not midnight. */
export const printInstant = (ms: number): string => {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return `${ms} ms`;
  const text = day.format(ms);
  const rest = ((ms % 1000) + 1000) % 1000;
  if (rest !== 0) return `${text}.${String(rest).padStart(3, '0')} UTC`;
  return text.endsWith(' 00:00:00') ? text.slice(0, -9) : `${text} UTC`;
};

const span = (start: number | undefined, end: number | undefined): string =>
  [
    ...(start === undefined ? [] : [`from ${printInstant(start)} on`]),
    ...(end === undefined ? [] : [`before ${printInstant(end)}`]),
  ].join(' and ') || 'at any time';

const codeWords = ({ system, code }: { readonly system?: string; readonly code?: string }): string => {
  const of = system === undefined ? '' : system === '' ? ' (without a system)' : ` (${systemName(system)})`;
  if (code !== undefined) return `${code}${of}`;
  return system === undefined
    ? 'nothing'
    : system === ''
      ? 'any code without a system'
      : `any of ${systemName(system)}`;
};

const labelWords = (system: string, code: string): string => {
  const about = system === actCode ? sensitivities[code] : undefined;
  return about === undefined ? `${code} (${systemName(system)})` : `${code} (${about})`;
};

type Leaf = Exclude<Filter, { kind: 'and' | 'or' | 'not' }>;

/** `of`: several things that are said with the same words can be said at once, with `or` between them. */
interface Said {
  readonly words: string;
  readonly of?: string;
}

const always: Said = { words: 'may be any at all' };
/** What nothing is let through by says. */
export const noRecord = 'cannot be: none is let through';
const never: Said = { words: noRecord };

/** What a leaf says of a record. */
const leafWords = (leaf: Leaf, is: boolean): Said => {
  const either = (one: string, other: string): string => (is ? one : other);
  switch (leaf.kind) {
    case 'everything':
      return is ? always : never;
    case 'nothing':
      return is ? never : always;
    case 'type':
      return { words: either('is of the type', 'is not of the type'), of: leaf.type };
    case 'instance':
      return { words: either('is', 'is not'), of: `${leaf.type}/${leaf.id}` };
    case 'compartment':
      return {
        words: either(
          `is in the record of patient ${leaf.patient} and in nobody else’s`,
          `is not in the record of patient ${leaf.patient}, or is in somebody else’s too`,
        ),
      };
    case 'compartments':
      if (leaf.patients.length === 0) return is ? never : always;
      return {
        words: either(
          `is in the record of one of these patients and in nobody else’s: ${leaf.patients.join(', ')}`,
          `is in the record of none of these patients, or in somebody else’s too: ${leaf.patients.join(', ')}`,
        ),
      };
    case 'names':
      if (leaf.patients.length === 0) return is ? never : always;
      return {
        words: `${either('is about, or refers to, one of these patients', 'is not about any of these patients and refers to none of them')}: ${leaf.patients.join(', ')}`,
      };
    case 'dated': {
      const when = span(leaf.start, leaf.end);
      return {
        words: either(
          `has the date “${leaf.param}”, and all of it is ${when}`,
          `does not have the date “${leaf.param}”, or not all of it is ${when}`,
        ),
      };
    }
    case 'token':
      if (leaf.system === undefined && leaf.code === undefined) return is ? never : always;
      return { words: either(`has the ${leaf.param}`, `does not have the ${leaf.param}`), of: codeWords(leaf) };
    case 'reference': {
      const words = either(`names as its ${leaf.param}`, `does not name as its ${leaf.param}`);
      return { words, of: `${leaf.type}/${leaf.id}` };
    }
    case 'label':
      return { words: either('is labelled', 'is not labelled'), of: labelWords(leaf.system, leaf.code) };
    case 'confidentiality':
      return {
        words: `${either('is not more', 'is more')} confidential than ${confidentialityWords[leaf.atMost]}`,
      };
  }
};

/** Things that are said with the same words, said once. */
const atOnce = (leaves: readonly Said[]): readonly string[] => {
  const byWords = new Map<string, string[]>();
  for (const { words, of } of leaves) {
    const known = byWords.get(words) ?? [];
    byWords.set(words, of === undefined || known.includes(of) ? known : [...known, of]);
  }
  return [...byWords].map(([words, things]) => (things.length === 0 ? words : `${words} ${list(things, 'or')}`));
};

const isLeaf = (filter: Filter): filter is Leaf =>
  filter.kind !== 'and' && filter.kind !== 'or' && filter.kind !== 'not';

/** What is said twice is said once. */
const unique = (parts: readonly FilterWords[]): readonly FilterWords[] => [
  ...new Map(parts.map((part) => [JSON.stringify(part), part])).values(),
];

/** `not` is carried to the leaves (De Morgan), so that no sentence is turned round twice. */
const wordsFor = (filter: Filter, is: boolean): FilterWords => {
  if (filter.kind === 'not') return wordsFor(filter.filter, !is);
  if (isLeaf(filter)) return atOnce([leafWords(filter, is)])[0] ?? always.words;
  const every = (filter.kind === 'and') === is;
  const leaves = filter.filters.flatMap((part) => {
    const [inner, positive] = part.kind === 'not' ? [part.filter, !is] : [part, is];
    return isLeaf(inner) ? [{ said: leafWords(inner, positive), positive }] : [];
  });
  const others = filter.filters.filter((part) => !isLeaf(part.kind === 'not' ? part.filter : part));
  // “is A or B” says that one of them is true, “is not A or B” that neither is.
  const mergeable = leaves.filter(({ positive }) => positive !== every).map(({ said }) => said);
  const single = leaves.filter(({ positive }) => positive === every);
  const said = [...single.flatMap((leaf) => atOnce([leaf.said])), ...atOnce(mergeable)];
  const parts = unique([...said, ...others.map((part) => wordsFor(part, is))]);
  const [only] = parts;
  if (only === undefined) return every ? always.words : never.words;
  if (parts.length === 1) return only;
  return every ? { every: parts } : { any: parts };
};

export const describeFilter = (filter: Filter): FilterWords => wordsFor(filter, true);

const joined = (words: FilterWords, inside: boolean): string => {
  if (typeof words === 'string') return words;
  const [parts, between] = 'every' in words ? [words.every, '; and '] : [words.any, '; or '];
  const text = parts.map((part) => joined(part, parts.length > 1)).join(between);
  return inside && parts.length > 1 ? `[${text}]` : text;
};

/** In one line; brackets hold together what belongs together. */
export const printWords = (words: FilterWords): string => joined(words, false);
export const printFilter = (filter: Filter): string => printWords(describeFilter(filter));

/** What is true of a resource that a Filter does not let through, as it follows on “this record …”. */
export const describeUnmet = (filter: Filter, facts: ResourceFacts): FilterWords | undefined => {
  const rest = unmet(filter, facts);
  if (rest === undefined) return undefined;
  // Each of them fails, not only one.
  const failing = rest.kind === 'and' ? rest.filters : [rest];
  return describeFilter({ kind: 'and', filters: failing.map((part) => ({ kind: 'not', filter: part })) });
};

/** The part of a Filter that does not let a resource through; undefined where all of it does. */
export const unmet = (filter: Filter, facts: ResourceFacts): Filter | undefined => {
  if (evaluate(filter, facts)) return undefined;
  if (filter.kind !== 'and') return filter;
  const parts = filter.filters.flatMap((part) => unmet(part, facts) ?? []);
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'and', filters: parts };
};
