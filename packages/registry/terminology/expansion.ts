/** One page of a ValueSet's codes, narrowed and put in its form. FHIR R4 valueset.html#expansion, valueset-operation-expand.html. */
import type { Designation } from './code-system.ts';
import { tooCostly } from './faults.ts';
import type { Json } from './json-read.ts';
import type { TerminologyLimits } from './limits.ts';
import { compileText } from './text-filter.ts';
import type { Member, ValueSetForm } from './value-set.ts';

export interface ExpansionQuestion {
  /** words that a code or its display must have */
  readonly filter?: string;
  readonly offset?: number;
  readonly count?: number;
  readonly activeOnly?: boolean;
  readonly includeDesignations?: boolean;
  /** of these alone, as `language` or `system|code` of their use */
  readonly designations?: readonly string[];
  /** a flat list, where it would be a tree */
  readonly excludeNested?: boolean;
  /** nothing that cannot be chosen */
  readonly excludeNotForUI?: boolean;
  readonly displayLanguage?: string;
  /** canonicals of code systems */
  readonly excludeSystems?: readonly string[];
}

export interface ExpandedCode {
  readonly system: string;
  readonly version?: string;
  readonly code: string;
  readonly display?: string;
  readonly abstract?: true;
  readonly inactive?: true;
  readonly designation?: readonly Json[];
  readonly contains?: readonly ExpandedCode[];
}

export interface ExpansionPage {
  /** codes that the question means, on whatever page */
  readonly total: number;
  readonly offset: number;
  readonly contains: readonly ExpandedCode[];
}

const designationsOf = (member: Member): readonly Designation[] => [
  ...member.designations,
  ...(member.concept?.designations ?? []),
];

/** `en` speaks for `en-GB` too. RFC 4647 §3.3.1. */
const speaks = (wanted: string, language: string | undefined): boolean => {
  const [range, tag] = [wanted.toLowerCase(), language?.toLowerCase()];
  return tag === range || tag?.startsWith(`${range}-`) === true;
};

export const displayOf = (member: Member, language: string | undefined): string | undefined => {
  const spoken =
    language === undefined ? undefined : designationsOf(member).find((each) => speaks(language, each.language));
  return spoken?.value ?? member.display;
};

const isWanted = ({ language, use }: Designation, wanted: readonly string[]): boolean =>
  wanted.length === 0 ||
  wanted.some((each) => {
    const bar = each.indexOf('|');
    if (bar < 0) return speaks(each, language);
    const [system, code] = [each.slice(0, bar), each.slice(bar + 1)];
    if (system === 'urn:ietf:bcp:47') return speaks(code, language);
    return use?.system === system && (code === '' || use.code === code);
  });

const printed = (member: Member, question: ExpansionQuestion): ExpandedCode => {
  const { system, version, code, concept } = member;
  const display = displayOf(member, question.displayLanguage);
  const told = question.includeDesignations === true || question.designations !== undefined;
  const designation = told ? designationsOf(member).filter((each) => isWanted(each, question.designations ?? [])) : [];
  return {
    system,
    ...(concept?.abstract === true ? { abstract: true } : {}),
    ...(concept?.inactive === true ? { inactive: true } : {}),
    ...(version === undefined ? {} : { version }),
    code,
    ...(display === undefined ? {} : { display }),
    ...(designation.length === 0 ? {} : { designation: designation.map((each) => ({ ...each })) }),
  };
};

const narrowed = (form: ValueSetForm, question: ExpansionQuestion, limits: TerminologyLimits): readonly Member[] => {
  const tests: ((member: Member) => boolean)[] = [];
  const { excludeSystems = [] } = question;
  if (excludeSystems.length > 0)
    tests.push(
      ({ system, version }) => !excludeSystems.includes(system) && !excludeSystems.includes(`${system}|${version}`),
    );
  if (question.activeOnly === true) tests.push(({ concept }) => concept?.inactive !== true);
  if (question.excludeNotForUI === true) tests.push(({ concept }) => concept?.abstract !== true);
  if (question.filter !== undefined) tests.push(compileText(question.filter, limits.textCharacters));
  return tests.length === 0 ? form.members : form.members.filter((member) => tests.every((test) => test(member)));
};

interface Node {
  readonly code: ExpandedCode;
  readonly depth: number;
  readonly below: Node[];
}
/** A tree that is deeper than this goes on flat: what others wrote must not decide how deep JSON nests. */
const deepest = 16;

const grown = ({ code, below }: Node): ExpandedCode =>
  below.length === 0 ? code : { ...code, contains: below.map(grown) };

/** Codes below a code that stands above them and before them. */
const nested = (members: readonly Member[], question: ExpansionQuestion): readonly ExpandedCode[] => {
  const roots: Node[] = [];
  const placed = new Map<string, Node>();
  for (const member of members) {
    const parent = member.concept?.parents
      .map((code) => placed.get(`${member.system}|${code}`))
      .find((each) => each !== undefined && each.depth < deepest);
    const node: Node = { code: printed(member, question), depth: (parent?.depth ?? 0) + 1, below: [] };
    (parent?.below ?? roots).push(node);
    placed.set(`${member.system}|${member.code}`, node);
  }
  return roots.map(grown);
};

/** @throws FhirError `too-costly` where everything is asked for at once and it is more than one answer may hold */
export const expandPage = (
  form: ValueSetForm,
  question: ExpansionQuestion,
  limits: TerminologyLimits,
): ExpansionPage => {
  const members = narrowed(form, question, limits);
  const { offset = 0, count } = question;
  const most = limits.expansionCodes;
  const paged = count !== undefined || question.offset !== undefined;
  if (!paged && members.length > most)
    throw tooCostly(
      `the expansion has ${members.length} codes: ask for it with a filter, or with count, at most ${most}`,
    );
  const tree = !paged && question.filter === undefined && question.excludeNested !== true;
  const contains = tree
    ? nested(members, question)
    : members.slice(offset, offset + Math.min(count ?? most, most)).map((member) => printed(member, question));
  return { total: members.length, offset, contains };
};
