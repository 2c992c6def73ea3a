/** `npm run bench [-- startup | serving | clinic [SIZES]]`: the figures of docs/performance.md, measured here and now. */
import { measureClinic } from './clinic.ts';
import { median, printTable, ratios, spread } from './figures.ts';
import type { Memory } from './processes.ts';
import { type Candidate, measureServing } from './serving.ts';
import { measureStartup } from './startup.ts';

const asked = process.argv[2];

if (asked === undefined || asked === 'startup') {
  const figures = await measureStartup(5);
  console.log('\nStart to ready, median of 5 (least–most), 100 patients');
  const row = (name: string, seconds: readonly number[], aim: string, memory: readonly Memory[]) => {
    const proportional = memory.map((each) => each.proportional);
    const resident = memory.map((each) => each.resident);
    return [name, spread(seconds, 2), aim, spread(proportional, 0), spread(resident, 0), '< 350'];
  };
  printTable([
    ['', 'seconds', 'aim', 'memory (PSS), MB', 'summed RSS, MB', 'aim'],
    row('empty directory', figures.emptySeconds, '< 6', figures.emptyMemory),
    row('existing directory', figures.existingSeconds, '< 1.5', figures.existingMemory),
  ]);
}

if (asked === undefined || asked === 'serving') {
  for (const { scenario, connections, rounds } of await measureServing(7, 3, 32)) {
    console.log(`\n${scenario}, ${connections} connections, 7 interleaved rounds: median (least–most)`);
    const perSecond = (candidate: Candidate) => rounds[candidate].map((round) => round.perSecond);
    const row = (name: string, candidate: Candidate, aim: string) => [
      name,
      spread(perSecond(candidate), 0),
      median(rounds[candidate].map(({ node }) => node)).toFixed(0),
      median(rounds[candidate].map(({ postgres }) => postgres)).toFixed(0),
      candidate === 'clinic' ? '' : spread(ratios(perSecond('clinic'), perSecond(candidate)), 2),
      aim,
    ];
    printTable([
      ['', 'answers/s', 'µs of Node', 'µs of PostgreSQL', 'clinic against it', 'aim'],
      row('clinic: token, guard, audit', 'clinic', ''),
      row('without token, guard and audit', 'unguarded', '≥ 0.85'),
      row('bare node:http + pg', 'bare', '≥ 0.6'),
    ]);
  }
}

if (asked === 'clinic') {
  const sizes = process.argv[3] === undefined ? [10_000, 100_000, 1_000_000] : process.argv[3].split(',').map(Number);
  await measureClinic(sizes, 3, (figures) => {
    const { resources, timings, importPerSecond, bytesPerResource, textPerResource, paging } = figures;
    console.log(`\n${resources} resources: ${bytesPerResource.toFixed(0)} bytes on disk each, of which`);
    console.log(`${textPerResource.toFixed(0)} are its text; import ${importPerSecond.toFixed(0)} resources/s`);
    const megabytes = [paging.first, paging.most, paging.last].map((each) => each.toFixed(0));
    console.log(`${paging.pages} pages of 1,000: ${megabytes.join(', ')} MB at the first, at most, at the last`);
    const rows = timings.map(({ name, p50, p99, perSecond }) => [
      name,
      p50.toFixed(2),
      p99.toFixed(2),
      perSecond.toFixed(0),
    ]);
    printTable([['', 'p50, ms', 'p99, ms', 'by 16 at once, 1/s'], ...rows]);
  });
}
