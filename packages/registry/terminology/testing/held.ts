/** Terminology over artefacts that a test holds, and how a test asks it. */
import { compareVersions } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { TerminologyArtefacts } from '../artefacts.ts';
import { type Input, type Inputs, readInputs } from '../inputs.ts';
import { type TerminologyLimits, terminologyLimits } from '../limits.ts';
import { createTerminology, type Terminology } from '../terminology.ts';

export interface Held {
  readonly terminology: Terminology;
  put(resource: Resource): void;
  /** how often something was looked up */
  asked(): number;
}

export const hold = (resources: readonly Resource[], limits: Partial<TerminologyLimits> = {}, now = () => 0): Held => {
  const all = [...resources];
  let edition = 0;
  let asked = 0;
  const mapsOf = (name: 'source' | 'target') => async (system: string) =>
    all.filter(
      ({ resourceType, group }) =>
        resourceType === 'ConceptMap' && Array.isArray(group) && group.some((each) => each[name] === system),
    );
  const artefacts: TerminologyArtefacts = {
    async find(type, named) {
      asked += 1;
      const ofType = all.filter(({ resourceType }) => resourceType === type);
      if (typeof named !== 'string') return ofType.find(({ id }) => id === named.id);
      const [url, version] = named.split('|');
      const [latest] = ofType
        .filter((each) => each.url === url && (version === undefined || each.version === version))
        .sort((a, b) => compareVersions(b.version as string | undefined, a.version as string | undefined));
      return latest;
    },
    supplementsOf: async (url) => all.filter(({ supplements }) => String(supplements).split('|')[0] === url),
    mapsFrom: mapsOf('source'),
    mapsTo: mapsOf('target'),
    edition: () => edition,
  };
  return {
    terminology: createTerminology({
      artefacts,
      limits: { ...terminologyLimits, ...limits },
      seconds: 5,
      now,
    }),
    put(resource) {
      const place = all.findIndex(
        ({ resourceType, url }) => resourceType === resource.resourceType && url === resource.url,
      );
      if (place < 0) all.push(resource);
      else all[place] = resource;
      edition += 1;
    },
    asked: () => asked,
  };
};

/** Inputs as they stand in a URL; a value that is a resource or an object is as in Parameters. */
export const given = (values: Readonly<Record<string, unknown>>): Inputs =>
  readInputs(
    Object.entries(values).flatMap(([name, value]): readonly Input[] =>
      (Array.isArray(value) ? value : [value]).map((each) =>
        typeof each === 'object' && each !== null && 'resourceType' in each
          ? { name, resource: each }
          : { name, value: each },
      ),
    ),
  );

/** The outcome's status and first issue of what a promise is refused with. */
export const refusal = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return 'not refused';
  } catch (error) {
    const { status, issues } = error as { status?: number; issues?: readonly { code: string }[] };
    return `${status} ${issues?.[0]?.code}`;
  }
};

/** Simple values of Parameters by name. */
export const told = ({ parameter }: Resource): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    (parameter as readonly Record<string, unknown>[]).map(({ name, ...rest }) => [name, Object.values(rest)[0]]),
  );
