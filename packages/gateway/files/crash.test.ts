/** Nothing acknowledged is ever lost, nothing is half-written, nothing is applied twice: whenever the process is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { testInbox } from './testing/inbox.ts';
import { adt, oru } from './testing/messages.ts';

const script = join(import.meta.dirname, 'testing/watching-process.ts');

test('kill -9 anywhere: every message is applied once or is in quarantine, and no file is lost', async (t) => {
  const inbox = await testInbox(t);
  await inbox.folder.close();
  const [files, messages] = [5, 4];
  for (let f = 0; f < files; f += 1) {
    const all = Array.from({ length: messages }, (_, m) => {
      const number = `${f}-${m}`;
      if (m === 2) return adt({ id: `bad${number}`, number }).replace('ADT^A01', 'MDM^T02');
      return m === 3
        ? oru({ id: number, number: `${f}-0`, order: number }).replace('V77', `V-${f}-0`)
        : adt({ id: number, number });
    });
    await inbox.put(`${f}.hl7`, all.join('\r'));
  }
  await inbox.put('patients.csv', 'number;name;born\nc1;Ada;01.02.1970\nc2;Bo;no date\n');
  const run = async (questions: number): Promise<string | null> => {
    const child = spawn(process.execPath, [script, inbox.url, inbox.root, String(questions)], { stdio: 'ignore' });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (_, signal) => resolve(signal));
    });
  };
  let killed = 0;
  // First while it looks at what is there, then within the first message and behind each of its changes, then ever further.
  for (const questions of [3, 14, 3, 4, 6, 11, 23, 0]) if ((await run(questions)) === 'SIGKILL') killed += 1;
  assert.ok(killed >= 5, `${killed} were killed`);
  assert.deepEqual([await inbox.names('inbox'), await inbox.names('work')], [[], []]);
  const { rows } = await inbox.pool.query<{ receipts: string; earlier: string; patients: string; reports: string }>(
    `select (select count(*) from file_receipt) as receipts, (select count(*) from file_record_version) as earlier,
      (select count(*) from file_record where type = 'Patient') as patients,
      (select count(*) from file_record where type = 'DiagnosticReport') as reports`,
  );
  const [found] = rows;
  assert.deepEqual(Object.values(found ?? {}).map(Number), [files * 3, 0, files * 2 + 1, files]);
  assert.equal((await inbox.names('done')).length, files + 1);
  const rejected = (await inbox.names('quarantine')).filter((name) => name.endsWith('.rejected'));
  assert.equal(rejected.length, files + 1);
  assert.equal((await inbox.texts('.reason.txt')).length, files + 1);
});
