/**
 * One connection that many short statements share: each is sent when it is asked, without waiting for the answers before
 * it, and the answers come in the same order (PostgreSQL 18 documentation, 54.2.4, pipelining). Half the work of a
 * connection each, on both sides; but whoever stands behind a long statement waits for it, so only short ones go here.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { searchPath } from './search-path.ts';

export interface SharedConnectionOptions {
  readonly url: string;
  /** where its tables are; the database's own schema unless told */
  readonly schema?: string;
  /** milliseconds; 10,000 unless told */
  readonly connectTimeout?: number;
  /**
   * Milliseconds without any answer while some are owed, after which the connection is given up: the server may be frozen,
   * or the network gone. 20,000 unless told.
   */
  readonly answerTimeout?: number;
  /** shown in `pg_stat_activity` */
  readonly applicationName?: string;
  /** told when the connection was lost; the next statement opens another */
  readonly onError: (error: Error) => void;
}

export interface SharedConnection {
  /** @throws the error of the driver; when the connection is lost, to everybody who waits for an answer. */
  query<Row>(statement: {
    readonly text: string;
    readonly values: unknown[];
    readonly name?: string;
  }): Promise<readonly Row[]>;
  /** Lets what was asked be answered, then closes. */
  close(): Promise<void>;
}

interface Open {
  readonly client: pg.Client;
  readonly socket: Socket;
  /** answers owed, and when the last came or the first of them was asked for (performance.now) */
  owed: number;
  heard: number;
}

/** Nothing connects before the first statement. Each statement is its own transaction. */
export const createSharedConnection = (options: SharedConnectionOptions): SharedConnection => {
  let open: Open | undefined;
  let opening: Promise<Open> | undefined;
  let closed = false;
  const patience = options.answerTimeout ?? 20_000;

  const connect = async (): Promise<Open> => {
    const socket = new Socket();
    const client = new pg.Client({
      stream: () => socket,
      connectionString: options.url,
      pipeline: true,
      connectionTimeoutMillis: options.connectTimeout ?? 10_000,
      application_name: options.applicationName ?? 'affinity reads',
      // A statement by a key is planned once: made while a table was small, its plan would read all of a large one for ever.
      options: [
        '-c enable_seqscan=off -c jit=off',
        ...(options.schema === undefined ? [] : [searchPath(options.schema)]),
      ].join(' '),
    });
    const forget = (): void => {
      if (open?.client === client) open = undefined;
    };
    client.on('error', (error) => {
      forget();
      options.onError(error);
    });
    client.on('end', forget);
    await client.connect();
    open = { client, socket, owed: 0, heard: 0 };
    watch(open);
    return open;
  };

  /** One timer for all who wait: it looks now and then, and costs a statement nothing. */
  const watch = (one: Open): void => {
    const timer = setInterval(() => {
      if (one.owed > 0 && performance.now() - one.heard > patience) {
        one.socket.destroy(new Error(`PostgreSQL gave no answer for ${patience} ms.`));
      }
    }, patience / 4);
    timer.unref();
    one.socket.once('close', () => clearInterval(timer));
  };

  const connected = (): Promise<Open> => {
    if (closed) return Promise.reject(new Error('The connection was closed.'));
    opening ??= connect().finally(() => {
      opening = undefined;
    });
    return opening;
  };

  /** What is asked in one turn of the event loop is sent in one piece. */
  const gather = (socket: Socket): void => {
    if (socket.writableCorked > 0) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  };

  const run = <Row>(one: Open, { text, values, name }: Parameters<SharedConnection['query']>[0]) =>
    new Promise<readonly Row[]>((resolve, reject) => {
      gather(one.socket);
      if (one.owed === 0) one.heard = performance.now();
      one.owed += 1;
      // As an object of the driver's own: it copies a plain one property by property.
      const query = new pg.Query<never>(text, values, (error: Error | null | undefined, result) => {
        one.owed -= 1;
        one.heard = performance.now();
        if (error) reject(error);
        else resolve(result.rows);
      });
      one.client.query(name === undefined ? query : Object.assign(query, { name }));
    });

  return {
    query: <Row>(statement: Parameters<SharedConnection['query']>[0]) =>
      open === undefined ? connected().then((now) => run<Row>(now, statement)) : run<Row>(open, statement),
    close: async () => {
      closed = true;
      const last = open ?? (await opening?.catch(() => undefined));
      open = undefined;
      await last?.client.end();
    },
  };
};
