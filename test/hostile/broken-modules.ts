/**
 * Modules of the project with one text in them broken on purpose, beside the whole ones in one process: what imports the
 * broken file, however far, is loaded anew under an address of its own, and all else is shared. No file on disk changes.
 * (Node.js 24, node:module, customization hooks.) Imported before what is to be broken, which is then imported by `import()`.
 */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Breakage, mutated } from './mutations.ts';

interface Breaking {
  readonly breakage: Breakage;
  readonly file: string;
  /** the files that lead to the broken one, and that one */
  readonly anew: ReadonlySet<string>;
}

const root = pathToFileURL(join(import.meta.dirname, '../..', '/')).href;
const importers = new Map<string, Set<string>>();
const breakings = new Map<string, Breaking>();
const mark = 'broken';

const fileOf = (url: string): string => url.split('?')[0] ?? url;
const breakingOf = (url = ''): string | undefined =>
  url.startsWith('file:') ? (new URL(url).searchParams.get(mark) ?? undefined) : undefined;

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    const { parentURL } = context;
    if (parentURL === undefined || !resolved.url.startsWith(root)) return resolved;
    const file = fileOf(resolved.url);
    const known = importers.get(file) ?? new Set();
    importers.set(file, known.add(fileOf(parentURL)));
    const id = breakingOf(resolved.url) ?? breakingOf(parentURL);
    if (id === undefined || breakings.get(id)?.anew.has(file) !== true) return { ...resolved, url: resolved.url };
    return { ...resolved, url: `${file}?${mark}=${id}` };
  },
  load: (url, context, next) => {
    const loaded = next(url, context);
    const breaking = breakings.get(breakingOf(url) ?? '');
    if (breaking === undefined || fileOf(url) !== breaking.file) return loaded;
    const { source } = loaded;
    if (source === undefined || source === null) throw new Error(`${url} has no source to break.`);
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    return { ...loaded, source: mutated(breaking.breakage, text) };
  },
});

const leadingTo = (file: string): ReadonlySet<string> => {
  const found = new Set([file]);
  for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer);
  return found;
};

/**
 * The module at this URL, with that text broken wherever it leads to it.
 * @throws Error when the module does not lead there: then nothing would be broken
 */
export const importBroken = async (url: string, breakage: Breakage): Promise<unknown> => {
  await import(url);
  const file = root + breakage.file;
  const anew = leadingTo(file);
  if (!anew.has(url)) throw new Error(`${breakage.name}: ${url} does not lead to ${breakage.file}.`);
  const id = String(breakings.size);
  breakings.set(id, { breakage, file, anew });
  return import(`${url}?${mark}=${id}`);
};
