/**
 * A compact JWS of two JSON objects, read as strictly as it is written: what two readers could understand in two ways is
 * refused. Nothing here looks at the signature. RFC 7515 §7.1; RFC 8725 §2.4, §3.
 */
import { parseJson } from '@affinity/core/fhir/json.ts';

export type Members = Readonly<Record<string, unknown>>;

export interface ReadJws {
  readonly header: Members;
  readonly claims: Members;
}

/** One part as an object; duplicate keys, odd encodings and anything else are none. */
function readPart(part: string | undefined): Members | undefined {
  if (part === undefined || !/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) return undefined;
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return undefined;
  const parsed = parseJson(text, { depth: 8 });
  if (parsed.kind !== 'ok' || typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value))
    return undefined;
  return parsed.value as Members;
}

/** Undefined: it is none, or longer than it may be. */
export function readJws(text: string, characters: number): ReadJws | undefined {
  if (text.length > characters) return undefined;
  const parts = text.split('.', 4);
  const [header, claims] = [readPart(parts[0]), readPart(parts[1])];
  return parts.length !== 3 || header === undefined || claims === undefined ? undefined : { header, claims };
}

/** Members of a header by which a key or a meaning could be smuggled in. RFC 7515 §4.1; RFC 7797. */
const smuggling = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'zip', 'enc'] as const;
type Smuggling = (typeof smuggling)[number];

/** @param looksAt those that the reader judges itself */
export const smuggles = (header: Members, looksAt: readonly Smuggling[] = []): boolean =>
  smuggling.some((name) => Object.hasOwn(header, name) && !looksAt.includes(name));

/** Seconds since 1970, whole. RFC 7519 §2: a fraction, a text or a number without an end is nobody's honest time. */
export const isInstant = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
