/**
 * How the test files are spread over processes. To start Node and load what a file imports often takes longer than its tests:
 * files of one package share a process, one after another, unless they prepare or change something of the whole process.
 * What takes longest comes first, so that the processors end together. (Node.js 24, node:test, isolation.)
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the order in which they start. */
const longest = [
  'test/hostile/non-interference.test.ts',
  'test/hostile/mutations.test.ts',
  'test/attacks/attacks.test.ts',
  'test/us-core/searches.test.ts',
  'test/hostile/gateway-non-interference.test.ts',
  'test/conformance/capabilities.test.ts',
  'test/journeys/',
  'test/hostile/',
  'test/',
];

/** As many files at most in one process. */
const most = 12;

/** A hook of the whole file would be one of all files, and so would be what is done to the process. */
const ofTheProcess =
  /^(?:before|after|beforeEach|afterEach)\(|process\.(?:env\.\w+ =|on\(|once\(|exit|chdir)|registerHooks|\bmock\.(?!timers\.tick)/m;

/** What stands elsewhere is long by itself, or starts much of its own. */
const shared = ['packages/', 'affinity/', 'test/conformance/', 'test/grants/'];

const sharesProcess = (root: string, file: string): boolean =>
  shared.some((start) => file.startsWith(start)) && !ofTheProcess.test(readFileSync(join(root, file), 'utf8'));

const packageOf = (file: string): string =>
  file.startsWith('affinity/') ? 'affinity' : file.split('/').slice(0, 2).join('/');
const rankOf = (file: string): number => {
  const rank = longest.findIndex((start) => file.startsWith(start));
  return rank === -1 ? longest.length : rank;
};

/** Every file once: those of one list in one process, the lists in the order in which they are to start. */
export const batchesOf = (root: string, files: readonly string[]): readonly (readonly string[])[] => {
  const alone = files.filter((file) => !sharesProcess(root, file));
  const groups = Map.groupBy(
    files.filter((file) => sharesProcess(root, file)),
    packageOf,
  );
  const together = [...groups.values()].flatMap((all) => {
    const count = Math.ceil(all.length / most);
    return Array.from({ length: count }, (_, batch) => all.filter((_file, at) => at % count === batch));
  });
  return [...alone.map((file) => [file]), ...together].toSorted(
    ([one = ''], [other = '']) => rankOf(one) - rankOf(other),
  );
};
