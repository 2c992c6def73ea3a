/** `CodeSystem/$subsumes`. FHIR R4 codesystem-operation-subsumes.html. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { At } from './expand.ts';
import { badInput, unknownArtefact } from './faults.ts';
import { ancestorsOf } from './hierarchy.ts';
import type { Inputs } from './inputs.ts';
import { textOf } from './json-read.ts';
import { codingIn, conceptOf } from './lookup.ts';
import { out, parametersOf } from './parameter.ts';
import type { Terminology } from './terminology.ts';

/** Of an instance, the system is the one that stands there. */
const systemAt = async (
  { id }: At,
  terminology: Terminology,
): Promise<{ readonly system?: string; readonly version?: string }> => {
  if (id === undefined) return {};
  const found = await terminology.codeSystem({ id });
  if (found === undefined) throw unknownArtefact('CodeSystem', 'of this id');
  const version = textOf(found.resource.version);
  return { system: found.form.url, ...(version === undefined ? {} : { version }) };
};

/** @throws FhirError 404 where a code is not known here */
export const subsumes = async (inputs: Inputs, at: At, terminology: Terminology): Promise<Resource> => {
  const own = await systemAt(at, terminology);
  const a = { ...codingIn(inputs, { code: 'codeA', coding: 'codingA' }), ...own };
  const b = { ...codingIn(inputs, { code: 'codeB', coding: 'codingB' }), ...own };
  if (a.system !== b.system) throw badInput('the two codes are of one system');
  const { form, concept: left } = await conceptOf(a, terminology);
  const { concept: right } = await conceptOf(
    { ...b, ...(a.version === undefined ? {} : { version: a.version }) },
    terminology,
  );
  const outcome =
    left.code === right.code
      ? 'equivalent'
      : ancestorsOf(form, right.code).has(left.code)
        ? 'subsumes'
        : ancestorsOf(form, left.code).has(right.code)
          ? 'subsumed-by'
          : 'not-subsumed';
  return parametersOf(out('outcome', 'Code', outcome));
};
