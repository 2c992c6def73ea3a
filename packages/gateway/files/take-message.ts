/**
 * One message, applied once: with its receipt in one transaction, or not at all. What is told of a refusal holds no word of
 * the message. HL7 v2.5.1 2.9.2 (control id), 5.6 of chapter 2.
 */
import { hash } from 'node:crypto';
import { characterSet, decode } from './character-set.ts';
import { parseMessage } from './hl7-message.ts';
import type { Hl7Settings } from './hl7-settings.ts';
import { changesOf, type MessageChanges } from './message-changes.ts';
import { Refused } from './record-change.ts';
import { applyChange, holdServer } from './records.ts';
import { type FileLimits, reasonOf, type Taking } from './taking.ts';
import { inTransaction } from './transaction.ts';

export type TakenMessage =
  | { readonly kind: 'applied'; readonly written: number; readonly older: number }
  /** it was taken before */
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface MessageAround {
  readonly settings: Hl7Settings;
  readonly limits: FileLimits;
  /** epoch milliseconds: stands for the time of a message that tells none */
  readonly fileTime: number;
}

/** MSH-18, which stands in ASCII whatever it says. */
const setOf = (bytes: Buffer, { characterSet: otherwise }: Hl7Settings) => {
  const header = bytes.subarray(0, 4096).toString('latin1').split('\r', 1)[0] ?? '';
  const [first = ''] = (header.split(header.charAt(3))[17] ?? '').split(header.charAt(5), 1);
  return first.trim() === '' ? otherwise : characterSet(first);
};

/** @throws Refused */
const read = (bytes: Buffer, { settings, limits }: MessageAround): MessageChanges => {
  if (bytes.length > limits.messageBytes) throw new Refused(`it has more than ${limits.messageBytes} bytes`);
  const set = setOf(bytes, settings);
  if (set === undefined) throw new Refused('MSH-18: this character set is not read');
  const text = decode(bytes, set);
  if (text === undefined) throw new Refused(`MSH-18: there are bytes that ${set} does not have`);
  const parsed = parseMessage(text, set, limits.segments);
  if (parsed.kind === 'fault') throw new Refused(parsed.fault);
  return changesOf(parsed.message, settings);
};

const readOrRefuse = (bytes: Buffer, around: MessageAround): MessageChanges | { readonly reason: string } => {
  try {
    return read(bytes, around);
  } catch (error) {
    return { reason: error instanceof Refused ? error.message : 'it could not be understood' };
  }
};

export const takeMessage = async (
  { pool, server, now }: Taking,
  bytes: Buffer,
  around: MessageAround,
): Promise<TakenMessage> => {
  const message = readOrRefuse(bytes, around);
  if ('reason' in message) return { kind: 'refused', reason: message.reason };
  const { sender, changes } = message;
  const saidAt = message.saidAt ?? around.fileTime;
  if (saidAt > now() + around.limits.aheadMilliseconds)
    return { kind: 'refused', reason: 'MSH-7: it says that it was made in the future' };
  const digest = hash('sha256', bytes);
  const controlId = message.controlId === '' ? `#${digest}` : message.controlId;
  try {
    return await inTransaction(pool, async (client): Promise<TakenMessage> => {
      await holdServer({ client, server });
      const { rows } = await client.query<{ readonly digest: string }>({
        name: 'file-receipt-known',
        text: 'select digest from file_receipt where server = $1 and sender = $2 and control_id = $3',
        values: [server, sender, controlId],
      });
      const [receipt] = rows;
      if (receipt?.digest === digest) return { kind: 'known' };
      if (receipt !== undefined)
        throw new Refused('MSH-10: another message of this sender with this number was taken before');
      await client.query({
        name: 'file-receipt-write',
        text: 'insert into file_receipt (server, sender, control_id, digest) values ($1, $2, $3, $4)',
        values: [server, sender, controlId, digest],
      });
      const done = { written: 0, same: 0, older: 0 };
      for (const change of changes) done[await applyChange({ client, server, now: now() }, change, { saidAt })] += 1;
      return { kind: 'applied', written: done.written, older: done.older };
    });
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return { kind: 'refused', reason };
  }
};
