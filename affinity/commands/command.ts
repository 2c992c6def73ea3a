/** What a command is given, and what it answers with. */
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';

export interface CommandInput {
  readonly config: Config;
  readonly args: readonly string[];
  readonly log: Log;
  readonly print: (text: string) => void;
}

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** @returns the exit code: 0 done, 1 it could not be done, 2 the call is wrong */
  run(input: CommandInput): Promise<number>;
}
