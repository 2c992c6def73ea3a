/** An answer as text that two servers give alike: without what hangs on when it was asked and on keys of a process. */

const passing = [
  [/_cursor=[\w-]+/g, '_cursor=…'],
  [/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, 'an instant'],
  [/"(date|last-modified)","[^"]*"/g, ''],
  [/"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"/g, '"an id"'],
] as const;

/** Status, headers and body. */
export const textOfAnswer = async (response: Response): Promise<string> => {
  const headers = [...response.headers].filter(([name]) => name !== 'content-length' && name !== 'etag');
  const told = `${response.status} ${JSON.stringify(headers)} ${await response.text()}`;
  return passing.reduce((text, [what, as]) => text.replaceAll(what, as), told);
};
