/**
 * Reads without a token, of types that a server lets anybody read. Whoever sends a token is judged by it; whoever sends none
 * is nobody, and may ask so many times a minute from one address. FHIR R4 security.html#Anonymous.
 */
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Route, Routed } from './api.ts';
import type { Authentication } from './authenticate.ts';

export interface OpenReads {
  readonly types: ReadonlySet<string>;
  /** requests of one address in a minute */
  readonly perMinute: number;
}

export interface TooMany {
  readonly kind: 'too-many';
  readonly reason: string;
}

const nobody: Principal = { anonymous: true, clientId: '', tokenId: '', scopes: [] };

/** Addresses that are counted at a time; beyond them the oldest begins anew. */
const mostAddresses = 10_000;

/** @param now epoch milliseconds */
const createRate = (perMinute: number, now: () => number) => {
  const counts = new Map<string, { readonly from: number; asked: number }>();
  return (address: string): boolean => {
    const at = now();
    const known = counts.get(address);
    const current = known !== undefined && at - known.from < 60_000 ? known : { from: at, asked: 0 };
    current.asked += 1;
    if (current !== known) counts.delete(address);
    counts.set(address, current);
    const [oldest] = counts.keys();
    if (counts.size > mostAddresses && oldest !== undefined) counts.delete(oldest);
    return current.asked <= perMinute;
  };
};

/** What only looks, at a type that anybody may read; an operation says itself which rights it needs. */
const isOpen = (route: Route, types: ReadonlySet<string>): boolean => {
  switch (route.kind) {
    case 'read':
    case 'vread':
    case 'search-type':
    case 'history-instance':
    case 'history-type':
      return types.has(route.type);
    case 'operation':
      return route.type === undefined || types.has(route.type);
    default:
      return false;
  }
};

export type Admit = (
  authentication: Authentication,
  routed: Routed,
  address: string | undefined,
) => Authentication | TooMany;

/** Nothing is open unless told. @param now epoch milliseconds */
export const createAdmit = (open: OpenReads | undefined, now: () => number): Admit => {
  if (open === undefined) return (authentication) => authentication;
  const isWithinRate = createRate(open.perMinute, now);
  return (authentication, routed, address = '') => {
    if (authentication.kind !== 'anonymous') return authentication;
    if (routed.kind !== 'route' || !isOpen(routed.route, open.types)) return authentication;
    return isWithinRate(address)
      ? { kind: 'principal', principal: nobody }
      : { kind: 'too-many', reason: 'too many requests without a token' };
  };
};
