/** `npm run bench [-- startup | serving]`: the figures of docs/performance.md, measured here and now. */
import { printTable, ratios, spread } from './figures.ts';
import { measureServing } from './serving.ts';
import { measureStartup } from './startup.ts';

const asked = process.argv[2];

if (asked === undefined || asked === 'startup') {
  const figures = await measureStartup(5);
  console.log('\nStart to ready, median of 5 (least–most), 100 patients');
  printTable([
    ['', 'seconds', 'aim', 'memory, MB', 'aim'],
    ['empty directory', spread(figures.emptySeconds, 2), '< 6', spread(figures.emptyMegabytes, 0), '< 350'],
    ['existing directory', spread(figures.existingSeconds, 2), '< 1.5', spread(figures.existingMegabytes, 0), '< 350'],
  ]);
}

if (asked === undefined || asked === 'serving') {
  for (const { scenario, connections, perSecond } of await measureServing(7, 3, 32)) {
    const { clinic, unguarded, bare } = perSecond;
    console.log(`\n${scenario}, ${connections} connections, 7 interleaved rounds: median (least–most)`);
    printTable([
      ['', 'answers/s', 'clinic against it', 'aim'],
      ['clinic: token, guard, audit', spread(clinic, 0), '', ''],
      ['without guard and audit', spread(unguarded, 0), spread(ratios(clinic, unguarded), 2), '≥ 0.85'],
      ['bare node:http + pg', spread(bare, 0), spread(ratios(clinic, bare), 2), '≥ 0.6'],
    ]);
  }
}
