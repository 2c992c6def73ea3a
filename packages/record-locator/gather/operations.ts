/**
 * `$locate` and `$gather` as operations of the locator. Whoever has a token may ask: what is told is decided at each server that
 * is asked, under the caller's own rights there, and recorded there and here. FHIR R4 operations.html.
 */
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { OperationAnswer, OperationAsked, OwnOperation } from '@affinity/resource-server/own-operation.ts';
import type { Caller } from './asking.ts';
import { createGather, type GatherNeighbours } from './gather.ts';
import type { Pairs } from './gather-parameters.ts';
import { createLocate, type LocateNeighbours } from './locate.ts';

export interface OperationNeighbours
  extends Omit<GatherNeighbours, 'pages' | 'limits'>,
    Omit<LocateNeighbours, 'limits'> {
  readonly limits: GatherNeighbours['limits'] & LocateNeighbours['limits'];
}

/** Of the URL, and of a Parameters with simple values. */
const pairsOf = (query: URLSearchParams, body: Resource | undefined): Pairs | FhirError => {
  const pairs: [string, string][] = [...query];
  if (body === undefined) return pairs;
  if (body.resourceType !== 'Parameters') return fhirError(400, 'invalid', 'a Parameters is expected');
  for (const one of Array.isArray(body.parameter) ? (body.parameter as readonly unknown[]) : []) {
    const entry: Readonly<Record<string, unknown>> = typeof one === 'object' && one !== null ? { ...one } : {};
    const [, value] = Object.entries(entry).find(([name]) => name.startsWith('value')) ?? [];
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    if (typeof entry.name !== 'string' || text === undefined)
      return fhirError(400, 'invalid', 'a parameter here has a name and a simple value');
    pairs.push([entry.name, text]);
  }
  return pairs;
};

const callerOf = ({ principal, accessToken, requestId, signal }: OperationAsked): Caller => ({
  principal,
  token: accessToken,
  requestId,
  signal: signal ?? new AbortController().signal,
});

const common = { types: ['Patient'], methods: ['GET', 'POST'], needs: () => [] } as const;

export const createGatherOperations = ({ limits, ...neighbours }: OperationNeighbours): readonly OwnOperation[] => {
  const { base } = neighbours;
  const locate = createLocate({ ...neighbours, limits });
  const answered = (answer: FhirError | { readonly json: string }, person: string | undefined): OperationAnswer =>
    answer instanceof FhirError
      ? { kind: 'refused', error: answer }
      : { kind: 'made', json: answer.json, ...(person === undefined ? {} : { patients: [person] }) };
  return [
    {
      ...common,
      name: 'locate',
      on: 'type-or-instance',
      definition: `${base}/OperationDefinition/Patient-locate`,
      perform: async (asked) => {
        const pairs = pairsOf(asked.query, asked.body);
        if (pairs instanceof FhirError) return { kind: 'refused', error: pairs };
        const answer = await locate(callerOf(asked), asked.id, pairs);
        return answered(answer, 'locations' in answer ? answer.person : undefined);
      },
    },
    {
      ...common,
      name: 'gather',
      on: 'instance',
      definition: `${base}/OperationDefinition/Patient-gather`,
      perform: async (asked) => {
        const { id = '', pages } = asked;
        const pairs = pairsOf(asked.query, asked.body);
        if (pairs instanceof FhirError) return { kind: 'refused', error: pairs };
        const answer = await createGather({ ...neighbours, limits, pages })(callerOf(asked), id, pairs);
        return answered(answer, id);
      },
    },
  ];
};
