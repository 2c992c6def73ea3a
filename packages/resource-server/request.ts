/** A routed request made into what is asked of the guard; nobody behind looks into the request again. FHIR R4 http.html. */
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Route } from './api.ts';
import type { AskedRequest } from './asked.ts';
import type { Incoming } from './incoming.ts';
import type { Surroundings } from './parameters.ts';
import { historyAsked, readAsked, searchAsked } from './request-look.ts';
import { operationAsked } from './request-operation.ts';
import { ownOperationAsked } from './request-own-operation.ts';
import { writeAsked } from './request-write.ts';

/** `fault` is one that is known already; the first that is known is told. */
export const askedBy = async (
  incoming: Incoming,
  route: Exclude<Route, { kind: 'bundle' }>,
  around: Surroundings,
  fault?: FhirError,
): Promise<AskedRequest> => {
  const made = await askedOf(incoming, route, around);
  return fault === undefined ? made : { ...made, asked: { ...made.asked, fault } };
};

const askedOf = async (
  incoming: Incoming,
  route: Exclude<Route, { kind: 'bundle' }>,
  around: Surroundings,
): Promise<AskedRequest> => {
  switch (route.kind) {
    case 'search-type':
    case 'search-system':
      return searchAsked(incoming, route, around);
    case 'history-instance':
    case 'history-type':
    case 'history-system':
      return historyAsked(incoming, route, around);
    case 'read':
    case 'vread':
      return readAsked(incoming, route, around);
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return { asked: writeAsked(incoming, route, around) };
    case 'operation':
      return 'own' in route ? ownOperationAsked(incoming, route, around) : operationAsked(incoming, route, around);
  }
};
