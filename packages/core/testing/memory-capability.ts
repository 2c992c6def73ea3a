/** What the backend in memory says that it can: every type, every parameter that is indexed. FHIR R4 capabilitystatement.html. */
import type { TypeCapability } from '../fhir/backend.ts';
import { resourceTypes } from '../fhir/resource-type.ts';
import { type SearchParameter, type SearchParameters, standardParameters } from '../fhir/search-parameter.ts';

const isSorted = ({ type }: SearchParameter): boolean => type !== 'composite' && type !== 'special';

export const capabilitiesBy = (parameters: SearchParameters): readonly TypeCapability[] => {
  const references = resourceTypes.flatMap((type) =>
    parameters
      .of(type)
      .filter((parameter) => parameter.type === 'reference')
      .map(({ code, targets }) => ({ type, name: `${type}:${code}`, targets })),
  );
  return resourceTypes.map((type) => {
    const params = parameters.of(type);
    return {
      type,
      interactions: [
        'read',
        'vread',
        'create',
        'update',
        'patch',
        'delete',
        'history-instance',
        'history-type',
        'search-type',
      ],
      searchParams: params.map(({ code, type: kind, definition }) => ({ name: code, type: kind, definition })),
      sort: params.filter(isSorted).map(({ code }) => code),
      includes: references.filter((one) => one.type === type).map(({ name }) => name),
      revIncludes: references
        .filter(({ targets }) => targets.length === 0 || targets.includes(type))
        .map(({ name }) => name),
    };
  });
};

/** By HL7's parameters, once for all backends. */
export const standardCapabilities: readonly TypeCapability[] = capabilitiesBy(standardParameters);
