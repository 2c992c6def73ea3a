/**
 * Loaded before a program (`--import`): breaks one rule, one path or one defence of it on purpose while its files are loaded, so that
 * it can be seen whether a proof, or an attack, notices. No file on disk changes. The mutation is named by AFFINITY_TEST_MUTATION.
 */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { breakageNamed, mutated } from './mutations.ts';

const mutation = breakageNamed(process.env.AFFINITY_TEST_MUTATION ?? '');
const broken = pathToFileURL(join(import.meta.dirname, '../..', mutation.file)).href;

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (url !== broken) return loaded;
    const { source } = loaded;
    if (source === undefined || source === null) throw new Error(`${mutation.file} has no source to break.`);
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    return { ...loaded, source: mutated(mutation, text) };
  },
});
