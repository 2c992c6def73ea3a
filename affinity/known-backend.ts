/**
 * A foreign system that has not said yet what it is cannot be asked: that is "not now", never "there is nothing". Who asks on
 * behalf of a decision or of a page would take the one for the other. FHIR R4 http.html#capabilities.
 */
import { type Backend, BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import type { Upstream } from './opened-upstream.ts';

export const whileKnown = (backend: Backend, state: Upstream['state']): Backend => {
  const once =
    <Asked extends readonly unknown[], Result>(ask: (...asked: Asked) => Promise<Result>) =>
    async (...asked: Asked): Promise<Result> => {
      if (state() === 'unknown') throw new BackendUnavailable(new Error('its statement has not been had yet'));
      return ask(...asked);
    };
  const { ownersOf } = backend;
  return {
    ...backend,
    get capabilities() {
      return backend.capabilities;
    },
    ...(backend.parameters === undefined ? {} : { parameters: backend.parameters }),
    read: once(backend.read),
    vread: once(backend.vread),
    create: once(backend.create),
    update: once(backend.update),
    delete: once(backend.delete),
    historyInstance: once(backend.historyInstance),
    searchType: once(backend.searchType),
    ...(ownersOf === undefined ? {} : { ownersOf: once(ownersOf) }),
  };
};
