/**
 * A file as the messages that stand in it: one or many, with the envelope of a batch or without, with the bytes that frame
 * messages on a wire or without. HL7 v2.5.1 2.10.3 (batches), appendix C (lower layer protocol).
 */
export interface MessagePiece {
  /** line of the file at which it begins, from 1 */
  readonly line: number;
  /** its bytes, lines ended by CR */
  readonly bytes: Buffer;
}
export interface SplitFile {
  readonly messages: readonly MessagePiece[];
  /** what the file as a whole is wrong in: plain sentences */
  readonly faults: readonly string[];
}

const envelope = ['FHS', 'BHS', 'BTS', 'FTS'];
/** Start and end of a block, and the end of a file as old systems write it. */
const framing = ['\u000B', '\u001C', '\u001A'];
export const withoutFraming = (line: string): string => framing.reduce((text, mark) => text.replaceAll(mark, ''), line);

/** Bytes stand for characters here, so that each message can say of which character set it is. */
export const splitFile = (bytes: Buffer): SplitFile => {
  const faults: string[] = [];
  const text = bytes.toString('latin1').replace(/^\u00EF\u00BB\u00BF/, '');
  const messages: { line: number; lines: string[] }[] = [];
  const counts = new Map<string, number>();
  const count = (name: string): number => counts.get(name) ?? 0;
  let expected: number | undefined;
  let place: 'message' | 'between' | 'stray' = 'between';
  for (const [i, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = withoutFraming(raw);
    const name = line.slice(0, 3);
    if (line.trim() === '') continue;
    if (name === 'MSH') {
      messages.push({ line: i + 1, lines: [line] });
      place = 'message';
    } else if (envelope.includes(name) && /^...[^A-Za-z0-9]|^...$/.test(line)) {
      counts.set(name, count(name) + 1);
      const told = name === 'BTS' ? line.slice(4).split(line.charAt(3), 1)[0] : undefined;
      if (told !== undefined && /^\d{1,9}$/.test(told)) expected = (expected ?? 0) + Number(told);
      place = 'between';
    } else if (place === 'message') messages.at(-1)?.lines.push(line);
    else {
      if (place === 'between') faults.push(`line ${i + 1}: what stands here belongs to no message`);
      place = 'stray';
    }
  }
  if (count('BHS') > count('BTS') || count('FHS') > count('FTS'))
    faults.push('the batch has a beginning and no end: the file may have been cut off');
  else if (expected !== undefined && expected !== messages.length)
    faults.push(`the batch says that it holds ${expected} messages, and it holds ${messages.length}`);
  return {
    faults,
    messages: messages.map(({ line, lines }) => ({ line, bytes: Buffer.from(lines.join('\r'), 'latin1') })),
  };
};
