/** `affinity audit verify`: is the audit log as it was written, and do the AuditEvents made from it say the same? */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ChainHead } from '@affinity/store/audit-chain.ts';
import { checkAuditEvents, type EventFault } from '@affinity/store/audit-events-check.ts';
import { type AuditFault, verifyAuditLog } from '@affinity/store/audit-verification.ts';
import { openDatabase } from '../database.ts';
import type { CommandInput } from './command.ts';

const usage = 'Usage: npx affinity audit verify [--heads FILE] [--events PERCENT]';

type Call =
  | { readonly kind: 'verify'; readonly heads: readonly ChainHead[]; readonly percent: number }
  | { readonly kind: 'fault'; readonly fault: string };

const headPattern = /^([0-9a-f-]{36}) (\d{1,15}) ([0-9a-f]{64})$/;

/** As this command prints them: `writer sequence hash`, one a line. What else it prints is passed over. */
const readHeads = (file: string): readonly ChainHead[] | string => {
  const heads: ChainHead[] = [];
  for (const [at, line] of readFileSync(file, 'utf8').split(/\r?\n/).entries()) {
    if (!/^[0-9a-f-]{36}( |$)/.test(line)) continue;
    const [, writer, sequence, hash] = headPattern.exec(line.trim()) ?? [];
    if (writer === undefined || sequence === undefined || hash === undefined) {
      return `Line ${at + 1} of ${file} is no head: a writer, a number and a hash are expected.`;
    }
    heads.push({ writer, sequence: Number(sequence), hash });
  }
  return heads.length > 0 ? heads : `There is no head in ${file}.`;
};

const readCall = (args: readonly string[]): Call => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { heads: { type: 'string' }, events: { type: 'string' } },
    });
    if (positionals.length !== 1 || positionals[0] !== 'verify') return { kind: 'fault', fault: usage };
    const percent = values.events === undefined ? 0 : Number(values.events);
    if (values.events !== undefined && !(percent > 0 && percent <= 100)) {
      return { kind: 'fault', fault: `--events takes how many of a hundred segments to look at, up to 100. ${usage}` };
    }
    const heads = values.heads === undefined ? [] : readHeads(values.heads);
    return typeof heads === 'string' ? { kind: 'fault', fault: heads } : { kind: 'verify', heads, percent };
  } catch (error) {
    return { kind: 'fault', fault: `${error instanceof Error ? error.message : error}\n${usage}` };
  }
};

const words: Readonly<Record<AuditFault['why'], string>> = {
  missing: 'was removed',
  'cut-off': 'was noted as an end of its chain and is not there: the chain was cut off',
  'out-of-order': 'does not follow the one before it: it was moved or put in, or that one was rewritten',
  changed: 'was changed',
  count: 'does not hold as many records as it says',
  repeated: 'holds a record that stood in the chain before',
};

export const describeFault = ({ why, writer, sequence, until, written }: AuditFault): string => {
  const place = until === undefined || until === sequence ? `${sequence}` : `${sequence} to ${until}`;
  const time = written === undefined ? '' : why === 'missing' ? `, before ${written}` : `, written ${written}`;
  return `  segment ${place} of ${writer}${time}: ${words[why]}`;
};

const describeEvent = ({ why, id, writer, sequence, count }: EventFault): string =>
  why === 'invented'
    ? `  ${count} AuditEvents bear the mark of this domain's log, which does not know them`
    : `  AuditEvent/${id} (segment ${sequence} of ${writer}) ${why === 'absent' ? 'is not there' : 'was changed'}`;

export const audit = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    const report = await verifyAuditLog(database.pool, { heads: call.heads });
    const size = `${report.records} records in ${report.segments} segments of ${report.heads.length} chains`;
    print(report.kind === 'intact' ? `Audit log: whole, ${size}.` : `Audit log: BROKEN, ${size}.`);
    for (const fault of report.faults) print(describeFault(fault));
    if (report.faultCount > report.faults.length) print(`  and ${report.faultCount - report.faults.length} more`);
    if (report.clockSteps > 0) print(`The clock of the database was set back ${report.clockSteps} times.`);
    let eventFaults = 0;
    if (call.percent > 0) {
      const checked = await checkAuditEvents(database.pool, { percent: call.percent });
      eventFaults = checked.faultCount;
      print(
        `AuditEvents: ${eventFaults === 0 ? 'as the log says' : 'NOT as the log says'}, ${checked.events} looked at.`,
      );
      for (const fault of checked.faults) print(describeEvent(fault));
      if (checked.otherMapping > 0) print(`  ${checked.otherMapping} are of an earlier version, and were not compared`);
      if (checked.waiting > 0) print(`  ${checked.waiting} segments are not made into AuditEvents yet`);
    }
    print('# Heads: keep them elsewhere, and give them to --heads later.');
    for (const { writer, sequence, hash } of report.heads) print(`${writer} ${sequence} ${hash}`);
    return report.kind === 'intact' && eventFaults === 0 ? 0 : 1;
  } finally {
    await database.close();
  }
};
