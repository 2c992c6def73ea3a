/** The page behind the sign-in: whose record it is, the newest values, what was not shared, and the charts. */
import { html } from 'hono/html';
import { ageAt, showDate } from '../dates.ts';
import type { RecordView } from '../record.ts';
import { type Frame, layout, type Markup } from './layout.ts';
import { latestCard, measureSection } from './measure-section.ts';

export interface RecordPage {
  readonly record: RecordView;
  readonly csrf: string;
  /** what the log says the faults of this page under */
  readonly reference: string;
  readonly now: number;
}

export function recordPage(frame: Frame, { record, csrf, reference, now }: RecordPage) {
  const { patient, parts } = record;
  const name = patient.kind === 'found' ? patient.value.name : 'Your numbers';
  const banner = needsBanner(record);
  return layout(
    frame,
    banner ? name : 'Numbers over time',
    html`${
      banner
        ? html`<div class="person" role="group" aria-label="Patient"><h1>${name}</h1>${describePatient(record, now)}</div>`
        : html`<h1>Numbers over time</h1>`
    }
${notShared(record)}
<ul class="row" aria-label="Newest values">${parts.map(({ measure, readings }) => latestCard(measure, readings, now))}</ul>
${parts.map(({ measure, readings }) => measureSection(measure, readings, reference, now))}`,
    { signedIn: { who: whoLooks(record), csrf } },
  );
}

/** Whose record it is stands there, unless the record system says that it shows so itself. SMART App Launch 2.2, need_patient_banner. */
const needsBanner = ({ session }: RecordView): boolean => session.context?.need_patient_banner !== false;

function describePatient({ patient }: RecordView, now: number): Markup {
  if (patient.kind === 'not-shared') return html`<p>Name and birth date were not shared with Vitals.</p>`;
  if (patient.kind === 'fault') return html`<p>The name could not be fetched just now.</p>`;
  const { birthDate } = patient.value;
  if (birthDate === undefined) return html`<p>Birth date not recorded</p>`;
  const age = ageAt(birthDate, now);
  return html`<p>${age === undefined ? '' : `${age} ${age === 1 ? 'year' : 'years'} old, `}born ${showDate(birthDate)}</p>`;
}

const words = { 'vital-signs': 'vital signs', laboratory: 'laboratory results' } as const;

/** Said plainly and once, with the way to change it; never a reproach. */
function notShared({ sharing, session }: RecordView): Markup | '' {
  const missing = (['vital-signs', 'laboratory'] as const).filter((group) => !sharing.groups[group]);
  if (missing.length === 0) return '';
  const list = missing.map((group) => words[group]).join(' and ');
  const { management } = session.server;
  return html`<div class="notice"><p><strong>Not shared: ${list}.</strong> Vitals was not allowed to see ${missing.length === 1 ? 'them' : 'either'}, so readings filed there are missing below.${
    management === undefined ? '' : html` <a href="${management}">Change what you share</a>`
  }</p></div>`;
}

/** A patient who looks at the own record is `yourself`; somebody else is named as far as the id_token does. */
function whoLooks({ session }: RecordView): Markup {
  const { fhirUser = '', patient, idTokenClaims } = session;
  if (fhirUser.endsWith(`/Patient/${patient}`) || fhirUser === `Patient/${patient}`) {
    return html`Signed in as <strong>yourself</strong>`;
  }
  if (typeof idTokenClaims?.name === 'string') return html`Signed in as <strong>${idTokenClaims.name}</strong>`;
  return html`Signed in <strong>for somebody else</strong>`;
}
