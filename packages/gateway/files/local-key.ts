/** Numbers of the sender as ids of resources: the same number is the same id, so that a correction finds what it corrects. FHIR R4 datatypes.html#id. */
import { hash } from 'node:crypto';
import { idOf } from '../sql/local-id.ts';

/**
 * Readable where it can be; else a hash, behind `.x`, with which no readable one begins. Parts say whose number it is: two
 * laboratories count from one.
 */
export const localId = (...parts: readonly string[]): string =>
  idOf(parts) ?? `.x${hash('sha256', JSON.stringify(parts)).slice(0, 60)}`;
