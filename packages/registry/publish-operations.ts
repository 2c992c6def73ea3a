/**
 * `$publish` and `$retire` of a definition, and `$approve` and `$decline` by another where two persons are needed. The wish
 * and its decision are kept (publication.ts). docs/decisions/0036-the-registry.md.
 */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type {
  OperationAnswer,
  OperationAsked,
  OperationView,
  OwnOperation,
} from '@affinity/resource-server/own-operation.ts';
import type { Publication, Published, Publisher } from './publication.ts';
import { registryTypes } from './registry-types.ts';

export interface PublishNeighbours {
  readonly publication: Publication;
  /** what a person is called, by the subject */
  readonly nameOf: (user: string) => Promise<string | undefined>;
  /** of the registry, without trailing slash */
  readonly base: string;
}

const noteIn = (body: Resource | undefined): string => {
  const parameters: readonly unknown[] = Array.isArray(body?.parameter) ? body.parameter : [];
  for (const one of parameters)
    if (typeof one === 'object' && one !== null && 'name' in one && one.name === 'note' && 'valueString' in one)
      return String(one.valueString);
  return '';
};

const refusals: Readonly<
  Record<Exclude<Published['kind'], 'done' | 'waiting' | 'refused' | 'not-possible'>, FhirError>
> = {
  absent: fhirError(404, 'not-found', 'there is no such definition, or no wish that waits'),
  'same-person': fhirError(403, 'forbidden', 'whoever proposed it cannot approve it: another has to'),
  changed: fhirError(409, 'conflict', 'it has been changed since it was proposed: propose it again'),
};

const told = (diagnostics: string): string =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', diagnostics }],
  });

const answerTo = async (
  published: Published,
  { type = '', id = '' }: OperationAsked,
  view: OperationView,
): Promise<OperationAnswer> => {
  switch (published.kind) {
    case 'done': {
      const now = await view.read(type, id);
      return now.kind === 'found'
        ? { kind: 'made', json: now.version.body, shows: [now.version] }
        : { kind: 'refused', error: refusals.absent };
    }
    case 'waiting':
      return { kind: 'made', status: 202, json: told('it waits for the approval of another person') };
    case 'refused':
      return { kind: 'made', json: told('it was declined, and stays as it is') };
    case 'not-possible':
      return { kind: 'refused', error: fhirError(422, 'business-rule', published.reason) };
    default:
      return { kind: 'refused', error: refusals[published.kind] };
  }
};

export const createPublishOperations = ({ publication, nameOf, base }: PublishNeighbours): readonly OwnOperation[] => {
  const publisherOf = async ({ user, clientId }: Principal): Promise<Publisher> =>
    user === undefined ? { id: clientId, name: clientId } : { id: user, name: (await nameOf(user)) ?? user };
  const operation = (
    name: string,
    perform: (asked: OperationAsked, at: { type: string; id: string }) => Promise<Published | FhirError>,
  ): OwnOperation => ({
    name,
    on: 'instance',
    types: registryTypes,
    methods: ['POST'],
    definition: `${base}/OperationDefinition/registry-${name}`,
    affectsState: true,
    needs: ({ type = '', id = '' }) => [{ kind: 'update', type, id }],
    perform: async (asked, view) => {
      const { type = '', id = '' } = asked;
      const done = await perform(asked, { type, id });
      return 'kind' in done ? answerTo(done, asked, view) : { kind: 'refused', error: done };
    },
  });
  const decide =
    (decision: 'approved' | 'refused') => async (asked: OperationAsked, at: { type: string; id: string }) =>
      // Two clients are no two persons.
      asked.principal.user === undefined
        ? fhirError(403, 'forbidden', 'only a person decides what another has proposed')
        : publication.decide(at, decision, await publisherOf(asked.principal));
  return [
    operation('publish', async ({ principal, body }, at) =>
      publication.want(at, 'active', await publisherOf(principal), noteIn(body)),
    ),
    operation('retire', async ({ principal, body }, at) =>
      publication.want(at, 'retired', await publisherOf(principal), noteIn(body)),
    ),
    operation('approve', decide('approved')),
    operation('decline', decide('refused')),
  ];
};
