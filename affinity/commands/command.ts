/** What a command is given, and what it answers with. */
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';

export interface CommandInput {
  readonly config: Config;
  readonly args: readonly string[];
  readonly log: Log;
  readonly print: (text: string) => void;
}

/** What the arguments of a command say of the settings, before they are read. */
export type CommandSettings =
  | {
      readonly kind: 'settings';
      /** as if the environment said it */
      readonly env: Readonly<Record<string, string>>;
      /** in place of what stands in affinity.yaml under `protect` */
      readonly protect?: object;
    }
  | { readonly kind: 'fault'; readonly fault: string };

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly settings?: (args: readonly string[]) => CommandSettings;
  /** @returns the exit code: 0 done, 1 it could not be done, 2 the call is wrong */
  run(input: CommandInput): Promise<number>;
}
