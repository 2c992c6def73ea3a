/** One interaction, from its route to its answer. FHIR R4 http.html. */
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Route } from './api.ts';
import type { EntryResponse } from './bundle.ts';
import { type Exchange, rendered, safely, subjectOf } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import { performCreating } from './perform-creating.ts';
import { performPrepared } from './perform-transaction.ts';
import { askedBy } from './request.ts';

/** `fault` is one that is known already. */
export const performOne = async (
  incoming: Incoming,
  route: Exclude<Route, { kind: 'bundle' }>,
  exchange: Exchange,
  fault?: FhirError,
): Promise<EntryResponse> => {
  if (exchange.prepare !== undefined && (route.kind === 'create' || route.kind === 'update'))
    return performPrepared(incoming, route, exchange, fault);
  if (route.kind === 'operation' && 'own' in route && route.own.creates !== undefined)
    return performCreating(incoming, route.own.creates, exchange, fault);
  const asked = await askedBy(incoming, route, exchange.around, fault);
  const subject = subjectOf(exchange, route, incoming.method, asked);
  const made = await safely(subject, exchange, async () =>
    rendered(await exchange.guarded.perform(asked.asked, subject), incoming, asked, exchange),
  );
  return asked.representation === undefined ? made : { ...made, representation: asked.representation };
};
