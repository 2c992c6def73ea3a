/**
 * What the gateway can do by a foreign system: what that can, and what the gateway does by itself, which is to follow
 * references. Nothing is offered that has no means. FHIR R4 capabilitystatement.html.
 */
import type { TypeCapability, TypeInteraction } from '@affinity/core/fhir/backend.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Source } from './source.ts';

const meansOf = (source: Source): ReadonlySet<TypeInteraction> =>
  new Set<TypeInteraction>([
    'read',
    'search-type',
    ...(source.vread === undefined ? [] : (['vread'] as const)),
    ...(source.historyInstance === undefined ? [] : (['history-instance'] as const)),
    ...(source.writer === undefined ? [] : (['create', 'update', 'delete'] as const)),
  ]);

/** A patch is a read and an update here, and so is offered wherever these are. */
const offered = ({ interactions }: TypeCapability, means: ReadonlySet<TypeInteraction>): readonly TypeInteraction[] => {
  const some = interactions.filter((one) => means.has(one) && one !== 'patch');
  return some.includes('update') ? [...some, 'patch'] : some;
};

const derive = (source: Source, parameters: SearchParameters): readonly TypeCapability[] => {
  const means = meansOf(source);
  const readable = source.capabilities.filter(({ interactions }) => interactions.includes('read'));
  const references = readable.flatMap(({ type, searchParams }) =>
    searchParams.flatMap(({ name }) => {
      const lookup = parameters.find(type, name);
      if (lookup.kind !== 'indexed' || lookup.parameter.type !== 'reference') return [];
      return [{ type, name: `${type}:${name}`, targets: lookup.parameter.targets }];
    }),
  );
  const searched = new Set(
    readable.filter(({ interactions }) => interactions.includes('search-type')).map(({ type }) => type),
  );
  return readable.map((capability) => {
    const { type } = capability;
    return {
      ...capability,
      interactions: offered(capability, means),
      searchParams: capability.searchParams.filter(({ name }) => parameters.find(type, name).kind === 'indexed'),
      includes: references.filter((one) => one.type === type).map(({ name }) => name),
      revIncludes: references
        .filter((one) => searched.has(one.type) && (one.targets.length === 0 || one.targets.includes(type)))
        .map(({ name }) => name),
    };
  });
};

/** The same array as long as the source gives the same. */
export const createCapabilities = (
  source: Source,
  parameters: () => SearchParameters,
): (() => readonly TypeCapability[]) => {
  let from: readonly TypeCapability[] | undefined;
  let made: readonly TypeCapability[] = [];
  return () => {
    if (source.capabilities !== from) {
      from = source.capabilities;
      made = derive(source, parameters());
    }
    return made;
  };
};
