/** `affinity registry`: FHIR packages loaded into the registry from files, and what is there. HL7 FHIR package specification. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  createLoadedPackages,
  type LoadedPackages,
  type Loading,
  type NeededPackage,
} from '@affinity/registry/packages/loaded-packages.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { recordMigrations } from '@affinity/store/postgres/record-migrations.ts';
import { openDatabase } from '../database.ts';
import { packageLimitsOf } from '../opened-registry.ts';
import { createProgress } from '../progress.ts';
import { registryService } from '../registry-service.ts';
import type { CommandInput } from './command.ts';

const usage = 'Usage: npx affinity registry load FILE… | npx affinity registry list';

const needs = (dependencies: readonly NeededPackage[]): readonly string[] =>
  dependencies.map(({ name, version, isThere }) => `  needs ${name} ${version}: ${isThere ? 'there' : 'not loaded'}`);

const describe = (file: string, loading: Loading): string => {
  if (loading.kind === 'refused') return `${file} was not loaded: ${loading.reason}.`;
  const { created, unchanged, passedOver, dependencies } = loading;
  const { name, version } = loading.package;
  const examples = passedOver === 0 ? '' : `, ${passedOver} examples passed over`;
  const first = `${name} ${version}: ${created} definitions new, ${unchanged} there already${examples}.`;
  return [first, ...needs(dependencies)].join('\n');
};

const load = async (packages: LoadedPackages, files: readonly string[], { config, print }: CommandInput) => {
  const progress = createProgress(process.stderr, 'definitions', () => performance.now());
  let code = 0;
  for (const file of files) {
    const { size } = await stat(file);
    const most = config.file.registry.package_bytes;
    if (size > most) {
      print(`${file} was not loaded: it has ${size} bytes, and a package may have ${most}.`);
      code = 1;
      continue;
    }
    const stream = createReadStream(file);
    let read = 0;
    // Reading is half of the work, checking and storing the other.
    const show = (done: number) => progress.show(read, done);
    stream.on('data', () => show((stream.bytesRead / Math.max(1, size)) * 0.5));
    const loading = await packages.load(stream, 'the command line', {
      onRead: (artefacts) => {
        read = artefacts;
        show(0.5 + 0.4 * Math.min(1, artefacts / 500));
      },
      onStoring: () => show(0.95),
    });
    progress.end();
    print(describe(file, loading));
    if (loading.kind === 'refused') code = 1;
  }
  return code;
};

const list = async (packages: LoadedPackages, print: (text: string) => void): Promise<number> => {
  const loaded = await packages.list();
  if (loaded.length === 0) print('No package is loaded. Load one with: npx affinity registry load FILE');
  for (const { name, version, artefacts, loadedAt, loadedBy, dependencies } of loaded)
    print(
      [
        `${name} ${version}: ${artefacts} definitions, loaded ${loadedAt.toISOString().slice(0, 10)} by ${loadedBy}`,
        ...needs(dependencies),
      ].join('\n'),
    );
  return 0;
};

type Call =
  | { readonly kind: 'load'; readonly files: readonly string[] }
  | { readonly kind: 'list' }
  | { readonly kind: 'fault'; readonly fault: string };

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const readCall = async (args: readonly string[]): Promise<Call> => {
  try {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
    const [verb = 'list', ...files] = positionals;
    if (verb === 'list' && files.length === 0) return { kind: 'list' };
    if (verb !== 'load' || files.length === 0) return { kind: 'fault', fault: usage };
    const missing: string[] = [];
    for (const file of files) if (!(await isFile(file))) missing.push(file);
    return missing.length === 0
      ? { kind: 'load', files }
      : { kind: 'fault', fault: `No such file: ${missing.join(', ')}.` };
  } catch (error) {
    return { kind: 'fault', fault: `${error instanceof Error ? error.message : error}\n${usage}` };
  }
};

export const registry = async (input: CommandInput): Promise<number> => {
  const { config, args, log, print } = input;
  const call = await readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const { name, path } = registryService;
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    await migrate(database.url, recordMigrations(), name);
    const pool = createPool({ url: database.url, schema: name, onError: (error) => log(error.message), max: 2 });
    try {
      const packages = createLoadedPackages({
        pool,
        ownBases: [`${config.origin}${path}`],
        limits: packageLimitsOf(config.file.registry),
        changed: () => {},
        now: Date.now,
      });
      return call.kind === 'load' ? await load(packages, call.files, input) : await list(packages, print);
    } finally {
      await pool.end();
    }
  } finally {
    await database.close();
  }
};
