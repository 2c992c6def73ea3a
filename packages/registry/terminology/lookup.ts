/** `CodeSystem/$lookup`. FHIR R4 codesystem-operation-lookup.html; IHE SVCM ITI-98. */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { CodeSystemForm, Concept } from './code-system.ts';
import { canonicalOf } from './composing.ts';
import { badInput, missingInput, unknownArtefact } from './faults.ts';
import type { CodingInput, Inputs } from './inputs.ts';
import { out, type Part, parametersOf } from './parameter.ts';
import type { Terminology } from './terminology.ts';

/** The coding that is asked about, by code and system or as a whole. @throws FhirError 400 */
export const codingIn = (
  inputs: Inputs,
  names: { readonly code: string; readonly coding: string },
): CodingInput & { readonly code: string; readonly system?: string } => {
  const coding = inputs.coding(names.coding);
  const text = inputs.text(names.code);
  if ((coding === undefined) === (text === undefined))
    throw missingInput(`one of ${names.code} and ${names.coding} is needed`);
  const [system, version] = [inputs.text('system'), inputs.text('version')];
  const given = coding ?? {
    ...(system === undefined ? {} : { system }),
    ...(version === undefined ? {} : { version }),
  };
  const code = text ?? given.code;
  if (code === undefined) throw missingInput(`${names.coding} has a code`);
  return { ...given, code };
};

/** @throws FhirError 404 where the system, or the code in it, is not known here */
export const conceptOf = async (
  { system, version, code }: CodingInput & { readonly code: string },
  terminology: Terminology,
): Promise<{ readonly form: CodeSystemForm; readonly concept: Concept }> => {
  if (system === undefined) throw missingInput('a code goes with its system');
  const form = (await terminology.codeSystem(canonicalOf(system, version)))?.form;
  if (form === undefined) throw unknownArtefact('CodeSystem', canonicalOf(system, version));
  const concept = form.find(code);
  if (concept === undefined) throw fhirError(404, 'not-found', 'the code is not in the code system');
  return { form, concept };
};

const propertyPart = (code: string, type: string, value: unknown, description?: string): Part => ({
  name: 'property',
  part: [...out('code', 'Code', code), ...out('value', type, value), ...out('description', 'String', description)],
});

const propertiesOf = ({ form, concept }: { readonly form: CodeSystemForm; readonly concept: Concept }) => {
  const declared = new Set(concept.properties.map(({ code }) => code));
  const derived = (code: string, codes: readonly string[]): readonly (readonly [string, Part])[] =>
    declared.has(code) ? [] : codes.map((each) => [code, propertyPart(code, 'Code', each)]);
  return [
    ...(concept.definition === undefined
      ? []
      : ([['definition', propertyPart('definition', 'String', concept.definition)]] as const)),
    ...derived('parent', concept.parents),
    ...derived('child', concept.children),
    ...concept.properties.map(
      ({ code, type, value }) => [code, propertyPart(code, type, value, form.properties.get(code))] as const,
    ),
    ...(declared.has('inactive') || !concept.inactive
      ? []
      : ([['inactive', propertyPart('inactive', 'Boolean', true)]] as const)),
  ] as const;
};

export const lookUp = async (inputs: Inputs, terminology: Terminology): Promise<Resource> => {
  const found = await conceptOf(codingIn(inputs, { code: 'code', coding: 'coding' }), terminology);
  const { form, concept } = found;
  const wanted = inputs.texts('property');
  if (wanted.length > 100) throw badInput('at most 100 properties are asked for');
  const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  const language = inputs.text('displayLanguage');
  const spoken = concept.designations.find((each) => language !== undefined && each.language === language)?.value;
  return parametersOf([
    ...out('name', 'String', form.title ?? form.name ?? form.url),
    ...out('version', 'String', form.version),
    ...out('display', 'String', spoken ?? concept.display ?? concept.code),
    ...(concept.abstract ? out('abstract', 'Boolean', true) : []),
    ...(isWanted('designation') ? concept.designations : []).map(({ language: tag, use, value }) => ({
      name: 'designation',
      part: [...out('language', 'Code', tag), ...out('use', 'Coding', use), ...out('value', 'String', value)],
    })),
    ...propertiesOf(found).flatMap(([name, part]) => (isWanted(name) ? [part] : [])),
  ]);
};
