/**
 * The locator's way to the other servers of the domain: each is asked in this process, through its own guard, with a token for it
 * alone. The locator is a client of the issuer that exchanges tokens and may go on to those servers. RFC 8693; RFC 8707.
 */
import type { ClientMetadata } from '@affinity/authorization-server/clients.ts';
import type { PersonIndex } from '@affinity/core/identity/person-index.ts';
import { createDpopProver } from '@affinity/proof/dpop-prover.ts';
import { createAsking } from '@affinity/record-locator/gather/asking.ts';
import { createContinuations } from '@affinity/record-locator/gather/continuations.ts';
import { createGatherOperations } from '@affinity/record-locator/gather/operations.ts';
import { sourceOfThisProcess } from '@affinity/record-locator/gather/source-of-this-process.ts';
import { createTokenExchange } from '@affinity/record-locator/gather/token-exchange.ts';
import { defaultLimits } from '@affinity/resource-server/limits.ts';
import type { OwnOperation } from '@affinity/resource-server/own-operation.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import { createLocatedPersons } from './located-persons.ts';

export const locatorClientId = 'record-locator';

/** A server that holds records, as the locator knows it. */
export interface HeldAt {
  readonly name: string;
  /** as people read it */
  readonly title: string;
  readonly base: string;
}

/** @param secret shared inside this process only, and made anew at each start */
export const locatorClient = (base: string, servers: readonly string[], secret: string): ClientMetadata => ({
  client_id: locatorClientId,
  client_name: 'Record locator',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
  redirect_uris: [],
  resource_server: base,
  affinity_upstreams: servers,
});

export interface GatheringNeighbours {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly issuer: string;
  /** base of the locator, and of the server whose ids are the domain's own */
  readonly base: string;
  readonly homeBase: string;
  readonly persons: PersonIndex;
  /** who is nobody to the locator */
  readonly optOuts: { has(person: string): Promise<boolean> };
  readonly servers: readonly HeldAt[];
  readonly secret: string;
  /** of this process: the servers are asked where they are */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly now: () => Date;
}

export const createGathering = async (neighbours: GatheringNeighbours): Promise<readonly OwnOperation[]> => {
  const { config, pool, issuer, base, homeBase, persons, optOuts, servers, secret, fetch: answer, now } = neighbours;
  const settings = config.file.gathering;
  const time = (): number => now().getTime();
  const tokenEndpoint = `${issuer}/token`;
  const tokenFor = createTokenExchange({
    tokenEndpoint,
    clientId: locatorClientId,
    clientSecret: secret,
    send: async (body, headers) => {
      const response = await answer(new Request(tokenEndpoint, { method: 'POST', headers, body }));
      return { status: response.status, body: await response.text() };
    },
    proveKey: await createDpopProver(time),
    remembered: settings.remembered_tokens,
    now: time,
  });
  const bases = servers.map((one) => one.base);
  return createGatherOperations({
    base,
    sources: servers.map((one) => ({
      ...sourceOfThisProcess(one, answer, settings.source_bytes),
      ...(settings.confidential_servers.includes(one.name) ? { confidentiality: 'R' as const } : {}),
    })),
    index: createLocatedPersons({ pool, index: persons, optOuts, home: homeBase, locator: base, bases }),
    ask: createAsking({
      tokenFor,
      sourceMilliseconds: settings.source_seconds * 1000,
      connections: settings.source_connections,
    }),
    continuations: createContinuations(pool, defaultLimits.pageSeconds, time),
    limits: {
      defaultCount: settings.page_size,
      maxCount: settings.page_size_most,
      maxTypes: settings.types_most,
      maxParameters: settings.parameters_most,
      wholeMilliseconds: settings.whole_seconds * 1000,
      rememberedMarks: settings.remembered_marks,
      usualTypes: settings.types,
    },
  });
};
