/** What operators read: an event and its fields. Never a person, a record, a secret or a token. */
export type Log = (event: string, fields?: Readonly<Record<string, string | number | boolean | undefined>>) => void;
