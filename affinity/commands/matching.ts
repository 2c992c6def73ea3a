/** `affinity matching learn`: weights of matching learned from the domain's own records, printed for affinity.yaml. */
import { parseArgs } from 'node:util';
import { learnFromIndex } from '@affinity/identity/matching/learning-from-index.ts';
import { openDatabase } from '../database.ts';
import { matchingOf } from '../matching-settings.ts';
import type { CommandInput } from './command.ts';

const usage = 'Usage: npx affinity matching learn [--records N]';
const [fewest, most, otherwise] = [100, 100_000, 20_000];

const readCall = (args: readonly string[]): number | undefined => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { records: { type: 'string' } },
    });
    const records = Number(values.records ?? otherwise);
    const right =
      positionals.join(' ') === 'learn' && Number.isInteger(records) && records >= fewest && records <= most;
    return right ? records : undefined;
  } catch {
    return undefined;
  }
};

export const matching = async ({ args, config, log, print }: CommandInput): Promise<number> => {
  const records = readCall(args);
  if (records === undefined) {
    print(`${usage}. N is from ${fewest} to ${most}.`);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: print });
  try {
    const learned = await learnFromIndex(database.pool, matchingOf(config.file.matching), records);
    if (learned.looked < fewest) {
      print(`There are ${learned.looked} records in the index: too few to learn from.`);
      return 1;
    }
    print(`# learned from ${learned.looked} of ${learned.records} records; one line of JSON is YAML too`);
    print(`matching:\n  records: ${learned.records}\n  model: ${JSON.stringify(learned.model)}`);
    return 0;
  } finally {
    await database.close();
  }
};
