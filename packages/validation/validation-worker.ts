/** The thread in which resources are validated: definitions and engine are loaded in it alone, at its first task. */
import { parentPort } from 'node:worker_threads';
import type { Asked } from './validate-resource.ts';

parentPort?.on('message', async (asked: Asked) => {
  try {
    const { validateResource } = await import('./validate-resource.ts');
    parentPort?.postMessage({ kind: 'outcome', outcome: validateResource(asked) });
  } catch (error) {
    parentPort?.postMessage({ kind: 'failed', name: error instanceof Error ? error.name : 'unknown' });
  }
});
