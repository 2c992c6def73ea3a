/** An explanation, rule by rule: tables that become cards on a phone. WCAG 2.2 §1.3.1, §1.4.1. */
import type { ExplanationView, RuleSaid, Said } from '../admin/administration.ts';
import { cleaned, html, type Markup } from '../markup.ts';
import { deskWords } from '../words-desk.ts';
import { icons } from './icons.ts';

const { explanation: words } = deskWords;
type Decision = ExplanationView['decisions'][number];
type RecordView = NonNullable<ExplanationView['record']>;
type Verdict = keyof typeof words.verdicts;

const signs: Readonly<Record<Verdict, Markup>> = { permits: icons.check, narrows: icons.eye, denies: icons.hidden };
const chip = (kind: Verdict, text: string = words.verdicts[kind]): Markup =>
  html`<span class="chip verdict ${kind}">${signs[kind]}${text}</span>`;

/** Sentences that belong together are a list, each joined to the one before by `and` or `or`. */
const printSaid = (said: Said): Markup => {
  if (typeof said === 'string') return html`${cleaned(said)}`;
  const [joint, parts] = 'every' in said ? [words.and, said.every] : [words.or, said.any];
  return html`<ul class="said">${parts.map((part, at) => html`<li>${at > 0 && html`<span class="joint">${joint}</span> `}${printSaid(part)}</li>`)}</ul>`;
};
const printThrough = (said: Said): Markup => html`${words.recordThat} ${printSaid(said)}`;

const nameOf = (rule: string): string => words.rules[rule]?.name ?? rule;
const names = new Intl.ListFormat('en-GB', { type: 'conjunction' });

const row = (kind: Verdict | 'together', head: Markup | string, sign: Markup, text: Markup | string): Markup =>
  html`<tr class="${kind}"><th scope="row">${head}</th><td>${sign}</td><td>${text}</td></tr>`;
const ruleHead = (rule: string): Markup => {
  const about = words.rules[rule]?.about;
  return html`${nameOf(rule)}${about !== undefined && html`<span class="about">${about}</span>`}`;
};
/** Rules that took nothing away are told of at once. */
const idleRules = (rules: readonly { readonly rule: string }[], sign: Markup): Markup | false =>
  rules.length > 0 && row('permits', names.format(rules.map(({ rule }) => nameOf(rule))), sign, words.everything);

const printTable = (title: string, through: string, rows: readonly (Markup | false)[]): Markup =>
  html`<div class="card decision"><h3>${title}</h3>
<table class="rules"><thead><tr><th scope="col">${words.rule}</th><th scope="col">${words.verdict}</th><th scope="col">${through}</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;

const shownTypes = 6;
const typesOf = (types: readonly string[]): string =>
  types.length <= shownTypes + 1
    ? types.join(', ')
    : `${types.slice(0, shownTypes).join(', ')} ${words.moreTypes(types.length - shownTypes)}`;

const printTogether = ({ part, outcome }: Decision): Markup => {
  if (outcome.kind === 'permit') {
    return outcome.nothing
      ? row('together', words.together, chip('denies'), words.nothing)
      : row('together', words.together, chip('permits'), printThrough(outcome.words));
  }
  if (part === 'include') return row('together', words.together, chip('denies'), words.notBroughtIn);
  const enough =
    outcome.neededScope !== undefined &&
    html`<span class="about">${words.enough}</span> <code>${cleaned(outcome.neededScope)}</code>`;
  return row('together', words.together, chip('denies'), html`${words.status(outcome.status)}${enough}`);
};

const printDecision = (decision: Decision): Markup => {
  const { part, interaction, types, rules } = decision;
  const verb = words.interactions[interaction] ?? interaction;
  const telling = rules.filter(({ verdict }) => verdict !== 'permits');
  const idle = rules.filter(({ verdict }) => verdict === 'permits');
  return printTable(`${words.parts[part]}: ${verb} ${typesOf(types)}`, words.through, [
    ...telling.map(({ rule, verdict, words: said, reason = '' }) =>
      row(verdict, ruleHead(rule), chip(verdict), said === undefined ? cleaned(reason) : printThrough(said)),
    ),
    idleRules(idle, chip('permits')),
    printTogether(decision),
  ]);
};

/** Red is for what a rule has taken away: what is not there, or was not asked for, nobody has. */
const recordVerdicts = { shown: 'permits', hidden: 'denies', 'not-asked-for': 'narrows', absent: 'narrows' } as const;

const printRecord = ({ reference, kind, decisions }: RecordView): Markup => {
  const { title, about } = words.recordKinds[kind];
  return html`<section aria-labelledby="the-record"><h2 id="the-record">${words.recordTitle} <code>${reference}</code></h2>
