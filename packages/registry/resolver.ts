/** What validation asks the registry for: profiles with their snapshots, and the codes of ValueSets. FHIR R4 validation.html. */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { ResolveCanonical } from '@affinity/validation/validator.ts';
import type { ValueSetForm } from './terminology/value-set.ts';
import type { Definitions } from './terminology-of-caller.ts';

/** By system; of one that is known in part alone, a code that is not in the ValueSet may yet be meant. */
const codesOf = ({ bySystem, partial }: ValueSetForm): Readonly<Record<string, readonly string[] | null>> =>
  Object.fromEntries([...bySystem].map(([system, codes]) => [system, partial.has(system) ? null : [...codes.keys()]]));

const orNothing = async <Value>(work: Promise<Value>): Promise<Value | undefined> => {
  try {
    return await work;
  } catch (error) {
    // An artefact that cannot be used is as one that is not known: what hangs on it is not checked, and that is told.
    if (error instanceof FhirError) return undefined;
    throw error;
  }
};

export const createResolver =
  ({ terminology, structures }: Definitions): ResolveCanonical =>
  async (url, version) => {
    const canonical = version === undefined ? url : `${url}|${version}`;
    const structure = async () => {
      const definition = await terminology.artefacts.find('StructureDefinition', canonical);
      return definition && ((await orNothing(structures.withSnapshot(definition))) ?? definition);
    };
    const codes = async () => {
      const set = await orNothing(terminology.valueSet(canonical));
      return set && { codes: codesOf(set.form) };
    };
    return url.includes('/ValueSet/') ? ((await codes()) ?? structure()) : ((await structure()) ?? codes());
  };
