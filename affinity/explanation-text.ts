/** An explanation as a page of text, for a terminal. */
import { printRule } from '@affinity/policy/print-consent.ts';
import { type FilterWords, noRecord, printWords } from '@affinity/policy/print-filter.ts';
import type { ExplainedDecision, ExplainedRecord, Explanation } from '@affinity/resource-server/explain/explanation.ts';

/** What of a request asks for a decision. */
const parts: Readonly<Record<ExplainedDecision['part'], string>> = {
  request: 'The request itself',
  chain: 'What the search leads through (a chain)',
  has: 'What the search asks of other records (_has)',
  include: 'What is brought in beside the matches',
  condition: 'What finds the record to write',
  patch: 'What is read to be patched',
};

const interactions: Readonly<Record<string, string>> = {
  read: 'read',
  vread: 'read one version',
  'history-instance': 'see the history',
  'history-type': 'see the history',
  'search-type': 'search',
  create: 'create',
  update: 'change',
  patch: 'patch',
  delete: 'delete',
};

const shownTypes = 8;
const typesOf = (types: readonly string[]): string =>
  types.length <= shownTypes
    ? types.join(', ')
    : `${types.slice(0, shownTypes).join(', ')} and ${types.length - shownTypes} more types`;

export const titleOf = ({ part, interaction, types }: ExplainedDecision): string =>
  `${parts[part]}: ${interactions[interaction] ?? interaction} ${typesOf(types)}`;

const pad = (text: string, width: number): string => text.padEnd(width);

/** What all must be, one a line, so that a long Filter stays readable. */
const linesOf = (words: FilterWords): readonly string[] =>
  typeof words !== 'string' && 'every' in words ? words.every.map(printWords) : [printWords(words)];

const hanging = (lead: string, words: FilterWords): readonly string[] =>
  linesOf(words).map((line, at) => (at === 0 ? `${lead}${line}` : `${' '.repeat(lead.length)}and ${line}`));

/** What a verdict comes to. */
const cameTo = (lead: string, words: FilterWords, just: string): readonly string[] =>
  words === noRecord ? [`${lead}${just}no record at all`] : hanging(`${lead}${just}what `, words);

const decisionLines = (decision: ExplainedDecision): readonly string[] => {
  const { part, rules, outcome } = decision;
  return [
    `  ${titleOf(decision)}`,
    ...rules.flatMap(({ rule, verdict, words, reason }) => {
      const lead = `    ${pad(rule, 10)} ${pad(verdict, 8)} `;
      if (words !== undefined) return cameTo(lead, words, 'to ');
      return [`${lead}${reason ?? ''}`.trimEnd()];
    }),
    ...(outcome.kind === 'deny' && part === 'include'
      ? ['    together   denies   so that none of these is brought in; the caller is not told']
      : outcome.kind === 'permit'
        ? cameTo('    together   permits  ', outcome.words, '')
        : [
            `    together   denies   with ${outcome.status}, by the rule ${outcome.rule}: ${outcome.reason}`,
            ...(outcome.neededScope === undefined ? [] : [`    ${pad('', 19)} enough would be ${outcome.neededScope}`]),
          ]),
    '',
  ];
};

const recordKinds: Readonly<Record<ExplainedRecord['kind'], string>> = {
  shown: 'All rules let it through.',
  hidden: 'It is hidden: to this caller it is as if it did not exist.',
  'not-asked-for': 'The request does not ask for records of this type.',
  absent: 'There is no such record.',
};

const recordLines = ({ reference, kind, decisions }: ExplainedRecord): readonly string[] => [
  `The record ${reference}`,
  `  ${recordKinds[kind]}`,
  ...decisions.flatMap(({ part, rules }) => [
    `  ${parts[part]}`,
    ...rules.map(({ rule, passes, why: said }) => {
      const why = said === undefined ? '' : `because it ${printWords(said)}`;
      return `    ${pad(rule, 10)} ${passes ? 'lets it through' : 'does not let it through'} ${why}`.trimEnd();
    }),
  ]),
  '',
];

export const printExplanation = (explanation: Explanation, notes: readonly string[]): string => {
  const { request, facts, decisions, end, record } = explanation;
  const width = Math.max(...facts.known.map(({ name }) => name.length)) + 2;
  return [
    request,
    ...notes.map((note) => `(${note})`),
    '',
    'Who asks, and what is known',
    ...facts.known.map(({ name, words }) => `  ${pad(name, width)}${words}`),
    '',
    ...(facts.consents.length === 0 && facts.more === 0
      ? []
      : [
          'Consents',
          ...facts.consents.map(({ id, patient, says }) => {
            const whose = patient === undefined ? '' : ` of patient ${patient}`;
            return `  Consent/${id}${whose}: ${printRule(says)}`;
          }),
          ...(facts.more === 0 ? [] : [`  and those of ${facts.more} other patients`]),
          '',
        ]),
    ...(decisions.length === 0 ? [] : ['Rule by rule', ...decisions.flatMap(decisionLines)]),
    ...(record === undefined ? [] : recordLines(record)),
    'The end',
    `  ${end.status}: ${end.words}`,
    ...(end.rule === undefined
      ? []
      : [`  Denied by the rule ${end.rule}: ${end.reason ?? ''}. The caller is not told this.`]),
    ...(end.neededScope === undefined ? [] : [`  Enough would have been the scope ${end.neededScope}`]),
  ].join('\n');
};
