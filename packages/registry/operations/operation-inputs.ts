/** What is given to an operation of the registry: parameters of the URL, and those of a Parameters that was sent. FHIR R4 operations.html#request. */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { OperationAsked } from '@affinity/resource-server/own-operation.ts';
import { type Input, type Inputs, inputsIn, readInputs } from '../terminology/inputs.ts';

const ofTheRequest = new Set(['_format', '_pretty']);

/**
 * @param names that the operation takes
 * @param single the one that a resource stands for that is sent by itself
 * @throws FhirError for what it does not take: a parameter that is passed over would answer another question
 */
export const inputsOf = ({ query, body }: OperationAsked, names: ReadonlySet<string>, single?: string): Inputs => {
  const given: Input[] = [...query]
    .filter(([name]) => !ofTheRequest.has(name))
    .map(([name, value]) => ({ name, value }));
  if (body?.resourceType === 'Parameters') given.push(...inputsIn(body.parameter));
  else if (body !== undefined && single !== undefined && typeof body.resourceType === 'string')
    given.push({ name: single, resource: body });
  else if (body !== undefined) throw fhirError(400, 'structure', 'a Parameters resource is expected', 'resourceType');
  const other = given.find(({ name }) => !names.has(name));
  if (other !== undefined)
    throw fhirError(400, 'not-supported', `the operation has no parameter ${other.name.slice(0, 64)}`);
  return readInputs(given);
};
