/** The command line: which command was asked for, and what the process ends with. */

import { describeCommands, findCommand } from './command-line.ts';
import { describeFaults, readConfig } from './config.ts';
import { createLog } from './log.ts';

const log = createLog(
  (line) => console.error(line),
  () => new Date(),
);

/** 0 done · 1 it could not be done · 2 the call or a setting is wrong */
const run = async (args: readonly string[]): Promise<number> => {
  const [name = 'start', ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(describeCommands());
    return 0;
  }
  const command = findCommand(name);
  if (command === undefined) {
    console.error(`There is no command "${name}".\n\n${describeCommands()}`);
    return 2;
  }
  const asked = command.settings?.(rest) ?? { kind: 'settings', env: {} };
  if (asked.kind === 'fault') {
    console.error(asked.fault);
    return 2;
  }
  const result = readConfig({ ...process.env, ...asked.env }, process.cwd(), asked.protect);
  if (result.kind === 'faults') {
    console.error(describeFaults(result.faults));
    return 2;
  }
  const print = (text: string): void => console.log(text);
  return command.run({ config: result.config, args: rest, log, print });
};

process.on('unhandledRejection', (reason) => {
  console.error(reason);
  process.exit(1);
});
const exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
});
// Not by leaving: a connection that a failed start left open must not keep the process alive.
process.exit(exitCode);
