/** What the documents name exists: files, tests, links and commands. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');
const exclude = (name: string): boolean => name === 'node_modules';
const documents = globSync('{*.md,docs/**/*.md,apps/*/*.md}', { cwd: root, exclude });
const files = globSync('{affinity,packages,apps,test,bench,docs}/**/*', { cwd: root, exclude });
const text = (document: string): string => readFileSync(join(root, document), 'utf8');

test('there are documents', () => {
  assert.ok(documents.includes('README.md') && documents.length > 10);
});

test('every file that a document names exists', () => {
  const missing = documents.flatMap((document) =>
    [...text(document).matchAll(/(?<![\w*<{./])([\w./-]*[\w-]\.(?:test\.)?(?:ts|sql|mjs))\b/g)]
      .map(([, name = '']) => name)
      .filter((name) => !files.some((file) => file === name || file.endsWith(`/${name.replace(/^[./]+/, '')}`)))
      .map((name) => `${document} names ${name}`),
  );
  assert.deepEqual(missing, []);
});

test('every link to a file of ours leads somewhere', () => {
  const broken = documents.flatMap((document) =>
    [...text(document).matchAll(/\]\((?!https?:)([^)#\s]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(document), target)))
      .map((target) => `${document} links to ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('every npm script that a document names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const unknown = documents.flatMap((document) =>
    [...text(document).matchAll(/npm run ([\w:]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !(name in scripts))
      .map((name) => `${document} names ${name}`),
  );
  assert.deepEqual(unknown, []);
});