<p class="record-end">${chip(recordVerdicts[kind], title)} ${about}</p>
${decisions.map(({ part, rules }) =>
  printTable(words.parts[part], words.why, [
    ...rules
      .filter(({ passes }) => !passes)
      .map(({ rule, why }) => {
        const text = why === undefined ? words.deniedAll : html`${words.thisRecord} ${printSaid(why)}`;
        return row('denies', ruleHead(rule), chip('denies', words.stops), text);
      }),
    idleRules(
      rules.filter(({ passes }) => passes),
      chip('permits', words.passes),
    ),
  ]),
)}</section>`;
};

const printConsentRule = ({ says, except }: RuleSaid): Markup =>
  html`${cleaned(says)}${except.length > 0 && html`, ${words.except}<ul class="said">${except.map((one) => html`<li>${printConsentRule(one)}</li>`)}</ul>`}`;

const printConsents = ({ consents, more }: ExplanationView['facts']): Markup =>
  consents.length === 0 && more === 0
    ? html`<p class="empty">${words.consentsNone}</p>`
    : html`<ul class="card consents">${consents.map(
        ({ id, patient, kind, says }) =>
          html`<li><p><code>Consent/${cleaned(id)}</code> <span class="about">${kind === 'grant' ? words.grantKind : words.privacyKind}${patient !== undefined && html`, Patient/${cleaned(patient)}`}</span></p><p>${printConsentRule(says)}</p></li>`,
      )}${more > 0 && html`<li>${words.consentsMore(more)}</li>`}</ul>`;

const printEnd = ({ request, end }: ExplanationView, notes: readonly string[]): Markup => {
  const good = end.status < 400;
  const title = good ? words.permitted : end.rule === undefined ? words.refused : words.denied;
  return html`<section class="card end ${good ? 'permits' : 'denies'}" aria-labelledby="end"><div class="end-sign">${good ? icons.shield : icons.lock}</div>
<div><h2 id="end">${title} <span class="end-status">${words.status(end.status)}</span></h2>
<p class="asked"><code>${cleaned(request)}</code></p><p>${end.words}</p>
${end.rule !== undefined && html`<p>${words.byRule(end.rule, cleaned(end.reason ?? ''))}</p>`}
${end.neededScope !== undefined && html`<p class="enough"><span class="about">${words.enough}</span> <code>${cleaned(end.neededScope)}</code></p>`}
${notes.map((note) => html`<p class="fact">${note}</p>`)}</div></section>`;
};

export const printExplanation = (explanation: ExplanationView, notes: readonly string[]): Markup => {
  const { decisions, facts, record } = explanation;
  return html`${printEnd(explanation, notes)}
${record !== undefined && printRecord(record)}
${decisions.length > 0 && html`<section aria-labelledby="rules"><h2 id="rules">${words.rulesTitle}</h2><p class="lead">${words.rulesLead}</p>${decisions.map(printDecision)}</section>`}
<section aria-labelledby="known"><h2 id="known">${words.knownTitle}</h2><dl class="card facts known">${facts.known.map(
    (one) => html`<div><dt>${one.name}</dt><dd>${cleaned(one.words)}</dd></div>`,
  )}</dl></section>
<section aria-labelledby="consents"><h2 id="consents">${words.consentsTitle}</h2>${printConsents(facts)}</section>`;
};
