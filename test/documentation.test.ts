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

/** `A02–A08` and `A02, A03` as single ids. */
const idsIn = (given: string): readonly string[] =>
  [...given.matchAll(/\b([A-Z])(\d\d)(?:(?: to |–|-)[A-Z]?(\d\d))?/g)].flatMap(
    ([, letter = '', first = '', last = first]) =>
      Array.from(
        { length: Number(last) - Number(first) + 1 },
        (_, at) => `${letter}${String(Number(first) + at).padStart(2, '0')}`,
      ),
  );

const titlesOf = (file: string): string =>
  [...text(file).matchAll(/\b(?:test|suite|describe)\(\s*(['`"])([\s\S]*?)(?<!\\)\1/g)]
    .map(([, , title]) => title)
    .join(' ');

test('each requirement of SMART, OAuth, OpenID Connect, the gateway, IHE and the registry stands in the title of a test that its row names', () => {
  const faults = ['smart', 'oauth', 'oidc', 'gateway', 'ihe', 'registry'].flatMap((page) =>
    text(`docs/conformance/${page}.md`)
      .split('\n')
      .flatMap((line) => {
        const [, ids = '', , , tests = ''] = line.split('|').map((cell) => cell.trim());
        const named = tests
          .split(', ')
          .flatMap((name) => files.filter((file) => file.endsWith(`/${name}`) || file === name));
        const shown = new Set(named.flatMap((file) => idsIn(titlesOf(file))));
        return idsIn(ids)
          .filter((id) => !shown.has(id))
          .map((id) => `${page}.md: ${id}`);
      }),
  );
  assert.deepEqual(faults, []);
  const rows = ['smart', 'oauth', 'oidc', 'gateway', 'ihe', 'registry'].flatMap((page) =>
    idsIn(text(`docs/conformance/${page}.md`).replace(/^(?!\| [A-Z]\d\d).*$/gm, '')),
  );
  assert.ok(new Set(rows).size > 150, 'the tables were read');
});
