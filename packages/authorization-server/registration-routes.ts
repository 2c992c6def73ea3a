/** The endpoints of registration: one for whoever is new, one for each app that is known. RFC 7591 §3; RFC 7592 §2. */
import type { Connection } from './authorization-endpoint.ts';
import type { LifecycleNeighbours } from './client-lifecycle.ts';
import { createRegistrationEndpoint, type Registration, type RegistrationNeighbours } from './registration-endpoint.ts';
import { createRegistrationManagement } from './registration-management.ts';
import { longestToken } from './settings.ts';

type Neighbours = Omit<RegistrationNeighbours, 'registration'> & Omit<LifecycleNeighbours, 'tokenSeconds'>;

/** @returns undefined for every other path, and for all where registration is off */
export function createRegistrationRoutes(neighbours: Neighbours, registration: Registration | undefined) {
  if (registration === undefined) return () => undefined;
  const whole = { ...neighbours, registration, tokenSeconds: longestToken(neighbours.settings) };
  const register = createRegistrationEndpoint(whole);
  const manage = createRegistrationManagement(whole);
  const path = `${new URL(neighbours.issuer).pathname}/register`;
  return (request: Request, pathname: string, connection: Connection): Promise<Response> | undefined => {
    if (pathname === path) return register(request, connection);
    const id = pathname.startsWith(`${path}/`) ? pathname.slice(path.length + 1) : '';
    return /^[\w.~-]{1,200}$/.test(id) ? manage(request, id, connection) : undefined;
  };
}
