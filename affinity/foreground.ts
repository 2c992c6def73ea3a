/** What a process in the foreground has in common, whichever part of the domain it is: its listener, and its end. */
import { findRunning } from '@affinity/store/postgres/running.ts';
import type { Config } from './config.ts';
import type { HttpServer } from './http-server.ts';

/** how long requests under way may go on when it stops */
export const graceMs = 10_000;

/** Resolves once: with undefined on SIGINT or SIGTERM, with a message when the database ended by itself. */
export const waitForStop = (): { asked: Promise<string | undefined>; fail: (message: string) => void } => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  // Heard each time: one Ctrl-C may arrive twice, from the terminal and from npm, and the second must not cut the stop short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined));
  return { asked: promise, fail: resolve };
};

/** Where to listen, and the settings that say so, for whoever has to change them. */
export interface Place extends Pick<Config['listen'], 'host' | 'port'> {
  readonly hostSetting: string;
  readonly portSetting: string;
  /** of the domain that may be running there already */
  readonly dataDirectory?: string;
}

export const openServer = async (
  { host, port, hostSetting, portSetting, dataDirectory }: Place,
  open: () => Promise<HttpServer>,
): Promise<HttpServer> => {
  try {
    return await open();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      const running = dataDirectory === undefined ? undefined : findRunning(dataDirectory);
      if (running !== undefined) {
        throw new Error(
          `This domain is running already: process ${running.pid} holds ${dataDirectory}. Stop it first.`,
        );
      }
      throw new Error(
        `Port ${port} on ${host} is taken by another program. Stop it, or choose another with ${portSetting}.`,
      );
    }
    if (code === 'EACCES')
      throw new Error(`Port ${port} on ${host} may not be used by this account. Choose another with ${portSetting}.`);
    if (code === 'EADDRNOTAVAIL')
      throw new Error(`This machine has no address ${host}. Choose another with ${hostSetting}.`);
    throw error;
  }
};
