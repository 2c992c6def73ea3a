/** `$validate-code` of ValueSets and CodeSystems. FHIR R4 valueset-operation-validate-code.html, codesystem-operation-validate-code.html; IHE SVCM ITI-99. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type Asking, type CodeVerdict, no, quoted, verdictInSet, verdictInSystem } from './code-verdict.ts';
import { canonicalOf } from './composing.ts';
import { type At, valueSetIn, versionsIn } from './expand.ts';
import { badInput, missingInput, unknownArtefact } from './faults.ts';
import type { CodingInput, Inputs } from './inputs.ts';
import { out, parametersOf } from './parameter.ts';
import type { Terminology } from './terminology.ts';
import type { ValueSetForm } from './value-set.ts';

/** The codings that are asked about, and whether one of them is enough. @throws FhirError 400 */
const askedOf = (
  inputs: Inputs,
  name: { readonly system: string; readonly version: string },
): readonly CodingInput[] => {
  const code = inputs.text('code');
  const coding = inputs.coding('coding');
  const concept = inputs.codings('codeableConcept');
  const given = [code, coding, concept].filter((each) => each !== undefined);
  if (given.length !== 1) throw missingInput('one of code, coding and codeableConcept is needed');
  if (coding !== undefined) return [coding];
  if (concept !== undefined) {
    if (concept.length === 0) throw missingInput('codeableConcept has at least one coding');
    return concept;
  }
  const [system, version, display] = [inputs.text(name.system), inputs.text(name.version), inputs.text('display')];
  return [
    {
      ...(code === undefined ? {} : { code }),
      ...(system === undefined ? {} : { system }),
      ...(version === undefined ? {} : { version }),
      ...(display === undefined ? {} : { display }),
    },
  ];
};

/** One coding that is right makes a concept right; otherwise all that is wrong is told. */
const best = (verdicts: readonly CodeVerdict[]): CodeVerdict => {
  const right = verdicts.find(({ result }) => result);
  if (right !== undefined) return right;
  const [first = { result: false }] = verdicts;
  const messages = verdicts.flatMap(({ message }) => (message === undefined ? [] : [message]));
  return { ...first, message: messages.join('; ') };
};

const answer = ({ result, message, display, coding, inactive }: CodeVerdict): Resource =>
  parametersOf([
    ...out('result', 'Boolean', result),
    ...out('message', 'String', message),
    ...out('display', 'String', display),
    ...out('code', 'Code', coding?.code),
    ...out('system', 'Uri', coding?.system),
    ...out('version', 'String', coding?.version),
    ...out('inactive', 'Boolean', inactive),
  ]);

const askingOf = (inputs: Inputs): Asking => {
  const displayLanguage = inputs.text('displayLanguage');
  return { abstract: inputs.flag('abstract') === true, ...(displayLanguage === undefined ? {} : { displayLanguage }) };
};

/** The system of a code that a profile's binding is asked about: the only one that has it. R4 `context`. */
const withSystem = (coding: CodingInput, form: ValueSetForm): CodingInput => {
  const having = [...form.bySystem].filter(([, codes]) => codes.has(coding.code ?? ''));
  const [only] = having;
  return only === undefined || having.length > 1 ? coding : { ...coding, system: only[0] };
};

const mostCodings = 100;
const bounded = (codings: readonly CodingInput[]): readonly CodingInput[] => {
  if (codings.length > mostCodings) throw badInput(`codeableConcept has at most ${mostCodings} codings here`);
  return codings;
};

export const validateCodeInValueSet = async (inputs: Inputs, at: At, terminology: Terminology): Promise<Resource> => {
  const codings = bounded(askedOf(inputs, { system: 'system', version: 'systemVersion' }));
  const inContext = inputs.text('context') !== undefined;
  if (!inContext && inputs.text('code') !== undefined && inputs.text('system') === undefined)
    throw missingInput('a code goes with its system');
  const { form } = await valueSetIn(inputs, at, terminology, versionsIn(inputs));
  const asking = askingOf(inputs);
  const verdicts: CodeVerdict[] = [];
  for (const coding of codings) {
    const whole = inContext && coding.system === undefined ? withSystem(coding, form) : coding;
    verdicts.push(await verdictInSet(whole, form, asking, terminology));
  }
  return answer(best(verdicts));
};

/** The code system that the inputs name; undefined where it is not here. */
const systemIn = async (inputs: Inputs, { id }: At, terminology: Terminology) => {
  const sent = inputs.resource('codeSystem', 'CodeSystem');
  const [url, version] = [inputs.text('url'), inputs.text('version')];
  const ways = [sent, url, id].filter((each) => each !== undefined).length;
  if (ways > 1) throw badInput('one CodeSystem is named: by its place, url or codeSystem');
  if (sent !== undefined) return terminology.codeSystemOf(sent);
  if (id !== undefined) {
    const found = await terminology.codeSystem({ id });
    if (found === undefined) throw unknownArtefact('CodeSystem', 'of this id');
    return found;
  }
  return url === undefined ? undefined : terminology.codeSystem(canonicalOf(url, version));
};

export const validateCodeInCodeSystem = async (inputs: Inputs, at: At, terminology: Terminology): Promise<Resource> => {
  const codings = bounded(askedOf(inputs, { system: 'url', version: 'version' }));
  const named = inputs.text('url') !== undefined || inputs.resource('codeSystem', 'CodeSystem') !== undefined;
  if (!named && at.id === undefined && inputs.text('code') !== undefined) throw missingInput('url is needed');
  const found = await systemIn(inputs, at, terminology);
  const asking = askingOf(inputs);
  const verdicts: CodeVerdict[] = [];
  for (const coding of codings) {
    const canonical = canonicalOf(coding.system ?? '', coding.version);
    const form = found?.form ?? (named ? undefined : (await terminology.codeSystem(canonical))?.form);
    verdicts.push(
      form === undefined
        ? no(`the code system ${quoted(named ? (inputs.text('url') ?? '') : canonical)} is not known here`, coding)
        : verdictInSystem(coding, form, asking),
    );
  }
  return answer(best(verdicts));
};
