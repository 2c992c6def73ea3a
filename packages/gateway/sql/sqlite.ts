/**
 * A SQLite file, opened for reading only, in a thread of its own; one statement after another. sqlite.org/c3ref/open.html
 * (SQLITE_OPEN_READONLY); Node.js 24 documentation, sqlite, worker_threads.
 */
import { Worker } from 'node:worker_threads';
import { type DatabaseFailure, failed, tooSlow, unavailable } from './database-fault.ts';
import type { From, SelectOptions, SqlEngine } from './engine.ts';
import { kindOf, sqliteDialect } from './sqlite-dialect.ts';
import type { SqliteNews, SqliteTask } from './sqlite-thread.ts';
import { type Bound, fromMapping, qualified, type Sql, sql, toStatement } from './statement.ts';

export interface SqliteOptions {
  readonly path: string;
  /** what a statement may take, its turn not counted */
  readonly statementMilliseconds?: number;
  readonly onFailure?: (failure: DatabaseFailure) => void;
}

/** Result codes that mean that the file cannot be read now. sqlite.org/rescode.html */
const outages = ['5', '6', '10', '11', '14', '23', '26'];

/** How long after its time a statement may notice that it is over. */
const graceMilliseconds = 5_000;

const sourceOf = (from: From): Sql => (from.kind === 'select' ? fromMapping(from.sql) : qualified(from.names));

export const openSqlite = ({ path, statementMilliseconds = 10_000, onFailure }: SqliteOptions): SqlEngine => {
  const stop = new SharedArrayBuffer(4);
  const word = new Int32Array(stop);
  let worker: Worker | undefined;
  let tasks = 0;
  let closed = false;
  /** Statements wait for one another here. */
  let turn: Promise<unknown> = Promise.resolve();

  const thread = (): Worker => {
    if (closed) throw unavailable();
    if (worker !== undefined) return worker;
    const made = new Worker(new URL('./sqlite-thread.ts', import.meta.url), {
      workerData: { path, milliseconds: statementMilliseconds, stop },
    });
    made.unref();
    worker = made;
    return made;
  };

  /** One task, alone in the thread. */
  const give = (text: string, values: readonly Bound[] | undefined, signal?: AbortSignal): Promise<SqliteNews> => {
    const { promise, resolve, reject } = Promise.withResolvers<SqliteNews>();
    tasks += 1;
    const task: SqliteTask = { number: tasks, text, ...(values === undefined ? {} : { values }) };
    const asked = thread();
    const hangUp = (): void => void Atomics.store(word, 0, task.number);
    const lost = (): void => {
      worker = undefined;
      reject(unavailable());
    };
    const heard = (news: SqliteNews): void => resolve(news);
    // Where a statement is not asked whether it goes on, nobody waits for it; the thread ends when it does.
    const abandon = (): void => {
      worker = undefined;
      void asked.terminate();
      resolve({ number: task.number, kind: 'failed', code: 'late', message: '' });
    };
    const late = setTimeout(abandon, statementMilliseconds + graceMilliseconds);
    signal?.addEventListener('abort', hangUp, { once: true });
    asked.once('message', heard);
    asked.once('error', lost);
    asked.once('exit', lost);
    asked.ref();
    asked.postMessage(task);
    return promise.finally(() => {
      clearTimeout(late);
      signal?.removeEventListener('abort', hangUp);
      asked.off('message', heard).off('error', lost).off('exit', lost);
      asked.unref();
    });
  };

  const inTurn = async (
    text: string,
    values: readonly Bound[] | undefined,
    signal?: AbortSignal,
  ): Promise<SqliteNews> => {
    signal?.throwIfAborted();
    const work = turn.then(() => {
      signal?.throwIfAborted();
      return give(text, values, signal);
    });
    turn = work.catch(() => {});
    if (signal === undefined) return work;
    // Who hangs up does not wait for the turn of others, nor for a statement to notice that it is to stop.
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const hangUp = (): void => reject(signal.reason);
    signal.addEventListener('abort', hangUp, { once: true });
    return Promise.race([work, gone]).finally(() => signal.removeEventListener('abort', hangUp));
  };

  const told = (code: string): Error => {
    const event =
      code === 'late' ? 'database-too-slow' : outages.includes(code) ? 'database-unavailable' : 'database-failed';
    onFailure?.({ event, code });
    return event === 'database-too-slow' ? tooSlow() : event === 'database-unavailable' ? unavailable() : failed();
  };

  return {
    dialect: sqliteDialect,
    source: sourceOf,
    async columns(from) {
      const { text } = toStatement(sql`select * from ${sourceOf(from)} as source`, sqliteDialect.place);
      const news = await inTurn(text, undefined);
      if (news.kind === 'failed') {
        if (news.code === 'late' || outages.includes(news.code)) throw told(news.code);
        return { fault: news.message };
      }
      const columns = news.kind === 'columns' ? news.columns : [];
      return { from, columns: columns.map(({ name, type }) => ({ name, kind: kindOf(type) })) };
    },
    async select({ text, values }, { signal }: SelectOptions = {}) {
      const news = await inTurn(text, values, signal);
      if (news.kind === 'rows') return news.rows;
      throw signal?.aborted ? signal.reason : told(news.kind === 'failed' ? news.code : '');
    },
    async close() {
      closed = true;
      Atomics.store(word, 0, tasks);
      await turn;
      await worker?.terminate();
    },
  };
};
