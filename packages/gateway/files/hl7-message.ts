/**
 * One HL7 v2 message, parsed by `@medplum/core`: segments, fields, repetitions, components and subcomponents, as text with
 * the escapes undone. The only file that knows the library. HL7 v2.5.1 chapter 2.
 */
import { Hl7Message } from '@medplum/core';
import { type CharacterSet, decode } from './character-set.ts';
import { type Delimiters, unescapeText } from './hl7-escape.ts';

/** One repetition of a field. */
export interface Field {
  /** `""`: the sender says that nothing is there any more */
  readonly isNull: boolean;
  /** trimmed; '' where nothing stands; both count from 1 */
  text(component?: number, subcomponent?: number): string;
  /** as it came, but for the escapes */
  readonly whole: string;
}
export interface Segment {
  readonly name: string;
  /** which of the message it is, from 1 */
  readonly number: number;
  /** repetitions that hold something, `""` among them */
  all(field: number): readonly Field[];
  /** of the first repetition; '' for `""` */
  text(field: number, component?: number, subcomponent?: number): string;
}
export interface Message {
  readonly header: Segment;
  readonly segments: readonly Segment[];
}
export type ParsedMessage =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'fault'; readonly fault: string };

/** Undefined: the first segment does not say them as it must. */
const delimitersOf = (text: string): Delimiters | undefined => {
  const [, field = '', component = '', repetition = '', mark = '', subcomponent = '', more = ''] =
    /^MSH(.)(.)(.)(.)(.)(.?)/s.exec(text) ?? [];
  const all = [field, component, repetition, mark, subcomponent];
  // A fifth character, of truncation, may stand before the next field since HL7 v2.7.
  const isClosed = more === field || more === '' || more === '\r' || text.charAt(9) === field;
  const isSound = all.every((one) => /^[!-/:-@[-`{-~]$/.test(one)) && new Set(all).size === all.length;
  return isSound && isClosed ? { field, component, repetition, escape: mark, subcomponent } : undefined;
};

const empty: Field = { isNull: false, text: () => '', whole: '' };

/** `text` has one line for each segment. */
export const parseMessage = (text: string, set: CharacterSet, mostSegments: number): ParsedMessage => {
  const delimiters = delimitersOf(text);
  if (delimiters === undefined)
    return { kind: 'fault', fault: 'MSH does not say which characters separate fields and components' };
  const lines = text.split('\r').map((line) => line.trimEnd());
  if (lines.length > mostSegments) return { kind: 'fault', fault: `it has more than ${mostSegments} segments` };
  const stray = lines.findIndex(
    (line, i) => i > 0 && !(/^[A-Z][A-Z0-9]{2}/.test(line) && (line.length === 3 || line[3] === delimiters.field)),
  );
  if (stray >= 0) return { kind: 'fault', fault: `line ${stray + 1} of the message does not begin as a segment does` };
  const parsed = Hl7Message.parse(lines.join('\r'));
  const clean = (raw: string): string => unescapeText(raw, delimiters, (bytes) => decode(bytes, set));
  const toField = (components: readonly string[]): Field => ({
    isNull: components.length === 1 && components[0] === '""',
    whole: clean(components.join(delimiters.component)).trim(),
    text: (component = 1, subcomponent = 1) => {
      const raw = components[component - 1] ?? '';
      const part = raw.split(delimiters.subcomponent)[subcomponent - 1] ?? '';
      return part === '""' ? '' : clean(part).trim();
    },
  });
  const segments = lines.map((line, i): Segment => {
    const segment = parsed.getSegment(i);
    const all = (field: number): readonly Field[] =>
      (segment?.getField(field)?.components ?? [])
        .filter((components) => components.some((one) => one !== ''))
        .map(toField);
    return {
      name: line.slice(0, 3),
      number: i + 1,
      all,
      text: (field, component, subcomponent) => (all(field)[0] ?? empty).text(component, subcomponent),
    };
  });
  const [header] = segments;
  return header === undefined
    ? { kind: 'fault', fault: 'it is empty' }
    : { kind: 'message', message: { header, segments } };
};
