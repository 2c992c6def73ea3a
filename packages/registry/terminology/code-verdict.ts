/** Whether one code is right: in its code system or in a ValueSet, with its display, and to be chosen. FHIR R4 terminology-service.html#validation. */
import type { CodeSystemForm, Concept, Designation } from './code-system.ts';
import { canonicalOf } from './composing.ts';
import type { CodingInput } from './inputs.ts';
import type { Terminology } from './terminology.ts';
import { type Member, memberOf, type ValueSetForm } from './value-set.ts';

export interface CodeVerdict {
  readonly result: boolean;
  readonly message?: string;
  /** the one that is recommended */
  readonly display?: string;
  readonly coding?: CodingInput;
  readonly inactive?: true;
}

export interface Asking {
  /** a concept that only stands above others is taken too */
  readonly abstract: boolean;
  readonly displayLanguage?: string;
}

/** Displays differ in case and spacing alone where they say the same. FHIR R4 terminologies.html#display. */
const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase();
export const quoted = (text: string): string => `'${text.slice(0, 128)}'`;

export const no = (message: string, coding: CodingInput): CodeVerdict => ({ result: false, message, coding });

interface Described {
  readonly display?: string;
  readonly designations: readonly Designation[];
  readonly concept?: Concept;
}

/** A code that is there: whether its display is right, and it may be chosen. */
const judged = (coding: CodingInput, described: Described, asking: Asking): CodeVerdict => {
  const { concept } = described;
  const designations = [...described.designations, ...(concept?.designations ?? [])];
  const spoken = designations.find(({ language }) => language !== undefined && language === asking.displayLanguage);
  const display = spoken?.value ?? described.display;
  const told = { coding, ...(display === undefined ? {} : { display }) };
  if (concept?.abstract === true && !asking.abstract)
    return {
      result: false,
      message: `the code ${quoted(coding.code ?? '')} is abstract: it cannot be chosen`,
      ...told,
    };
  const known = [described.display, concept?.display, ...designations.map(({ value }) => value)];
  const given = coding.display;
  if (
    given !== undefined &&
    display !== undefined &&
    !known.some((each) => each !== undefined && plain(each) === plain(given))
  )
    return {
      result: false,
      message: `the display ${quoted(given)} is not that of the code: it is ${quoted(display)}`,
      ...told,
    };
  if (concept?.inactive !== true) return { result: true, ...told };
  return { result: true, message: `the code ${quoted(coding.code ?? '')} is inactive`, inactive: true, ...told };
};

export const verdictInSystem = (coding: CodingInput, form: CodeSystemForm, asking: Asking): CodeVerdict => {
  const { code } = coding;
  if (code === undefined) return no('a code is needed', coding);
  if (coding.system !== undefined && coding.system !== form.url)
    return no(`the code is of the system ${quoted(coding.system)}, not of ${quoted(form.url)}`, coding);
  if (coding.version !== undefined && form.version !== undefined && coding.version !== form.version)
    return no(`the code system is of the edition ${quoted(form.version)}, not of ${quoted(coding.version)}`, coding);
  const concept = form.find(code);
  const whole = { system: form.url, ...(form.version === undefined ? {} : { version: form.version }), ...coding };
  if (concept === undefined)
    return no(
      form.partial
        ? `the code ${quoted(code)} is not among those of the code system that are known here`
        : `the code ${quoted(code)} is not in the code system`,
      whole,
    );
  return judged(whole, { ...concept, concept, designations: [] }, asking);
};

/** A member by its code as it may be written: its own code system knows whether case says something. */
const findMember = async (
  coding: CodingInput,
  form: ValueSetForm,
  terminology: Terminology,
): Promise<Member | undefined> => {
  const { system = '', code = '' } = coding;
  const exact = memberOf(form, system, code);
  if (exact !== undefined || !form.bySystem.has(system)) return exact;
  const written = (await terminology.codeSystem(system))?.form.find(code)?.code;
  return written === undefined ? undefined : memberOf(form, system, written);
};

/** Why a code is not in a ValueSet. */
const absence = async (coding: CodingInput, terminology: Terminology): Promise<string> => {
  const { system = '', version, code = '' } = coding;
  const known = (await terminology.codeSystem(canonicalOf(system, version)))?.form;
  if (known === undefined) return `the code system ${quoted(canonicalOf(system, version))} is not known here`;
  return known.find(code) === undefined && !known.partial
    ? `the code ${quoted(code)} is not in the code system ${quoted(system)}`
    : `the code ${quoted(code)} is not in the ValueSet`;
};

export const verdictInSet = async (
  coding: CodingInput,
  form: ValueSetForm,
  asking: Asking,
  terminology: Terminology,
): Promise<CodeVerdict> => {
  if (coding.code === undefined || coding.system === undefined) return no('a code and its system are needed', coding);
  const member = await findMember(coding, form, terminology);
  if (member === undefined) return no(await absence(coding, terminology), coding);
  if (coding.version !== undefined && member.version !== undefined && coding.version !== member.version)
    return no(`the ValueSet has the code in the edition ${quoted(member.version)} of its system`, coding);
  return judged(coding, member, asking);
};
