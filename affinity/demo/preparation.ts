/**
 * The process that sets the demonstration up for domain.ts, and ends when the one that started it does. Node.js 24
 * documentation, child_process.fork.
 */
import { createPeople } from '@affinity/authorization-server/people.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { type PreparationNews, type PreparationTask, setUp } from './set-up.ts';

const tell = (news: PreparationNews): void => void process.send?.(news);

const prepare = async ({ url, ownBases, patients, now }: PreparationTask): Promise<void> => {
  const pool = createPool({ url, onError: () => {} });
  try {
    const onProgress = (taken: number): void => tell({ kind: 'progress', taken });
    await setUp({ pool, people: createPeople(pool), ownBases, patients, now: new Date(now), onProgress });
    tell({ kind: 'done' });
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  } finally {
    await pool.end();
  }
};

// Ctrl-C reaches every process of the terminal; the one that started this one decides what it means.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
const abandoned = (): void => process.exit(1);
process.once('disconnect', abandoned);
process.once('message', (task) => {
  void prepare(task as PreparationTask).finally(() => {
    process.off('disconnect', abandoned);
    process.disconnect();
  });
});
