/**
 * An operation that is a create by other means: what it makes of the body is written, and judged, like what is sent to be created;
 * the answer is a reference to it. FHIR R4 operations.html#response.
 */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { EntryResponse } from './bundle.ts';
import type { Exchange } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import type { OwnOperation } from './own-operation.ts';
import { performPrepared } from './perform-transaction.ts';

export const performCreating = async (
  incoming: Incoming,
  { type, content }: NonNullable<OwnOperation['creates']>,
  exchange: Exchange,
  fault?: FhirError,
): Promise<EntryResponse> => {
  const sent = await incoming.json();
  const json = sent instanceof FhirError ? sent : content(sent);
  const { entry: _, ...rest } = incoming;
  const create: Incoming = { ...rest, path: `/${type}`, query: '', headers: new Headers(), json: async () => json };
  const made = await performPrepared(create, { kind: 'create', type }, exchange, fault);
  const { Location: place = '' } = made.headers;
  if (made.status !== 201) return made;
  const reference = place.split('/_history/')[0]?.slice(exchange.base.length + 1) ?? '';
  const parameter = [{ name: type, valueReference: { reference } }];
  return { status: 200, headers: { Location: place }, json: JSON.stringify({ resourceType: 'Parameters', parameter }) };
};
