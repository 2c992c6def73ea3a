/** Bytes as text, strictly: a byte that the character set does not have is a fault, never a guess. HL7 v2.5.1 2.15.9.18 (table 0211). */

export type CharacterSet = 'utf-8' | 'iso-8859-1' | 'us-ascii';

const names: Readonly<Record<string, CharacterSet>> = {
  ASCII: 'us-ascii',
  'US-ASCII': 'us-ascii',
  'UNICODE UTF-8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  '8859/1': 'iso-8859-1',
  'ISO-8859-1': 'iso-8859-1',
  'ISO8859-1': 'iso-8859-1',
  'ISO IR100': 'iso-8859-1',
};

/** As table 0211 and senders write it; undefined: none that is read here. */
export const characterSet = (name: string): CharacterSet | undefined => {
  const known = name.trim().toUpperCase();
  return Object.hasOwn(names, known) ? names[known] : undefined;
};

/** Undefined: these bytes are not of this character set. */
export const decode = (bytes: Uint8Array, set: CharacterSet): string | undefined => {
  // The platform's own decoder of ISO-8859-1 is one of windows-1252.
  if (set === 'iso-8859-1') return Buffer.from(bytes).toString('latin1');
  if (set === 'us-ascii' && bytes.some((byte) => byte > 0x7f)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};
