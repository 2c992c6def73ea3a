/** The locator's questions put together over servers of a test. */

import type { PersonIndex } from '@affinity/core/identity/person-index.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import { createPageCursors } from '@affinity/resource-server/page-cursor.ts';
import type pg from 'pg';
import { type Caller, createAsking, type TokenFor } from '../gather/asking.ts';
import { createContinuations } from '../gather/continuations.ts';
import { createGather } from '../gather/gather.ts';
import { createLocate } from '../gather/locate.ts';
import type { Source } from '../gather/source.ts';
import { tokenForEach } from './sources.ts';

export const locatorBase = 'https://domain.example/locator/fhir';

export const principalOf = (scope: string, more: Partial<Principal> = {}): Principal => {
  const parsed = parseScopes(scope, { characters: 1000, tokens: 20 });
  if (parsed.kind !== 'scopes') throw new Error(parsed.reason);
  return { clientId: 'app', tokenId: 't1', user: 'okafor', grant: 'g1', scopes: parsed.scopes.resources, ...more };
};

export const callerOf = (more: Partial<Caller> = {}): Caller => ({
  principal: principalOf('user/Observation.rs user/DocumentReference.rs'),
  token: 'the-callers-own-token',
  requestId: 'request-42',
  signal: new AbortController().signal,
  ...more,
});

export const gathering = (of: {
  readonly pool: pg.Pool;
  readonly sources: readonly Source[];
  readonly index: PersonIndex;
  readonly tokenFor?: TokenFor;
  readonly sourceMilliseconds?: number;
  readonly wholeMilliseconds?: number;
  readonly connections?: number;
}) => {
  const { pool, sources, index, tokenFor = tokenForEach, sourceMilliseconds = 30_000, wholeMilliseconds = 60_000 } = of;
  const { connections = 8 } = of;
  const ask = createAsking({ tokenFor, sourceMilliseconds, connections });
  const pages = createPageCursors({ key: new Uint8Array(32).fill(7), base: locatorBase, seconds: 600, now: Date.now });
  const limits = {
    defaultCount: 50,
    maxCount: 100,
    maxTypes: 3,
    maxParameters: 4,
    wholeMilliseconds,
    rememberedMarks: 1000,
  };
  const continuations = createContinuations(pool, 600, Date.now);
  return {
    gather: createGather({ base: locatorBase, sources, index, ask, pages, continuations, limits }),
    locate: createLocate({
      base: locatorBase,
      sources,
      index,
      ask,
      limits: { ...limits, usualTypes: ['DocumentReference', 'Observation'] },
    }),
  };
};
