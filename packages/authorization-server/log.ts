/** What operators read: an event and its fields. Never a person, a record, a secret or a token. */
export type Log = (event: string, fields?: Readonly<Record<string, string | number | boolean | undefined>>) => void;

/** A fault as operators may read it: its kind and code. A message of the database may repeat what somebody typed. */
export const faultName = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
};
