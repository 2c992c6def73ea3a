/** What is asked by an operation of a server's own. FHIR R4 operations.html#executing. */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Route } from './api.ts';
import type { AskedRequest } from './asked.ts';
import { recordableQuery } from './audit-trail.ts';
import type { Incoming } from './incoming.ts';
import type { Surroundings } from './parameters.ts';

type OwnRoute = Extract<Route, { own: unknown }>;

export const ownOperationAsked = (
  incoming: Incoming,
  { own, type, id }: OwnRoute,
  { pages, principal, ownBases: [base = ''], requestId, accessToken }: Surroundings,
): AskedRequest => {
  const at = { ...(type === undefined ? {} : { type }), ...(id === undefined ? {} : { id }) };
  const isSent = incoming.headers.has('content-type') || incoming.entry?.resource !== undefined;
  return {
    asked: {
      kind: 'operation',
      operation: own,
      at,
      load: async () => {
        const text = isSent ? await incoming.json() : undefined;
        if (text instanceof FhirError) return text;
        const body = text === undefined ? {} : { body: JSON.parse(text) as Resource, bodyText: text };
        const parameters = new URLSearchParams(incoming.query);
        parameters.delete('access_token');
        return { query: parameters, ...body, principal, requestId, accessToken, pages, base };
      },
    },
    query: recordableQuery(incoming.query),
  };
};
