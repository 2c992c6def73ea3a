/**
 * Single statements that change something and wait for nobody's lock: those that are asked while a commit is under way go
 * together into the next, so that its cost is spread over all who wait. Each is done whole or not at all, and told so once it
 * is durable (PostgreSQL 18 documentation, 28.4, group commit; 54.2.4, pipelining).
 */
import type { Look } from './look.ts';
import type { SharedConnection } from './shared-connection.ts';

type Statement = Parameters<Look>[0];

interface Waiting {
  readonly statement: Statement;
  readonly resolve: (rows: readonly never[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Statements in one transaction at most: it holds the locks of all of them. */
const most = 100;

/**
 * @param connection on which nobody else asks anything: what it is sent lies between our `begin` and our `commit`
 * @returns as `SharedConnection.query`; a statement that fails takes nobody with it
 */
export const createSharedCommit = (connection: Pick<SharedConnection, 'query'>): Look => {
  let queue: Waiting[] = [];
  let running = false;

  const alone = ({ statement, resolve, reject }: Waiting): Promise<void> =>
    connection.query<never>(statement).then(resolve, reject);

  /** Sent in one piece; what one of them did counts only where all did. */
  const together = async (batch: readonly Waiting[]): Promise<void> => {
    const begun = connection.query({ text: 'begin', values: [] });
    const asked = batch.map(({ statement }) => connection.query<never>(statement));
    const ended = connection.query({ text: 'commit', values: [] });
    const [results, [, end]] = await Promise.all([Promise.allSettled(asked), Promise.allSettled([begun, ended])]);
    const failed = results.some(({ status }) => status === 'rejected');
    // Where one failed, the commit was a rollback: nothing has happened, and each is asked again by itself.
    if (failed && end?.status === 'fulfilled') {
      for (const one of batch) await alone(one);
      return;
    }
    results.forEach((result, at) => {
      if (end?.status === 'rejected') batch[at]?.reject(end.reason);
      else if (result.status === 'fulfilled') batch[at]?.resolve(result.value);
    });
  };

  const flush = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.slice(0, most);
      queue = queue.slice(most);
      const [first] = batch;
      await (batch.length === 1 && first !== undefined ? alone(first) : together(batch));
    }
    running = false;
  };

  return <Row>(statement: Statement) =>
    new Promise<readonly Row[]>((resolve, reject) => {
      queue.push({ statement, resolve, reject });
      if (running) return;
      running = true;
      // What one turn of the event loop asks goes together.
      setImmediate(() => void flush());
    });
};
