/** An explanation, rule by rule: tables that become cards on a phone. WCAG 2.2 §1.3.1, §1.4.1. */
import type { ExplanationView, RuleSaid, Said } from '../admin/administration.ts';
import { cleaned, html, type Markup } from '../markup.ts';
import { deskWords } from '../words-desk.ts';
import { icons } from './icons.ts';

const { explanation: words } = deskWords;
type Decision = ExplanationView['decisions'][number];
type Verdict = keyof typeof words.verdicts;

const signs: Readonly<Record<Verdict, Markup>> = { permits: icons.check, narrows: icons.eye, denies: icons.hidden };
const chip = (kind: Verdict | 'passes' | 'stops', text: string): Markup => {
  const icon = kind === 'passes' ? icons.check : kind === 'stops' ? icons.hidden : signs[kind];
  return html`<span class="chip verdict ${kind}">${icon}${text}</span>`;
};

/** Sentences that belong together are a list that says how. */
const printSaid = (said: Said): Markup => {
  if (typeof said === 'string') return html`${cleaned(said)}`;
  const [lead, parts] = 'every' in said ? [words.every, said.every] : [words.any, said.any];
  return html`<span class="said">${lead}</span><ul class="said">${parts.map((part) => html`<li>${printSaid(part)}</li>`)}</ul>`;
};
const printThrough = (said: Said): Markup =>
  typeof said === 'string' ? html`${words.recordThat} ${cleaned(said)}` : html`${words.recordThat}… ${printSaid(said)}`;

const ruleHead = (rule: string): Markup => {
  const known = words.rules[rule];
  return html`<th scope="row">${known?.name ?? rule}${known !== undefined && html`<span class="about">${known.about}</span>`}</th>`;
};

const shownTypes = 6;
const typesOf = (types: readonly string[]): string =>
  types.length <= shownTypes + 1
    ? types.join(', ')
    : `${types.slice(0, shownTypes).join(', ')} ${words.moreTypes(types.length - shownTypes)}`;

const printRule = ({ rule, verdict, words: said, reason }: Decision['rules'][number]): Markup => {
  const through =
    said !== undefined ? printThrough(said) : html`${reason === undefined ? words.everything : cleaned(reason)}`;
  return html`<tr class="${verdict}">${ruleHead(rule)}<td>${chip(verdict, words.verdicts[verdict])}</td><td>${through}</td></tr>`;
};

const printTogether = ({ part, outcome }: Decision): Markup => {
  if (outcome.kind === 'permit') {
    const kind = outcome.nothing ? 'denies' : 'permits';
    const text = outcome.nothing ? html`${words.nothing}` : printThrough(outcome.words);
    return html`<tr class="together"><th scope="row">${words.together}</th><td>${chip(kind, words.verdicts[kind])}</td><td>${text}</td></tr>`;
  }
  if (part === 'include') {
    return html`<tr class="together"><th scope="row">${words.together}</th><td>${chip('denies', words.verdicts.denies)}</td><td>${words.notBroughtIn}</td></tr>`;
  }
  const enough =
    outcome.neededScope !== undefined &&
    html`<br><span class="about">${words.enough}</span> <code>${cleaned(outcome.neededScope)}</code>`;
  return html`<tr class="together"><th scope="row">${words.together}</th><td>${chip('denies', words.verdicts.denies)}</td><td>${words.status(outcome.status)}${enough}</td></tr>`;
};

const printDecision = (decision: Decision): Markup => {
  const { part, interaction, types, rules } = decision;
  const verb = words.interactions[interaction] ?? interaction;
  return html`<section class="card decision"><h3>${words.parts[part]}: ${verb} ${typesOf(types)}</h3>
<table class="rules"><thead><tr><th scope="col">${words.rule}</th><th scope="col">${words.verdict}</th><th scope="col">${words.through}</th></tr></thead>
<tbody>${rules.map(printRule)}${printTogether(decision)}</tbody></table></section>`;
};

const printConsentRule = ({ says, except }: RuleSaid): Markup =>
  html`${cleaned(says)}${except.length > 0 && html`, ${words.except}<ul class="said">${except.map((one) => html`<li>${printConsentRule(one)}</li>`)}</ul>`}`;

const printRecord = ({ reference, kind, decisions }: NonNullable<ExplanationView['record']>): Markup => {
  const { title, about } = words.recordKinds[kind];
  const isShown = kind === 'shown';
  return html`<section aria-labelledby="record"><h2 id="record">${words.recordTitle} <code>${reference}</code></h2>
<p class="record-end">${chip(isShown ? 'passes' : 'stops', title)} ${about}</p>
${decisions.map(
  ({ part, rules }) =>
    html`<div class="card decision"><h3>${words.parts[part]}</h3><table class="rules"><thead><tr><th scope="col">${words.rule}</th><th scope="col">${words.verdict}</th><th scope="col">${words.unmet}</th></tr></thead><tbody>${rules.map(
      ({ rule, passes, unmet }) =>
        html`<tr class="${passes ? 'permits' : 'denies'}">${ruleHead(rule)}<td>${chip(passes ? 'passes' : 'stops', passes ? words.passes : words.stops)}</td><td>${
          passes ? '' : unmet === undefined ? words.deniedAll : printSaid(unmet)
        }</td></tr>`,
    )}</tbody></table></div>`,
)}</section>`;
};

export const printExplanation = (explanation: ExplanationView, notes: readonly string[]): Markup => {
  const { request, decisions, facts, end, record } = explanation;
  const good = end.status < 400;
  const kind = good ? 'permits' : 'denies';
  const title = good ? words.permitted : end.rule === undefined ? words.refused : words.denied;
  return html`<section class="card end ${kind}" aria-labelledby="end"><div class="end-sign">${good ? icons.shield : icons.lock}</div>
<div><h2 id="end">${title} <span class="end-status">${words.status(end.status)}</span></h2>
<p class="asked"><code>${cleaned(request)}</code></p><p>${end.words}</p>
${end.rule !== undefined && html`<p>${words.byRule(end.rule, cleaned(end.reason ?? ''))}</p>`}
${end.neededScope !== undefined && html`<p class="enough"><span class="about">${words.enough}</span><code>${cleaned(end.neededScope)}</code></p>`}
${notes.map((note) => html`<p class="fact">${note}</p>`)}</div></section>
${record !== undefined && printRecord(record)}
${decisions.length > 0 && html`<section aria-labelledby="rules"><h2 id="rules">${words.rulesTitle}</h2><p class="lead">${words.rulesLead}</p>${decisions.map(printDecision)}</section>`}
<section aria-labelledby="known"><h2 id="known">${words.knownTitle}</h2><dl class="card facts known">${facts.known.map(
    (one) => html`<div><dt>${one.name}</dt><dd>${cleaned(one.words)}</dd></div>`,
  )}</dl></section>
<section aria-labelledby="consents"><h2 id="consents">${words.consentsTitle}</h2>${
    facts.consents.length === 0 && facts.more === 0
      ? html`<p class="empty">${words.consentsNone}</p>`
      : html`<ul class="card consents">${facts.consents.map(
          (one) =>
            html`<li><p><code>Consent/${cleaned(one.id)}</code> <span class="about">${one.kind === 'grant' ? words.grantKind : words.privacyKind}${one.patient !== undefined && html`, Patient/${cleaned(one.patient)}`}</span></p><p>${printConsentRule(one.says)}</p></li>`,
        )}${facts.more > 0 && html`<li>${words.consentsMore(facts.more)}</li>`}</ul>`
  }</section>`;
};
