/**
 * A ValueSet of the registry as validation reads it: with the codes of the systems that the registry has, so that what is
 * bound to it can be checked. FHIR R4 valueset.html#compositions.
 */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Artefacts } from '@affinity/registry/artefacts.ts';
import { type CodeSystem, expand, type ValueSet } from '@affinity/validation/value-set.ts';

/** ValueSets that import others, which import others: so many in all. */
const mostImported = 50;

const includesOf = ({ compose }: ValueSet) => [...(compose?.include ?? []), ...(compose?.exclude ?? [])];

/** Undefined: the codes are not known here, and the ValueSet is what it was. */
const codesOf = async (valueSet: Resource, { find }: Pick<Artefacts, 'find'>) => {
  const valueSets = new Map<string, ValueSet>();
  const systems = new Map<string, CodeSystem>();
  const gather = async (one: ValueSet): Promise<void> => {
    for (const { system, valueSet: imported = [] } of includesOf(one)) {
      if (system !== undefined && !systems.has(system)) {
        const found = await find(system, 'CodeSystem');
        if (found !== undefined) systems.set(system, found.resource as unknown as CodeSystem);
      }
      for (const canonical of imported) {
        const { url } = parseCanonical(canonical);
        if (valueSets.has(url) || valueSets.size >= mostImported) continue;
        const found = await find(canonical, 'ValueSet');
        if (found === undefined) continue;
        const other = found.resource as unknown as ValueSet;
        valueSets.set(url, other);
        await gather(other);
      }
    }
  };
  const own = valueSet as unknown as ValueSet;
  await gather(own);
  return expand(own, { valueSet: (url) => valueSets.get(url), codeSystem: (url) => systems.get(url) });
};

export const withCodes = async (valueSet: Resource, artefacts: Pick<Artefacts, 'find'>): Promise<Resource> => {
  const codes = await codesOf(valueSet, artefacts);
  if (codes === undefined) return valueSet;
  const include = Object.entries(codes).map(([system, known]) =>
    known === null ? { system } : { system, concept: known.map((code) => ({ code })) },
  );
  const { url, version, status } = valueSet;
  return { resourceType: 'ValueSet', url, ...(version === undefined ? {} : { version }), status, compose: { include } };
};
