/**
 * Terminology of the registry: pages of a large ValueSet, codes judged, and US Core loaded until a resource can be
 * validated against it. Through door, guard and store, in this process, without sockets; the audit log is kept in memory.
 */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createArtefacts } from '@affinity/registry/artefacts.ts';
import { createCoreDefinitions } from '@affinity/registry/core-definitions.ts';
import { noticedWrites } from '@affinity/registry/noticed-writes.ts';
import { createTerminologyOperations } from '@affinity/registry/operations/terminology-operations.ts';
import { createValidateOperation } from '@affinity/registry/operations/validate-operation.ts';
import { createLoadedPackages } from '@affinity/registry/packages/loaded-packages.ts';
import { packageLimits } from '@affinity/registry/packages/package-limits.ts';
import { registryTypes } from '@affinity/registry/registry-types.ts';
import { createRelatedArtefacts } from '@affinity/registry/related-artefacts.ts';
import { snapshotLimits } from '@affinity/registry/snapshot/snapshot.ts';
import { readInputs } from '@affinity/registry/terminology/inputs.ts';
import { terminologyLimits } from '@affinity/registry/terminology/limits.ts';
import { numberSystem, numbers } from '@affinity/registry/terminology/testing/animals.ts';
import { validateCodeInValueSet } from '@affinity/registry/terminology/validate-code.ts';
import { createDefinitionsOfCaller } from '@affinity/registry/terminology-of-caller.ts';
import { createClinic, sending } from '@affinity/resource-server/testing/clinic.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { recordMigrations } from '@affinity/store/postgres/record-migrations.ts';
import { createValidator } from '@affinity/validation/validator.ts';
import { makeDirectory, removeDirectory } from '../test/journeys/domain.ts';

export interface TerminologyFigures {
  /** milliseconds of `$expand`, first page of 100 of 10,000 codes */
  readonly firstPage: { readonly cold: number; readonly warm: readonly number[] };
  /** milliseconds of the same, narrowed by words */
  readonly filtered: readonly number[];
  /** `$validate-code`, 1/s: of requests, and of questions to the engine alone */
  readonly validated: { readonly requests: number; readonly engine: number };
  readonly usCore?: {
    readonly loadSeconds: number;
    /** from a cold start of the thread to the answer, and the next ones */
    readonly firstValidation: number;
    readonly validations: readonly number[];
    readonly megabytes: { readonly before: number; readonly loaded: number; readonly ready: number };
  };
}

const usCore = join(import.meta.dirname, '../../shared/data/us-core-6.1.0.tgz');
const count = 10_000;
const resident = (): number => process.memoryUsage().rss / 1024 / 1024;
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const times = async (rounds: number, work: () => Promise<unknown>): Promise<readonly number[]> => {
  const taken: number[] = [];
  for (let round = 0; round < rounds; round += 1) taken.push(await timed(work));
  return taken;
};

const patient = {
  resourceType: 'Patient',
  meta: { profile: ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient'] },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' },
  identifier: [{ system: 'http://a.example', value: '1' }],
  name: [{ family: 'A' }],
  gender: 'female',
};

export const measureTerminology = async (rounds: number): Promise<TerminologyFigures> => {
  const directory = makeDirectory();
  const postgres = await startEmbedded({ directory });
  await migrate(postgres.url, recordMigrations(), 'registry');
  const pool = createPool({ url: postgres.url, schema: 'registry', onError: () => {} });
  const validator = createValidator();
  try {
    const store = createBackend({ pool, ownBases: [] });
    const clock = { seconds: 1, now: Date.now };
    const artefacts = createArtefacts({ backend: store, carried: createCoreDefinitions(), most: 2000, ...clock });
    const backend = noticedWrites(store, artefacts.changed);
    const related = createRelatedArtefacts({ backend, artefacts, ...clock });
    const limits = { limits: terminologyLimits, snapshotLimits };
    const definitions = createDefinitionsOfCaller({ artefacts, related, ...limits, ...clock });
    const open = new Set(registryTypes);
    const server = await createClinic({
      backend,
      facts: (principal: Principal) => ({
        ...(principal.anonymous === true ? { now: Date.now() } : wholeFacts(principal)),
        open,
      }),
      openReads: { types: open, perMinute: Number.MAX_SAFE_INTEGER },
      operations: [
        ...createTerminologyOperations({ definitions, now: Date.now }),
        createValidateOperation({ definitions, validator }),
      ],
    });
    const token = await server.token({ patient: undefined });
    const ask = async (path: string, init?: RequestInit): Promise<void> => {
      const response = await server.send(path, token, init);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text.slice(0, 300)}`);
      server.audit.length = 0;
    };
    const memory = { before: resident() };
    for (const resource of [numberSystem(count), numbers]) {
      const content = { resource, json: JSON.stringify(resource) };
      await backend.create({ type: resource.resourceType, id: String(resource.id), content });
    }
    const page = () => ask(`/ValueSet/$expand?url=${numbers.url}&count=100`);
    const cold = await timed(page);
    const warm = await times(rounds, page);
    const filtered = await times(rounds, () => ask(`/ValueSet/$expand?url=${numbers.url}&count=100&filter=number+99`));

    const system = 'http://a.example/CodeSystem/numbers';
    const validate = (i: number) => `/ValueSet/$validate-code?url=${numbers.url}&system=${system}&code=n${i % count}`;
    const requests = rounds * 20;
    const asked = await timed(async () => {
      for (let i = 0; i < requests; i += 16)
        await Promise.all(Array.from({ length: 16 }, (_, k) => ask(validate(i + k))));
    });
    const { terminology } = definitions(() => ({ kind: 'everything' }));
    const inputs = (i: number) =>
      readInputs([
        { name: 'url', value: numbers.url },
        { name: 'system', value: system },
        { name: 'code', value: `n${i % count}` },
      ]);
    const questions = rounds * 200;
    await validateCodeInValueSet(inputs(0), {}, terminology);
    const engine = await timed(async () => {
      for (let i = 0; i < questions; i += 1) await validateCodeInValueSet(inputs(i), {}, terminology);
    });
    const figures = {
      firstPage: { cold, warm },
      filtered,
      validated: { requests: (requests / asked) * 1000, engine: (questions / engine) * 1000 },
    };
    if (!existsSync(usCore)) return figures;
    const { changed } = artefacts;
    const packages = createLoadedPackages({ pool, ownBases: [], limits: packageLimits, changed, now: Date.now });
    const loading = await timed(async () => {
      const loaded = await packages.load(createReadStream(usCore), 'bench');
      if (loaded.kind === 'refused') throw new Error(loaded.reason);
    });
    const loaded = resident();
    const check = () => ask('/Patient/$validate', sending('POST', patient));
    const firstValidation = await timed(check);
    const validations = await times(rounds, check);
    const megabytes = { ...memory, loaded, ready: resident() };
    return { ...figures, usCore: { loadSeconds: loading / 1000, firstValidation, validations, megabytes } };
  } finally {
    await validator.close();
    await pool.end();
    await postgres.stop();
    removeDirectory(directory);
  }
};
