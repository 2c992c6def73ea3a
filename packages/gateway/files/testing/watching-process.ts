/**
 * A process that looks at a folder until nothing is left, or until it is killed: by others, or by itself when its clock has
 * been asked so many times, which happens before, within and after every transaction.
 *
 *     node watching-process.ts URL FOLDER QUESTIONS
 */
import pg from 'pg';
import { createFolder } from '../folder.ts';
import { testSettings } from './inbox.ts';

const [url = '', folder = '', questions = '0'] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url });
pool.on('error', () => {});
pool.on('connect', (client) => client.on('error', () => {}));

let left = Number(questions);
const now = (): number => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  return Date.now();
};
const watched = await createFolder({ pool, server: 'files', folder, settings: testSettings(), now });
do await watched.look();
while (watched.health().state !== 'working' || watched.health().pending > 0);
await watched.close();
await pool.end();
