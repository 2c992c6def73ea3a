/**
 * Code systems and value sets as the operations ask for them: found by their canonical, made ready once, and kept as long
 * as nothing that they are made of has changed. FHIR R4 terminology-service.html.
 */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Named, TerminologyArtefacts } from './artefacts.ts';
import { type CodeSystemForm, compileCodeSystem } from './code-system.ts';
import { composeValueSet } from './compose.ts';
import { canonicalOf } from './composing.ts';
import { unusable } from './faults.ts';
import { textOf } from './json-read.ts';
import { createKeptForms, type Note } from './kept-forms.ts';
import type { TerminologyLimits } from './limits.ts';
import type { ValueSetForm } from './value-set.ts';

/** Editions of code systems, by their url. FHIR R4 valueset-operation-expand.html, `system-version` and its neighbours. */
export interface SystemVersions {
  /** where the ValueSet says none */
  readonly otherwise: ReadonlyMap<string, string>;
  /** whatever the ValueSet says */
  readonly forced: ReadonlyMap<string, string>;
  /** what the ValueSet says must be this */
  readonly checked: ReadonlyMap<string, string>;
}
export const anyVersions: SystemVersions = { otherwise: new Map(), forced: new Map(), checked: new Map() };

export interface Ready<Form> {
  readonly resource: Resource;
  readonly form: Form;
  readonly weight: number;
}

export interface Terminology {
  /** undefined: not known here */
  codeSystem(named: Named): Promise<Ready<CodeSystemForm> | undefined>;
  valueSet(named: Named, versions?: SystemVersions): Promise<Ready<ValueSetForm> | undefined>;
  /** of a resource that was sent: it is not kept */
  codeSystemOf(resource: Resource): Promise<Ready<CodeSystemForm>>;
  valueSetOf(resource: Resource, versions?: SystemVersions): Promise<Ready<ValueSetForm>>;
  readonly artefacts: TerminologyArtefacts;
  readonly limits: TerminologyLimits;
}

export interface TerminologyNeighbours {
  readonly artefacts: TerminologyArtefacts;
  readonly limits: TerminologyLimits;
  /** how long what was found is trusted */
  readonly seconds: number;
  /** epoch milliseconds */
  readonly now: () => number;
}

const keyOf = (named: Named): string => (typeof named === 'string' ? named : `id ${named.id}`);
const printed = (versions: SystemVersions): string =>
  JSON.stringify([versions.otherwise, versions.forced, versions.checked].map((each) => [...each].sort()));

const editionOf = ({ otherwise, forced, checked }: SystemVersions, system: string, said: string | undefined) => {
  const version = forced.get(system) ?? said ?? otherwise.get(system) ?? checked.get(system);
  const demanded = checked.get(system);
  if (demanded === undefined || demanded === version) return version;
  throw unusable(`the ValueSet is of another edition of ${system} than is demanded`);
};

export const createTerminology = ({ artefacts, limits, seconds, now }: TerminologyNeighbours): Terminology => {
  const kept = { most: limits.keptCodes / 2, seconds, now, edition: artefacts.edition };
  const systems = createKeptForms<Ready<CodeSystemForm>>(kept);
  const sets = createKeptForms<Ready<ValueSetForm>>(kept);

  /** The supplements of an edition: those that name it, or no edition. */
  const supplementsFor = async (resource: Resource): Promise<readonly Resource[]> => {
    const url = textOf(resource.url);
    const all = url === undefined ? [] : await artefacts.supplementsOf(url);
    return all.filter(({ supplements }) => {
      const { version } = parseCanonical(textOf(supplements) ?? '');
      return version === undefined || version === resource.version;
    });
  };
  /** A code system and its supplements; none: it is not known here. */
  const sourcesOf = async (named: Named): Promise<readonly Resource[]> => {
    const resource = await artefacts.find('CodeSystem', named);
    return resource === undefined ? [] : [resource, ...(await supplementsFor(resource))];
  };

  const systemOf = ([resource, ...supplements]: readonly Resource[]): Ready<CodeSystemForm> | undefined => {
    if (resource === undefined) return undefined;
    const form = compileCodeSystem(resource, supplements, limits.valueSetCodes);
    return { resource, form, weight: form.weight + 1 };
  };
  const codeSystem = (named: Named) =>
    systems.get(keyOf(named), async (note) => systemOf(await note(() => sourcesOf(named))));

  const setOf = async (resource: Resource, versions: SystemVersions, note: Note): Promise<Ready<ValueSetForm>> => {
    const form = await composeValueSet(resource, {
      limits,
      async codeSystem(system, said) {
        const canonical = canonicalOf(system, editionOf(versions, system, said));
        await note(() => sourcesOf(canonical));
        return (await codeSystem(canonical))?.form;
      },
      valueSet: (canonical) => note(() => artefacts.find('ValueSet', canonical)),
    });
    return { resource, form, weight: form.weight };
  };

  return {
    artefacts,
    limits,
    codeSystem,
    valueSet: (named, versions = anyVersions) =>
      sets.get(`${keyOf(named)} ${printed(versions)}`, async (note) => {
        const resource = await note(() => artefacts.find('ValueSet', named));
        return resource === undefined ? undefined : setOf(resource, versions, note);
      }),
    async codeSystemOf(resource) {
      const form = compileCodeSystem(resource, await supplementsFor(resource), limits.valueSetCodes);
      return { resource, form, weight: form.weight + 1 };
    },
    valueSetOf: (resource, versions = anyVersions) => setOf(resource, versions, (ask) => ask()),
  };
};
