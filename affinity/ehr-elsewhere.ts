/**
 * What other servers of the domain hold of a patient, for a clinician's page: asked of the record locator with a token for it, which
 * the record system of the clinic gets for the clinician's own. RFC 8693; docs/decisions/0035-locate-and-gather.md.
 */
import type { Elsewhere, GatheredEntry, HeldAtPlace, Read } from '@affinity/portal/ehr/ehr.ts';
import { createTokenExchange } from '@affinity/record-locator/gather/token-exchange.ts';

export interface ElsewhereNeighbours {
  readonly issuer: string;
  /** FHIR bases of the clinic and of the locator */
  readonly base: string;
  readonly locator: string;
  readonly clientId: string;
  readonly secret: string;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Date;
}

interface Part {
  readonly name: string;
  readonly valueString?: string;
  readonly valueUrl?: string;
  readonly valueCode?: string;
  readonly valueUnsignedInt?: number;
  readonly valueDateTime?: string;
  readonly valueReference?: { readonly reference: string };
  readonly part?: readonly Part[];
  readonly resource?: Outcome;
}
interface Outcome {
  readonly issue?: readonly { readonly diagnostics?: string }[];
}
interface Entry {
  readonly fullUrl?: string;
  readonly link?: readonly { readonly url: string }[];
  readonly search: { readonly mode: string };
  readonly resource: Outcome & {
    readonly resourceType: string;
    readonly date?: string;
    readonly effectiveDateTime?: string;
    readonly description?: string;
    readonly type?: { readonly text?: string };
    readonly code?: { readonly text?: string; readonly coding?: readonly { readonly display?: string }[] };
  };
}

const gatheredTypes = 'DocumentReference,DiagnosticReport';
const gatheredMost = 100;

const placeOf = ({ part = [] }: Part): HeldAtPlace & { readonly base: string } => ({
  title: part.find(({ name }) => name === 'title')?.valueString ?? '',
  base: part.find(({ name }) => name === 'base')?.valueUrl ?? '',
  holdings: part.flatMap(({ name, part: its = [] }) => {
    const type = its.find((one) => one.name === 'type')?.valueCode;
    if (name !== 'holding' || type === undefined) return [];
    const count = its.find((one) => one.name === 'count')?.valueUnsignedInt;
    const latest = its.find((one) => one.name === 'latest')?.valueDateTime;
    return [{ type, ...(count === undefined ? {} : { count }), ...(latest === undefined ? {} : { latest }) }];
  }),
});

const titleOf = ({ description, type, code }: Entry['resource']): string =>
  description ?? type?.text ?? code?.text ?? code?.coding?.[0]?.display ?? '';

/** @param token the clinician's, for the clinic */
export const createElsewhere = (neighbours: ElsewhereNeighbours) => {
  const { issuer, base, locator, clientId, secret, fetch: answer, now } = neighbours;
  const tokenEndpoint = `${issuer}/token`;
  const tokenFor = createTokenExchange({
    tokenEndpoint,
    clientId,
    clientSecret: secret,
    send: async (body, headers) => {
      const response = await answer(tokenEndpoint, { method: 'POST', headers, body });
      return { status: response.status, body: await response.text() };
    },
    proveKey: () => Promise.reject(new Error('these pages hold no token that is bound to a key')),
    remembered: 1_000,
    now: () => now().getTime(),
  });
  return async (token: string, patient: string): Promise<Read<Omit<Elsewhere, 'patient'>>> => {
    const principal = { clientId, tokenId: '', scopes: [] };
    const { signal } = new AbortController();
    const got = await tokenFor({ token, principal, requestId: '', signal }, locator);
    if (got.kind !== 'token') return { kind: got.kind === 'refused' ? 'signed-out' : 'failed' };
    const ask = async (path: string): Promise<unknown> => {
      const url = `${locator}/${path}`;
      const response = await answer(url, { headers: await got.token.headersFor('GET', url) });
      return response.status === 200 ? response.json() : undefined;
    };
    const located = (await ask(`Patient/$locate?${new URLSearchParams({ patient: `${base}/Patient/${patient}` })}`)) as
      | { readonly parameter?: readonly Part[] }
      | undefined;
    if (located === undefined) return { kind: 'failed' };
    const { parameter = [] } = located;
    const places = parameter.filter(({ name }) => name === 'location').map(placeOf);
    const person = parameter.find(({ name }) => name === 'patient')?.valueReference?.reference;
    const query = new URLSearchParams({ _type: gatheredTypes, _count: String(gatheredMost) });
    const bundle = (person === undefined ? {} : await ask(`${person}/$gather?${query}`)) as
      | { readonly entry?: readonly Entry[] }
      | undefined;
    if (bundle === undefined) return { kind: 'failed' };
    const { entry = [] } = bundle;
    const at = (url = ''): string => places.find((place) => url.startsWith(`${place.base}/`))?.title ?? '';
    const gathered = entry.flatMap(({ fullUrl, link = [], resource, search }): readonly GatheredEntry[] => {
      if (search.mode !== 'match') return [];
      const date = resource.date ?? resource.effectiveDateTime;
      const about = { type: resource.resourceType, title: titleOf(resource), place: at(fullUrl) };
      return [{ ...about, also: link.map(({ url }) => at(url)), ...(date === undefined ? {} : { date }) }];
    });
    const outcomes = [
      ...parameter.flatMap(({ resource }) => resource?.issue ?? []),
      ...entry.flatMap(({ resource, search }) => (search.mode === 'outcome' ? (resource.issue ?? []) : [])),
    ];
    const missing = new Set(outcomes.map(({ diagnostics = '' }) => diagnostics.split(':')[0] ?? ''));
    return { kind: 'read', value: { places, gathered, missing: [...missing].filter((one) => one !== '') } };
  };
};
