/** `affinity import`: real records from files, or synthetic ones from the generator, with progress and a summary. */
import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type ImportSummary, importResources } from '@affinity/store/import.ts';
import type { ImportItem } from '@affinity/store/import-item.ts';
import { readImportSource } from '@affinity/store/import-source.ts';
import { openDatabase } from '../database.ts';
import { demonstrationOf } from '../demo/begun.ts';
import { generatePopulation } from '../demo/population.ts';
import { isInFrontOfServer } from '../home.ts';
import { createProgress } from '../progress.ts';
import type { CommandInput } from './command.ts';

const usage = 'Usage: npx affinity import FILE… [--all] | npx affinity import --synthetic N [--seed N]';

type Call =
  | { readonly kind: 'files'; readonly files: readonly string[]; readonly content: 'examples' | 'all' }
  | { readonly kind: 'synthetic'; readonly patients: number; readonly seed: number | undefined }
  | { readonly kind: 'fault'; readonly fault: string };

export const importRecords = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = await readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  const progress = createProgress(process.stderr, 'resources', () => performance.now());
  const began = performance.now();
  try {
    if (await isInFrontOfServer(database.pool)) {
      print('The records of this domain are those of an existing server: put them in there.');
      return 1;
    }
    let fraction: number | undefined;
    const source =
      call.kind === 'files'
        ? readFiles(call.files, call.content, (read) => {
            fraction = read;
          })
        : generatePopulation({
            seed: 2026,
            today: new Date().toISOString().slice(0, 10),
            ...(await demonstrationOf(database.pool)),
            ...seedOf(call),
          });
    const summary = await importResources(database.pool, source, {
      ownBases: [`${config.origin}/fhir`],
      mode: call.kind === 'files' ? 'update' : 'keep',
      onProgress: ({ taken, refused }) => progress.show(taken + refused, fraction),
    });
    progress.end();
    print(describe(summary, (performance.now() - began) / 1000));
    return 0;
  } finally {
    progress.end();
    await database.close();
  }
};

const seedOf = ({ patients, seed }: Call & { kind: 'synthetic' }) => ({
  patients,
  ...(seed === undefined ? {} : { seed }),
});

const describe = (summary: ImportSummary, seconds: number): string => {
  const refused = summary.refused.reduce((sum, { count }) => sum + count, 0);
  const number = (value: number): string => value.toLocaleString('en');
  const lines = [
    `Taken: ${number(summary.taken)} resources in ${seconds.toFixed(1)} s (${number(summary.created)} new, ` +
      `${number(summary.updated)} changed, ${number(summary.unchanged)} as they were).`,
    `Refused: ${number(refused)}.`,
  ];
  for (const { reason, count, examples } of summary.refused) {
    lines.push(`  ${number(count)} × ${reason}`, `      first at ${examples.join(', ')}`);
  }
  return lines.join('\n');
};

async function* readFiles(
  files: readonly string[],
  content: 'examples' | 'all',
  onFraction: (fraction: number) => void,
): AsyncGenerator<ImportItem | Resource> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  for (const [index, file] of files.entries()) {
    yield* readImportSource(file, { content, onRead: (bytes) => onFraction((before + bytes) / whole) });
    before += sizes[index] ?? 0;
  }
}

const readCall = async (args: readonly string[]): Promise<Call> => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { all: { type: 'boolean' }, synthetic: { type: 'string' }, seed: { type: 'string' } },
    });
    if (values.synthetic !== undefined) {
      const patients = wholeNumber(values.synthetic);
      const seed = values.seed === undefined ? undefined : wholeNumber(values.seed);
      if (positionals.length > 0)
        return { kind: 'fault', fault: `Files and --synthetic do not go together.\n${usage}` };
      if (patients === undefined || patients < 1 || patients > 1_000_000) {
        return {
          kind: 'fault',
          fault: `--synthetic takes a whole number from 1 to 1000000, not "${values.synthetic}".`,
        };
      }
      if (values.seed !== undefined && seed === undefined) {
        return { kind: 'fault', fault: `--seed takes a whole number, not "${values.seed}".` };
      }
      return { kind: 'synthetic', patients, seed };
    }
    if (positionals.length === 0) return { kind: 'fault', fault: usage };
    const missing = [];
    for (const file of positionals) if (!(await isFile(file))) missing.push(file);
    if (missing.length > 0) return { kind: 'fault', fault: `No such file: ${missing.join(', ')}.` };
    return { kind: 'files', files: positionals, content: values.all === true ? 'all' : 'examples' };
  } catch (error) {
    return { kind: 'fault', fault: `${error instanceof Error ? error.message : error}\n${usage}` };
  }
};

const wholeNumber = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
