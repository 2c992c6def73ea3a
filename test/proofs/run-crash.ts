/** `npm run proof:crash [-- ROUNDS]`: the crash proof at its full length, 20 rounds unless said otherwise. */
import { proveCrash } from './crash.ts';

const rounds = Number(process.argv[2] ?? 20);
const result = await proveCrash(rounds, (text) => console.log(text));
console.log(
  `${result.rounds} rounds of kill -9: ${result.acknowledged} acknowledged writes, ${result.transactions} transactions, ${result.answered} answered requests, ` +
    'none lost, each with its audit record.',
);
