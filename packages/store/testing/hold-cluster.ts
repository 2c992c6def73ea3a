/**
 * A program for tests: starts PostgreSQL on the folder given, says so on its output with one line of JSON, inserts what
 * its input tells it to, and stops at SIGTERM. It is there to be killed.
 */
import { createInterface } from 'node:readline';
import pg from 'pg';
import { startEmbedded } from '../postgres/embedded.ts';

const [directory = '', patience = '2000'] = process.argv.slice(2);
try {
  const server = await startEmbedded({ directory, lockPatience: Number(patience) });
  process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
  process.stdout.write(`${JSON.stringify({ url: server.url, postmaster: server.pid })}\n`);
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  await client.query('create table if not exists written (line text)');
  for await (const line of createInterface({ input: process.stdin })) {
    await client.query('insert into written values ($1)', [line]);
    process.stdout.write(`${line}\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
