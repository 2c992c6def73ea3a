/**
 * JSON that is safe to reason about: one linear pass over the text refuses what is too deep, repeats a key or tries to
 * reach a prototype, and notes where the members of the outermost object stand, so that a resource can be stored as it
 * was sent, decimals and all. FHIR R4 json.html; RFC 8259 §4.
 */

/** A member of the outermost object: offsets into the text, end exclusive. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export type ParsedJson =
  | { readonly kind: 'ok'; readonly value: unknown; readonly members: readonly Member[] }
  | {
      readonly kind: 'fault';
      readonly fault: 'syntax' | 'depth' | 'duplicate-key' | 'proto';
      /** offset into the text, where it is known */
      readonly position?: number;
      /** where the faulty key stands, such as `Patient.name[0].given`; the root by its `resourceType` if that came first */
      readonly path?: string;
    };

export interface JsonLimits {
  /** how deep arrays and objects may nest, the outermost being 1; 64 unless told */
  readonly depth?: number;
}

interface Level {
  /** keys seen; undefined for an array */
  readonly keys: string[] | undefined;
  /** holds the keys once they are many, so that repetition is found in constant time */
  many: Set<string> | undefined;
  key: string;
  index: number;
}

/** Names by which a prototype is reached; no element of FHIR has them. */
const prototypeNames = new Set(['__proto__', 'constructor', 'prototype']);

const remember = (level: Level, keys: string[], key: string): boolean => {
  if (level.many === undefined) {
    if (keys.includes(key)) return false;
    keys.push(key);
    if (keys.length > 8) level.many = new Set(keys);
    return true;
  }
  if (level.many.has(key)) return false;
  level.many.add(key);
  return true;
};

/** Offset of the quote that ends the string whose first quote stands at `start`; -1 if it does not end. */
const endOfString = (text: string, start: number): number => {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return -1;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
};

/** White space of RFC 8259 §2. */
const isSpace = (char: number): boolean => char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09;

const decodeKey = (raw: string): string | undefined => {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return undefined;
  }
};

const pathOf = (levels: readonly Level[], root: string): string =>
  levels
    .reduce((path, level) => path + (level.keys === undefined ? `[${level.index}]` : `.${level.key}`), root)
    .slice(0, 256);

/** Parses a JSON text. Time and memory are proportional to its length, whatever it holds; it never throws. */
export const parseJson = (text: string, limits: JsonLimits = {}): ParsedJson => {
  const maxDepth = limits.depth ?? 64;
  const levels: Level[] = [];
  const members: Member[] = [];
  let expectKey = false;
  let keyStart = 0;
  let valueStart = 0;
  let root = '$';
  const closeMember = (end: number) => {
    const [level] = levels;
    if (levels.length !== 1 || level?.keys === undefined || level.keys.length === 0) return;
    let valueEnd = end;
    while (valueEnd > valueStart && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd -= 1;
    members.push({ key: level.key, keyStart, valueStart, valueEnd });
    if (level.key === 'resourceType') root = /^"(\w+)"$/.exec(text.slice(valueStart, valueEnd))?.[1] ?? root;
  };
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    const level = levels.at(-1);
    if (char === 0x22) {
      const end = endOfString(text, i);
      if (end < 0) return { kind: 'fault', fault: 'syntax', position: i };
      if (expectKey && level?.keys !== undefined) {
        const key = decodeKey(text.slice(i + 1, end));
        if (key === undefined) return { kind: 'fault', fault: 'syntax', position: i };
        level.key = key;
        const fault = prototypeNames.has(key)
          ? 'proto'
          : remember(level, level.keys, key)
            ? undefined
            : 'duplicate-key';
        if (fault !== undefined) return { kind: 'fault', fault, position: i, path: pathOf(levels, root) };
        if (levels.length === 1) keyStart = i;
        expectKey = false;
      }
      i = end;
    } else if (char === 0x7b || char === 0x5b) {
      if (levels.length >= maxDepth) return { kind: 'fault', fault: 'depth', position: i };
      expectKey = char === 0x7b;
      levels.push({ keys: expectKey ? [] : undefined, many: undefined, key: '', index: 0 });
    } else if (char === 0x7d || char === 0x5d) {
      closeMember(i);
      levels.pop();
      expectKey = false;
    } else if (char === 0x2c && level !== undefined) {
      closeMember(i);
      if (level.keys === undefined) level.index += 1;
      else expectKey = true;
    } else if (char === 0x3a && levels.length === 1) {
      valueStart = i + 1;
      while (isSpace(text.charCodeAt(valueStart))) valueStart += 1;
    }
  }
  // The pass above has only looked at the brackets and keys: the grammar is checked here, at a depth that is known.
  try {
    return { kind: 'ok', value: JSON.parse(text), members };
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    return { kind: 'fault', fault: 'syntax', ...(position === undefined ? {} : { position: Number(position) }) };
  }
};

/** Members of an object's text as `"key":value`, as they stand, without those named. */
const otherMembers = (text: string, without: readonly string[]): string[] => {
  const parsed = parseJson(text);
  if (parsed.kind === 'fault') return [];
  return parsed.members
    .filter(({ key }) => !without.includes(key))
    .map(({ keyStart, valueEnd }) => text.slice(keyStart, valueEnd));
};

/**
 * The text of a resource with our `id`, `meta.versionId` and `meta.lastUpdated`; the other elements of the sender's
 * `meta`, and all else, stand byte for byte as they were. `members` come from `parseJson` of the same text.
 */
export const rewriteJson = (
  text: string,
  members: readonly Member[],
  ours: { readonly id: string; readonly meta: { readonly versionId: string; readonly lastUpdated: string } },
): string => {
  const span = (key: string) => members.find((member) => member.key === key);
  const meta = span('meta');
  const kept =
    meta === undefined
      ? []
      : otherMembers(text.slice(meta.valueStart, meta.valueEnd), [
          'versionId',
          'lastUpdated',
          '_versionId',
          '_lastUpdated',
        ]);
  const values = [
    { member: span('id'), key: 'id', value: JSON.stringify(ours.id) },
    {
      member: meta,
      key: 'meta',
      value: `{${[`"versionId":${JSON.stringify(ours.meta.versionId)}`, `"lastUpdated":${JSON.stringify(ours.meta.lastUpdated)}`, ...kept].join(',')}}`,
    },
  ];
  const after = span('resourceType')?.valueEnd ?? text.indexOf('{') + 1;
  const missing = values.filter(({ member }) => member === undefined).map(({ key, value }) => `"${key}":${value}`);
  const edits = values.flatMap(({ member, value }) =>
    member === undefined ? [] : [{ start: member.valueStart, end: member.valueEnd, value }],
  );
  if (missing.length > 0) {
    const lead =
      span('resourceType') !== undefined
        ? `,${missing.join(',')}`
        : `${missing.join(',')}${members.length > 0 ? ',' : ''}`;
    edits.push({ start: after, end: after, value: lead });
  }
  let out = '';
  let from = 0;
  for (const { start, end, value } of edits.sort((a, b) => a.start - b.start)) {
    out += text.slice(from, start) + value;
    from = end;
  }
  return out + text.slice(from);
};
