/**
 * The thread in which a SQLite file is read: a statement holds up nobody but itself, and ends when the word `stop` is set or
 * its time is over. Node.js 24 documentation, sqlite, worker_threads; sqlite.org/c3ref/create_function.html.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Raw } from './engine.ts';
import type { Bound } from './statement.ts';

export interface SqliteTask {
  readonly number: number;
  /** absent: the columns alone are wanted */
  readonly values?: readonly Bound[];
  readonly text: string;
}
export type SqliteNews =
  | { readonly number: number; readonly kind: 'rows'; readonly rows: readonly (readonly Raw[])[] }
  | {
      readonly number: number;
      readonly kind: 'columns';
      readonly columns: readonly { readonly name: string; readonly type: string | null }[];
    }
  /** `message`: for whoever wrote the mapping, never for a caller */
  | { readonly number: number; readonly kind: 'failed'; readonly code: string; readonly message: string };

/** The function that is asked at every row (`goesOn` of sqlite-dialect.ts). */
const goesOn = 'affinity_goes_on';

interface ThreadData {
  readonly path: string;
  readonly milliseconds: number;
  /** one word: the number of the task that is to stop */
  readonly stop: SharedArrayBuffer;
}

/** Bytes are no text: what is made of this withholds the row. */
const unreadable = '\u0000';

const asText = (value: unknown): Raw => {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : unreadable;
};

const serve = ({ path, milliseconds, stop }: ThreadData): void => {
  const word = new Int32Array(stop);
  let current = 0;
  let deadline = 0;
  let isLate = false;
  let database: DatabaseSync | undefined;
  /** Opened at the first task, so that a file that is not there is a failure of that task. */
  const open = (): DatabaseSync => {
    if (database?.isOpen) return database;
    const opened = new DatabaseSync(path, { readOnly: true, timeout: milliseconds });
    opened.function(goesOn, { deterministic: false }, () => {
      isLate = performance.now() > deadline;
      if (isLate || Atomics.load(word, 0) === current) throw new Error('stopped');
      return 1;
    });
    opened.exec('pragma query_only = on; pragma trusted_schema = off');
    database = opened;
    return opened;
  };
  const answer = ({ number, text, values }: SqliteTask): SqliteNews => {
    current = number;
    isLate = false;
    deadline = performance.now() + milliseconds;
    try {
      const statement = open().prepare(text);
      if (values === undefined) {
        const columns = statement.columns().map(({ name, type }) => ({ name, type }));
        return { number, kind: 'columns', columns };
      }
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      const rows = statement.all(...(values as SQLInputValue[])) as unknown as readonly unknown[][];
      return { number, kind: 'rows', rows: rows.map((row) => row.map(asText)) };
    } catch (error) {
      const code = error instanceof Error && 'errcode' in error ? String(error.errcode) : '';
      const message = error instanceof Error ? error.message : '';
      return { number, kind: 'failed', code: isLate ? 'late' : code, message };
    }
  };
  parentPort?.on('message', (task: SqliteTask) => parentPort?.postMessage(answer(task)));
};

if (parentPort !== null) serve(workerData as ThreadData);
