/**
 * The question as it was asked, for the log, and as much of it as the patient it found may see. IHE BALP 3:5.7.3.5:
 * entity[query] holds the raw request in base64 and may describe the cleaned one.
 */
import type { AuditRecord } from '../fhir/audit-event.ts';

const utf8 = new TextEncoder();

export const base64 = (text: string): string => {
  let bytes = '';
  for (const byte of utf8.encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
};

const path = ({ base, target, method, event }: AuditRecord): string => {
  const parts = [base ?? '', ...(target === undefined ? [] : [target])];
  return [...parts, ...(method === 'POST' && event.startsWith('search') ? ['_search'] : [])].join('/');
};

/** The request line, and the form behind an empty line. */
export const rawRequest = (record: AuditRecord): string => {
  const { query, form, method = 'GET' } = record;
  const line = `${method} ${path(record)}${query === undefined || query === '' ? '' : `?${query}`}`;
  return form === undefined || form === '' ? line : `${line}\n\n${form}`;
};

const pairsOf = ({ query, form }: AuditRecord): readonly (readonly [string, string])[] => [
  ...new URLSearchParams(query ?? ''),
  ...new URLSearchParams(form ?? ''),
];

/** Parameters by whose values people are looked for: they hold names, numbers and addresses, and not only of those found. */
const ofPeople =
  /^(name|family|given|phonetic|email|phone|telecom|birthdate|death-date|identifier|_has|_text|_content|_filter|_query|address(-.*)?)$/;

const looksForPeople = (name: string): boolean => {
  const [bare = '', modifier] = name.split(':', 2);
  return name.includes('.') || modifier === 'identifier' || modifier === 'of-type' || ofPeople.test(bare);
};

/**
 * Whether the question was about this patient and nobody else: then its values may stand in the patient's own report. It
 * follows from the request alone, never from what was found.
 */
export const isConfinedTo = (record: AuditRecord, patient: string): boolean => {
  const pairs = pairsOf(record);
  if (pairs.some(([name]) => looksForPeople(name))) return false;
  const named = pairs.flatMap(([name, value]) => {
    const bare = name.split(':', 1)[0] ?? '';
    const names = bare === 'patient' || bare === 'subject' || (bare === '_id' && record.target === 'Patient');
    return names ? value.split(',').map((one) => one.replace(/^(.*\/)?Patient\//, '')) : [];
  });
  if (named.some((id) => id !== patient)) return false;
  return named.length > 0 || record.patient === patient;
};

/** The names of what was asked, without any value. */
export const withoutValues = (record: AuditRecord): AuditRecord => {
  const names = (text: string): string =>
    text
      .split('&')
      .map((pair) => `${/^[\w.:-]{1,100}(?==|$)/.exec(pair.includes('=') ? pair : '')?.[0] ?? '*'}=*`)
      .join('&');
  const { understood: _, ...rest } = record;
  const { query, form } = record;
  return {
    ...rest,
    ...(query === undefined || query === '' ? {} : { query: names(query) }),
    ...(form === undefined || form === '' ? {} : { form: names(form) }),
  };
};
