/** `npm run bench [-- startup | serving | authorization [SCENARIO] | policy | gateway [ROUNDS] | decision | timing [COUNT] | clinic [SIZES] | matching [SIZE] | gather [ROUNDS]]`: the figures of docs/performance.md, measured here and now. */
import { candidates, measureAuthorization, scenarios } from './authorization.ts';
import { measureClinic } from './clinic.ts';
import { measureDecision } from './decision.ts';
import { median, printTable, ratios, spread } from './figures.ts';
import { measureGateway, measureGatewayMemory, measureLatency } from './gateway.ts';
import { measureGather } from './gather.ts';
import { measureMatching } from './matching.ts';
import { writeMatchingReport } from './matching-report.ts';
import type { Memory } from './processes.ts';
import { measureServing, type ServingFigures } from './serving.ts';
import { measureStartup } from './startup.ts';
import { measureTerminology } from './terminology.ts';
import { measureTiming } from './timing.ts';

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

/** A row for each server: its name in words, and the aim of the ratio. */
const printServing = <Candidate extends string>(
  figures: readonly ServingFigures<Candidate>[],
  ratioOf: (candidate: Candidate) => readonly [of: Candidate, to: Candidate] | undefined,
  heading: string,
  rows: readonly (readonly [name: string, candidate: Candidate, aim: string])[],
): void => {
  for (const { scenario, connections, rounds } of figures) {
    const [some = []] = Object.values<readonly unknown[]>(rounds);
    console.log(`\n${scenario}, ${connections} connections, ${some.length} interleaved rounds: median (least–most)`);
    const perSecond = (candidate: Candidate) => rounds[candidate].map((round) => round.perSecond);
    const row = ([name, candidate, aim]: (typeof rows)[number]) => {
      const ratio = ratioOf(candidate);
      return [
        name,
        spread(perSecond(candidate), 0),
        median(rounds[candidate].map(({ node }) => node)).toFixed(0),
        median(rounds[candidate].map(({ postgres }) => postgres)).toFixed(0),
        ratio === undefined ? '' : spread(ratios(perSecond(ratio[0]), perSecond(ratio[1])), 2),
        aim,
      ];
    };
    printTable([['', 'answers/s', 'µs of Node', 'µs of PostgreSQL', heading, 'aim'], ...rows.map(row)]);
  }
};

if (asked === undefined || asked === 'serving') {
  const measured = { program: 'serving-server.ts', candidates: ['clinic', 'unguarded', 'bare'] as const };
  printServing(
    await measureServing(measured, 7, 3, 32),
    (candidate) => (candidate === 'clinic' ? undefined : ['clinic', candidate]),
    'clinic against it',
    [
      ['clinic: token, guard, audit', 'clinic', ''],
      ['without token, guard and audit', 'unguarded', '≥ 0.85'],
      ['bare node:http + pg', 'bare', '≥ 0.6'],
    ],
  );
}

if (asked === undefined || asked === 'authorization') {
  const names = { affinity: 'affinity, all durable', bare: 'oidc-provider, in memory' };
  const aims: Readonly<Record<string, string>> = { refresh: '≥ 0.5, ≥ 800/s', introspection: '≥ 0.5, ≥ 3000/s' };
  const wanted = scenarios.filter((scenario) => process.argv[3] === undefined || scenario.includes(process.argv[3]));
  await measureAuthorization(wanted, { rounds: 3, seconds: 3, count: 1000 }, ({ scenario, rounds }) => {
    console.log(`\n${scenario}, 32 connections, 3 interleaved rounds: median (least–most)`);
    const perSecond = (candidate: (typeof candidates)[number]) => rounds[candidate].map((round) => round.perSecond);
    const rows = candidates.map((candidate) => [
      names[candidate],
      spread(perSecond(candidate), 0),
      median(rounds[candidate].map(({ node }) => node)).toFixed(0),
      median(rounds[candidate].map(({ postgres }) => postgres)).toFixed(0),
      candidate === 'bare' ? '' : spread(ratios(perSecond('affinity'), perSecond('bare')), 2),
      candidate === 'bare' ? '' : (aims[scenario] ?? '≥ 0.5'),
    ]);
    printTable([['', 'answers/s', 'µs of Node', 'µs of PostgreSQL', 'against it', 'aim'], ...rows]);
  });
}

if (asked === undefined || asked === 'policy') {
  const measured = { program: 'policy-server.ts', candidates: ['judged', 'consented', 'unjudged'] as const };
  printServing(
    await measureServing(measured, 7, 3, 32),
    (candidate) => (candidate === 'unjudged' ? undefined : [candidate, 'unjudged']),
    'against guard off',
    [
      ['all rules', 'judged', '≥ 0.85'],
      ['the same with Consents, labels and twenty grants', 'consented', '≥ 0.8'],
      ['guard off: token and audit alone', 'unjudged', ''],
    ],
  );
}

