/** The store passes core's conformance suite for Backends, its Filter in SQL held against policy's in memory. */

import type { Canonical } from '@affinity/core/fhir/value-match.ts';
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { describeJoins } from '@affinity/core/testing/backend-joins.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { baseUnitOf, ucumSystem } from '@affinity/store/ucum.ts';

/** Quantities of UCUM are one value in whatever unit they are written. */
const canonical: Canonical = ({ system, code, value, low, high }) => {
  if (system !== ucumSystem) return undefined;
  const { unit, toBase } = baseUnitOf(system, code);
  return { system, code: String(unit), value: toBase(value), low: toBase(low), high: toBase(high) };
};

describeBackend('the store', async () => {
  const { pool, close } = await testDatabase();
  return { backend: createBackend({ pool, ownBases: ['http://localhost:4000/fhir'] }), evaluate, canonical, close };
});

/** As the domain runs it: what is read by id shares one connection. */
describeBackend('the store with a shared connection', async () => {
  const { pool, url, close } = await testDatabase();
  const shared = createSharedConnection({ url, onError: () => {} });
  return {
    backend: createBackend({ pool, shared, ownBases: ['http://localhost:4000/fhir'] }),
    evaluate,
    canonical,
    close: async () => {
      await shared.close();
      await close();
    },
  };
});

/** Joins have two forms (packages/store/join-sql.ts): small data sets would only ever see one. */
describeJoins('the store that follows every join row by row', async () => {
  const { pool, close } = await testDatabase();
  const backend = createBackend({ pool, ownBases: [], limits: { fewTargets: 0, fewSources: 0 } });
  return { backend, evaluate, canonical, close };
});
