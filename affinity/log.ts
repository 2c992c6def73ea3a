/** What operators read: one line an event on standard error. Names no person, no record and no secret. */

export type Log = (event: string, fields?: Readonly<Record<string, string | number | boolean | undefined>>) => void;

/** `2026-05-03T10:15:30.123Z event name=value name="a value"` */
export const createLog =
  (write: (line: string) => void, now: () => Date): Log =>
  (event, fields = {}) => {
    const parts = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [`${name}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`],
    );
    write([now().toISOString(), event, ...parts].join(' '));
  };
