/**
 * `$load-package`: a FHIR package sent by somebody who may write definitions, taken whole or refused with the reason. Where two
 * persons publish, a package is loaded by whoever runs the place, at the command line. docs/decisions/0036-the-registry.md.
 */
import { Readable } from 'node:stream';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { OwnOperation } from '@affinity/resource-server/own-operation.ts';
import type { LoadedPackages, Loading } from './packages/loaded-packages.ts';

export interface LoadNeighbours {
  readonly packages: Pick<LoadedPackages, 'load'>;
  readonly twoPersons: boolean;
  /** bytes of a package as it is sent */
  readonly mostBytes: number;
  readonly nameOf: (user: string) => Promise<string | undefined>;
  /** of the registry, without trailing slash */
  readonly base: string;
}

/** What a package brings: whoever loads one must be able to create each. */
const brought = ['StructureDefinition', 'ValueSet', 'CodeSystem', 'SearchParameter'] as const;

/** A right to create some definitions alone cannot be held against what a package brings: it is not enough. */
const createsAll = ({ scopes }: Principal): boolean =>
  brought.every((type) =>
    scopes.some(
      (one) =>
        one.compartment !== 'patient' &&
        (one.type === type || one.type === '*') &&
        one.permissions.includes('c') &&
        one.constraints.length === 0,
    ),
  );

const packageIn = (body: Resource | undefined): Buffer | FhirError => {
  const parameters: readonly unknown[] = Array.isArray(body?.parameter) ? body.parameter : [];
  for (const one of parameters)
    if (
      typeof one === 'object' &&
      one !== null &&
      'name' in one &&
      one.name === 'package' &&
      'valueBase64Binary' in one
    )
      return Buffer.from(String(one.valueBase64Binary), 'base64');
  return fhirError(400, 'required', '$load-package needs the parameter package, a valueBase64Binary');
};

const told = (loading: Extract<Loading, { kind: 'loaded' }>): string => {
  const { created, unchanged, passedOver, dependencies } = loading;
  const { name, version } = loading.package;
  const first = `${name} ${version}: ${created} definitions new, ${unchanged} there already, ${passedOver} examples passed over`;
  const issues = [
    { severity: 'information', code: 'informational', diagnostics: first },
    ...dependencies
      .filter(({ isThere }) => !isThere)
      .map((one) => ({
        severity: 'warning',
        code: 'not-found',
        diagnostics: `it needs ${one.name} ${one.version}, which is not loaded`,
      })),
  ];
  return JSON.stringify({ resourceType: 'OperationOutcome', issue: issues });
};

export const createLoadOperation = ({
  packages,
  twoPersons,
  mostBytes,
  nameOf,
  base,
}: LoadNeighbours): OwnOperation => {
  const by = async ({ user, clientId }: Principal): Promise<string> =>
    user === undefined ? clientId : ((await nameOf(user)) ?? user);
  return {
    name: 'load-package',
    on: 'system',
    methods: ['POST'],
    definition: `${base}/OperationDefinition/registry-load-package`,
    affectsState: true,
    needs: () => brought.map((type) => ({ kind: 'create', type })),
    perform: async ({ body, principal }) => {
      const refused = (error: FhirError) => ({ kind: 'refused', error }) as const;
      if (twoPersons)
        return refused(
          fhirError(422, 'business-rule', 'two persons publish here: a package is loaded at the command line'),
        );
      if (!createsAll(principal))
        return refused(
          fhirError(403, 'forbidden', 'a package needs the right to create definitions, not some of them'),
        );
      const bytes = packageIn(body);
      if (!Buffer.isBuffer(bytes)) return refused(bytes);
      if (bytes.length > mostBytes)
        return refused(fhirError(413, 'too-long', `a package has at most ${mostBytes} bytes here`));
      const loading = await packages.load(Readable.from([bytes]), await by(principal));
      return loading.kind === 'refused'
        ? refused(fhirError(422, 'processing', loading.reason))
        : { kind: 'made', json: told(loading) };
    },
  };
};
