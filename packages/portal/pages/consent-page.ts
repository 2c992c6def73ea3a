/** Consent: everything the app asks for in plain words, each to be left out, for a time that the person chooses. SMART App Launch 2.2. */
import type { ConsentDuration, ConsentItem, ConsentView } from '@affinity/authorization-server/page-views.ts';
import { showEnd } from '../dates.ts';
import { html, type Markup, quoted, tidy } from '../markup.ts';
import { printApp } from '../parts/app-frame.ts';
import { othersOf, printAmount, printOthers } from '../parts/consent-kind.ts';
import { type Placed, printConsentRow } from '../parts/consent-row.ts';
import { printServers } from '../parts/consent-servers.ts';
import { type House, printDocument } from '../parts/document.ts';
import { printFault } from '../parts/fault.ts';
import { icons } from '../parts/icons.ts';
import { printSteps } from '../parts/steps.ts';
import { printTechnicalNames } from '../parts/technical-names.ts';
import type { Whose } from '../words.ts';

const partOf = ({ group, values }: ConsentItem): 'identity' | 'record' | 'goes-on' => {
  if (group === 'offline' || group === 'online') return 'goes-on';
  return group === 'identity' || values !== undefined ? 'identity' : 'record';
};

const whoseRecord = (view: ConsentView, name: (words: string) => Markup): Whose => {
  if (view.patient === undefined) return 'any';
  return view.patient.relation === 'self' ? 'own' : { name: name(view.patient.name) };
};

const sayDuration = ({ words, now }: House, choice: ConsentDuration): readonly [string, string] => {
  const { consent, language } = words;
  if (choice.days === 'once') return [consent.once, consent.onceHint];
  if (choice.days === 'until-ended') return [consent.untilEnded, consent.untilEndedHint(choice.unusedDays)];
  return [consent.days(choice.days), consent.until(showEnd(language, now(), choice.days))];
};

const printDuration = (house: House, choice: ConsentDuration, index: number): Markup => {
  const [title, fact] = sayDuration(house, choice);
  const id = `duration-${index + 1}`;
  return html`<li><label class="row" for="${id}"><input type="radio" id="${id}" name="duration" value="${choice.value}"${choice.checked && html` checked`}>
<span class="row-text"><span class="row-title">${title}</span> <span class="fact">${fact}</span></span></label></li>`;
};

const printLeaveOut = (house: House, view: ConsentView): Markup | undefined => {
  const { consent } = house.words;
  if (view.leaveOutConfidential === undefined) return undefined;
  return html`<fieldset class="protect"><legend>${consent.legend.confidential}</legend><ul class="rows"><li><label class="row" for="leave-out">
<input type="hidden" name="confidential_asked" value="yes"><input type="checkbox" id="leave-out" name="leave_out_confidential" value="yes" aria-describedby="leave-out-about"${view.leaveOutConfidential.checked && html` checked`}><span class="row-icon">${icons.shield}</span>
<span class="row-text"><span class="row-title">${consent.leaveOut}</span> <span class="fact" id="leave-out-about">${consent.leaveOutWhy(quoted(view.app.name))}</span></span></label></li></ul></fieldset>`;
};

/** The items by thing, in their order: those that differ only in what the app may do stand together. */
const thingsOf = (items: readonly ConsentItem[]): readonly (readonly Placed[])[] => {
  const things = new Map<string, Placed[]>();
  for (const [at, item] of items.entries()) {
    const placed = { item, index: at + 1 };
    things.set(item.thing, [...(things.get(item.thing) ?? []), placed]);
  }
  return [...things.values()];
};

const printRows = (house: House, view: ConsentView, part: ReturnType<typeof partOf>): readonly Markup[] => {
  const things = thingsOf(view.items).filter(([first]) => first !== undefined && partOf(first.item) === part);
  const kinds = othersOf(view);
  const isOther = ([first]: readonly Placed[]): boolean => kinds.length > 0 && first?.item.group === 'other';
  const others = things.filter(isOther);
  return things.flatMap((placed) => {
    if (!isOther(placed)) return [printConsentRow(house.words, placed)];
    return placed === others[0] ? [printOthers(house.words, kinds, others)] : [];
  });
};

export const printConsent = (house: House, view: ConsentView): string => {
  const { words } = house;
  const { consent } = words;
  const app = quoted(view.app.name);
  const whose = whoseRecord(view, quoted);
  const ofRecord = view.items.filter((item) => partOf(item) === 'record');
  const asked = {
    who: view.items.some((item) => partOf(item) === 'identity'),
    see: ofRecord.some((item) => item.access.includes('see')),
    write: ofRecord.some((item) => item.access.some((verb) => verb !== 'see')),
  };
  const identity = printRows(house, view, 'identity');
  const record = printRows(house, view, 'record');
  const offline = printRows(house, view, 'goes-on');
  const durations = view.durations.map((choice, index) => printDuration(house, choice, index));
  const firstFree = view.items.findIndex((item) => !item.required) + 1;
  const tab = consent.title(
    html`${tidy(view.app.name)}`,
    whoseRecord(view, (name) => html`${tidy(name)}`),
    asked,
  );
  const lead =
    ofRecord.length > 0
      ? consent.lead(thingsOf(ofRecord).length)
      : view.items.length > 0
        ? consent.leadIdentity
        : consent.leadEmpty;

  return printDocument(house, {
    title: view.fault ? words.faultTitle(tab) : tab,
    person: view.person.name,
    kind: 'step',
    body: html`${printSteps(words, view.patient ? ['signIn', 'patient', 'consent'] : ['signIn', 'consent'], 'consent')}
${view.fault && printFault({ title: consent.faultTitle, text: consent.nothingChosen, ...(firstFree > 0 && { target: `scope-${firstFree}` }) })}
<div class="head"><h1>${consent.title(app, whose, asked)}</h1><p class="lead">${lead}${view.purposes && html` ${consent.purposes(app, view.purposes)}`}</p></div>
<div class="pair">${printApp(words, view.app)}<div class="main-column"><form class="card" method="post" action="${view.action}">
<input type="hidden" name="csrf" value="${view.csrf}">${view.valuesShown !== undefined && html`<input type="hidden" name="values_shown" value="${view.valuesShown}">`}
${identity.length > 0 && html`<fieldset><legend>${consent.legend.identity}</legend><ul class="rows">${identity}</ul></fieldset>`}
${printServers(words, view)}
${printAmount(words, view, app)}
${record.length > 0 && html`<fieldset><legend>${consent.legend.record(whose)}</legend><ul class="rows">${record}</ul></fieldset>`}
${printLeaveOut(house, view)}
${(offline.length > 0 || durations.length > 0) && html`<fieldset><legend>${consent.legend.duration}</legend>${durations.length > 0 && html`<ul class="rows choices">${durations}</ul>`}${offline.length > 0 && html`<ul class="rows">${offline}</ul>`}${view.shared && html`<p class="caution">${icons.look}<span>${consent.shared(app)}</span></p>`}</fieldset>`}
${printTechnicalNames(words, view)}
<p class="consequence">${consent.consequence(app)} ${consent.denyHint(app, view.app.device !== undefined)}</p>
<div class="actions sticky"><button class="plain" type="submit" name="decision" value="deny">${consent.deny}</button><button class="primary" type="submit" name="decision" value="allow">${consent.allow}</button></div>
</form></div></div>`,
  });
};
