/**
 * Which servers may exchange a token for one to go on with, and where to: `resource_server` and `affinity_upstreams` of their
 * metadata. RFC 8693 §2.1, §5. An operator declares it; nobody registers it for themselves.
 */

/** RFC 8693 §2.1 */
export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

export interface ExchangeMetadata {
  /** bases of the resource servers of the domain that this one asks in turn, with tokens that it exchanges */
  readonly affinity_upstreams?: readonly string[];
}

const mostUpstreams = 100;

const isBase = (value: unknown): boolean => typeof value === 'string' && /^https?:\/\/[^\s?#]+$/.test(value);

/** Every fault, as sentences without the client's name. */
export function exchangeFaults(
  { resource_server: own, affinity_upstreams: upstreams }: Readonly<Record<string, unknown>>,
  grantTypes: readonly string[],
  method: unknown,
): string[] {
  if (!grantTypes.includes(tokenExchangeGrant))
    return upstreams === undefined
      ? []
      : [`affinity_upstreams is for servers whose grant_types hold ${tokenExchangeGrant}`];
  const faults: string[] = [];
  if (method === 'none') faults.push(`${tokenExchangeGrant} needs a token_endpoint_auth_method other than none`);
  if (!isBase(own)) faults.push(`${tokenExchangeGrant} needs resource_server, the base of the server that exchanges`);
  if (
    !Array.isArray(upstreams) ||
    upstreams.length === 0 ||
    upstreams.length > mostUpstreams ||
    !upstreams.every(isBase)
  )
    faults.push(`affinity_upstreams must be a list of 1 to ${mostUpstreams} bases of resource servers`);
  return faults;
}