if (asked === undefined || asked === 'gateway') {
  const rounds = Number(process.argv[3] ?? 7);
  printServing(
    await measureGateway(rounds, 3),
    (candidate) => (candidate === 'gateway' ? undefined : ['gateway', candidate]),
    'gateway against it',
    [
      ['gateway: token, all rules, every entry judged, audit', 'gateway', ''],
      ['bare undici that passes everything through', 'pass-through', 'read ≥ 0.6, search ≥ 0.5'],
    ],
  );
  console.log('\nOne request after another, in turns, ms');
  const latencies = (await measureLatency(rounds * 500)).map(({ scenario, p50, p99 }) => [
    scenario,
    ...[p50.gateway, p50['pass-through'], p50.gateway - p50['pass-through'], p99.gateway, p99['pass-through']].map(
      (each) => each.toFixed(2),
    ),
    scenario === 'read' ? 'added ≤ 1.5' : '',
  ]);
  printTable([['', 'p50', 'p50 bare', 'added', 'p99', 'p99 bare', 'aim'], ...latencies]);
  const { after, large } = await measureGatewayMemory(100_000);
  console.log('\nMemory of the process (RSS, MB), half reads, half searches of 50');
  printTable([['requests', 'MB'], ...after.map(([count, megabytes]) => [String(count), megabytes.toFixed(0)])]);
  const megabytes = [large.before, large.most, large.after].map((each) => each.toFixed(0));
  console.log(
    `20 MB in one Bundle: ${megabytes[0]} MB after 3 of them, ${megabytes[1]} at most in 20 more, ${megabytes[2]} after`,
  );
}

if (asked === undefined || asked === 'decision') {
  console.log(
    '\nOne decision of a patient’s app with all rules on, 7 interleaved rounds of 20,000: median (least–most)',
  );
  const rows = measureDecision(7).map(({ name, rounds }) => [name, spread(rounds, 2), '< 20']);
  printTable([['', 'µs', 'aim'], ...rows]);
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

if (asked === 'timing') {
  const count = Number(process.argv[3] ?? 2000);
  console.log(`\nAnswers about ${count} hidden ids and ${count} absent ones, in turns`);
  const rows = [['', 'hidden, ms', 'absent, ms', 'hidden takes longer', 'deviations from chance']];
  await measureTiming(count, ({ way, hidden, absent, longer, z }) => {
    const share = `${(longer * 100).toFixed(1)} % of pairs`;
    rows.push([way, hidden.toFixed(3), absent.toFixed(3), share, z.toFixed(1)]);
  });
  printTable(rows);
}

if (asked === 'matching') {
  const size = Number(process.argv[3] ?? 100_000);
  const figures = [
    await measureMatching('ordinary', size, Math.min(size, 20_000)),
    await measureMatching('hard', Math.min(size, 20_000), Math.min(size, 5_000)),
  ];
  for (const { severity, records, loadedPerSecond, p50, p99, curve, shipped, unmet } of figures) {
    console.log(`\n${records} records, ${severity}: ${loadedPerSecond.toFixed(0)} loaded per second`);
    console.log(`$match: median ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
    console.log(`pairs of one person that share no key: ${(unmet * 100).toFixed(2)} %`);
    const rows = [...curve, shipped].map(({ threshold, precision, recall, wrong }) => [
      String(threshold),
      precision.toFixed(4),
      recall.toFixed(4),
      String(wrong),
    ]);
    printTable([['threshold', 'precision', 'recall', 'wrong'], ...rows]);
  }
  if (size >= 100_000) writeMatchingReport(figures);
}

if (asked === 'terminology') {
  const figures = await measureTerminology(Number(process.argv[3] ?? 100));
  const { firstPage, filtered, validated, usCore } = figures;
  console.log('\nTerminology, a ValueSet of 10,000 codes: median (least–most)');
  printTable([
    ['', '', 'aim'],
    ['$expand, first 100, the first time, ms', firstPage.cold.toFixed(1), ''],
    ['$expand, first 100, ms', spread(firstPage.warm, 2), '≤ 20'],
    ['$expand, first 100 with a word, ms', spread(filtered, 2), ''],
    ['$validate-code, requests by 16 at once, 1/s', validated.requests.toFixed(0), ''],
    ['$validate-code, the engine alone, 1/s', validated.engine.toFixed(0), '≥ 5000'],
  ]);
  if (usCore !== undefined) {
    const { before, loaded, ready } = usCore.megabytes;
    console.log('\nUS Core 6.1.0, loaded and ready to validate');
    printTable([
      ['loaded, s', usCore.loadSeconds.toFixed(2)],
      ['the first $validate of a Patient, ms', usCore.firstValidation.toFixed(0)],
      ['the next ones, ms', spread(usCore.validations, 1)],
      ['memory (RSS) before, loaded, ready, MB', [before, loaded, ready].map((each) => each.toFixed(0)).join(', ')],
    ]);
  }
}

if (asked === undefined || asked === 'gather') {
  const { slowest, live, oneDead, timeout } = await measureGather(Number(process.argv[3] ?? 50));
  console.log('\nGathering 250 entries of five servers that wait 10 to 50 ms, a page of 50: median (least–most)');
  const over = median(live) / median(slowest);
  printTable([
    ['', 'milliseconds', '', 'aim'],
    ['the slowest server alone', spread(slowest, 0), '', ''],
    ['all five', spread(live, 0), `${over.toFixed(2)} × the slowest`, '≤ 1.3'],
    [
      `one dead, given ${timeout} ms`,
      spread(oneDead, 0),
      `${(median(oneDead) / timeout).toFixed(2)} × its time`,
      '≤ 1.2',
    ],
  ]);
}
