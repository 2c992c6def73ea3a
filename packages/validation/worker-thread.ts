/**
 * One thread that takes one task at a time, ended and begun anew when a task takes too long: a resource may be made so
 * that an invariant takes very long on it, and FHIRPath cannot be interrupted.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Asked, Outcome } from './validate-resource.ts';

export type Done =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'failed'; readonly name: string };

export interface Thread {
  run(asked: Asked, timeMs: number): Promise<Done>;
  close(): Promise<void>;
}

export const createThread = (): Thread => {
  let worker: Worker | undefined;
  let finish: ((done: Done) => void) | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const begin = (): Worker => {
    const begun = new Worker(join(import.meta.dirname, 'validation-worker.ts'));
    const lost = (name: string): void => {
      if (worker !== begun) return;
      worker = undefined;
      finish?.({ kind: 'failed', name });
    };
    begun.on('message', (done: Done) => finish?.(done));
    begun.on('error', (error) => lost(error instanceof Error ? error.name : 'unknown'));
    begun.on('exit', () => lost('exit'));
    return begun;
  };
  const end = async (): Promise<void> => {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };
  const runNow = async (asked: Asked, timeMs: number): Promise<Done> => {
    worker ??= begin();
    // It holds the process only while it has something to do.
    worker.ref();
    const { promise, resolve } = Promise.withResolvers<Done>();
    finish = resolve;
    const timer = setTimeout(() => resolve({ kind: 'too-slow' }), timeMs);
    worker.postMessage(asked);
    const done = await promise;
    clearTimeout(timer);
    finish = undefined;
    worker?.unref();
    if (done.kind === 'too-slow') await end();
    return done;
  };
  return {
    run(asked, timeMs) {
      const done = last.then(() => runNow(asked, timeMs));
      last = done.catch(() => undefined);
      return done;
    },
    async close() {
      finish?.({ kind: 'failed', name: 'closed' });
      await end();
    },
  };
};
