/** What is offered of a backend at this moment: the routes and the CapabilityStatement are made from it alone. FHIR R4 http.html. */
import type { Backend, TypeCapability, TypeInteraction } from '@affinity/core/fhir/backend.ts';
import type { OwnOperation } from './own-operation.ts';

export type Operation = 'everything' | 'meta' | 'validate' | 'docref';
export type SystemInteraction = 'transaction' | 'batch' | 'search-system' | 'history-system';

/** What a backend can do, without what it does. */
export type Offering = Pick<Backend, 'capabilities' | 'history' | 'transact' | 'searchSystem' | 'everything'>;

export interface Offer {
  /** by type, with the interactions that the guard makes of others */
  readonly types: ReadonlyMap<string, TypeCapability>;
  /** whether writes may name a resource by a search */
  readonly conditional: boolean;
  readonly system: readonly SystemInteraction[];
  operations(type: string): readonly Operation[];
  /** the server's own, which go before the others */
  readonly own: readonly OwnOperation[];
}

/** FHIR R4 auditevent.html: a record of what happened is added, by others too (RESTful ATNA ITI-20), and never changed. */
const appendOnly: ReadonlySet<string> = new Set(['AuditEvent']);
const changes: ReadonlySet<TypeInteraction> = new Set(['update', 'patch', 'delete']);

const interactionsOf = ({ type, interactions }: TypeCapability, backend: Offering): readonly TypeInteraction[] => {
  const all = new Set(interactions);
  // A patch is a read and an update; the history of a type needs a method of its own.
  if (all.has('update')) all.add('patch');
  if (backend.history === undefined) all.delete('history-type');
  else if (all.has('history-instance')) all.add('history-type');
  return [...all].filter((each) => !(appendOnly.has(type) && changes.has(each)));
};

const offerOf = (backend: Offering, canValidate: boolean, own: readonly OwnOperation[]): Offer => {
  const types = new Map(
    backend.capabilities.map((each) => [each.type, { ...each, interactions: interactionsOf(each, backend) }]),
  );
  return {
    types,
    own,
    conditional: backend.transact !== undefined,
    system: [
      'batch',
      ...(backend.transact === undefined ? [] : (['transaction'] as const)),
      ...(backend.searchSystem === undefined ? [] : (['search-system'] as const)),
      ...(backend.history === undefined ? [] : (['history-system'] as const)),
    ],
    operations: (type) => {
      const interactions = types.get(type)?.interactions ?? [];
      const written = interactions.includes('create') || interactions.includes('update');
      return [
        ...(type === 'Patient' && backend.everything !== undefined ? (['everything'] as const) : []),
        ...(interactions.includes('read') ? (['meta'] as const) : []),
        ...(canValidate && written ? (['validate'] as const) : []),
        ...(type === 'DocumentReference' && interactions.includes('search-type') ? (['docref'] as const) : []),
      ];
    },
  };
};

/** The same value as long as the backend's capabilities are the same array. */
export const createOffer = (
  backend: Offering,
  canValidate: boolean,
  own: readonly OwnOperation[] = [],
): (() => Offer) => {
  let known: { readonly of: Backend['capabilities']; readonly offer: Offer } | undefined;
  return () => {
    if (known?.of !== backend.capabilities)
      known = { of: backend.capabilities, offer: offerOf(backend, canValidate, own) };
    return known.offer;
  };
};
