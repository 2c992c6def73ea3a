/**
 * `[type]/$validate` of any resource against the profiles that the registry knows: one with a differential alone is given
 * its snapshot first, and codes are checked by the registry's own expansions. FHIR R4 resource-operation-validate.html.
 */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import type { OperationAsked, OperationView, OwnOperation } from '@affinity/resource-server/own-operation.ts';
import { validationOf } from '@affinity/resource-server/validate-input.ts';
import { validationOutcome } from '@affinity/validation/validation-outcome.ts';
import type { Validator } from '@affinity/validation/validator.ts';
import { createResolver } from '../resolver.ts';
import type { Definitions, DefinitionsOfCaller } from '../terminology-of-caller.ts';

export interface ValidateNeighbours {
  readonly definitions: DefinitionsOfCaller;
  readonly validator: Pick<Validator, 'validate'>;
}

const notFound = () => fhirError(404, 'not-found', 'there is nothing here to be validated');

const stored = async ({ type = '', id }: OperationAsked, view: OperationView) => {
  const found = id === undefined ? undefined : await view.read(type, id);
  if (found?.kind !== 'found') throw notFound();
  return { resource: JSON.parse(found.version.body) as Resource, shows: [found.version] };
};

/** Why the profile that is asked for cannot be validated against, where that is known beforehand. @throws FhirError */
const demandUsable = async (profile: string, { terminology, structures }: Definitions): Promise<void> => {
  const { url, version } = parseCanonical(profile);
  const found = await terminology.artefacts.find(
    'StructureDefinition',
    version === undefined ? url : `${url}|${version}`,
  );
  if (found !== undefined) await structures.withSnapshot(found);
};

export const createValidateOperation = ({ definitions, validator }: ValidateNeighbours): OwnOperation => ({
  name: 'validate',
  on: 'type-or-instance',
  types: resourceTypes,
  methods: ['GET', 'POST'],
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  needs: () => [],
  perform: async (asked, view) => {
    const { principal, query, bodyText, type = '', id } = asked;
    if (principal.anonymous === true)
      return { kind: 'refused', error: fhirError(401, 'login', 'an access token is needed') };
    const given = validationOf(bodyText, { type, ...(id === undefined ? {} : { id }) }, query);
    if (given instanceof FhirError) return { kind: 'refused', error: given };
    const { content, mode, profile } = given;
    const kept = content === undefined ? await stored(asked, view) : { resource: content.resource, shows: [] };
    const own = definitions(view.readable);
    if (profile !== undefined) await demandUsable(profile, own);
    const issues = await validator.validate(
      {
        resource: kept.resource,
        ...(mode === undefined ? {} : { mode }),
        ...(profile === undefined ? {} : { profile }),
      },
      createResolver(own),
    );
    return { kind: 'made', json: JSON.stringify(validationOutcome(issues)), shows: kept.shows };
  },
});
