/** What a grant says, in words for the person whose record it is about. FHIR R4 narrative.html, consent.html. */
import { nameType } from '../fhir/resource-type-words.ts';
import { type GrantTerms, resourceScopesOf } from './grant-terms.ts';
import type { Permission, ResourceScope } from './scope.ts';
import { constraintValues } from './scope-constraint.ts';

/** Said together on the consent page, and so here. */
const typeWords: ReadonlyMap<string, string> = new Map([
  ['*', 'everything'],
  ['Medication', 'medications'],
  ['MedicationRequest', 'medications'],
  ['MedicationDispense', 'medications'],
  ['MedicationStatement', 'medications'],
  ['MedicationAdministration', 'medications'],
  ['Binary', 'documents'],
]);
const codeWords: ReadonlyMap<string, string> = new Map([
  ['laboratory', 'laboratory results'],
  ['LAB', 'laboratory results'],
  ['vital-signs', 'vital signs'],
  ['social-history', 'ways of living'],
  ['survey', 'answers to questionnaires'],
  ['exam', 'findings of examinations'],
]);

/** `CarePlan` is `care plan`. */
const spelt = (type: string): string => type.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();

/** What one scope is about. A selection that only the app knows is named as a part. */
const thingOf = ({ type, constraints }: ResourceScope): string => {
  const name = nameType(type);
  const whole = typeWords.get(type) ?? (name === spelt(type) ? `entries of the kind ${name}` : name);
  if (constraints.length === 0) return whole;
  const codes = constraints.flatMap(({ value }) => constraintValues(value) ?? []).map(({ code = '' }) => code);
  const named = codes.map((code) => codeWords.get(code));
  return constraints.length === 1 && named.every((name) => name !== undefined)
    ? [...new Set(named)].join(' and ')
    : `part of the ${whole}`;
};

const verbs: readonly (readonly [letters: readonly Permission[], verb: string])[] = [
  [['r', 's'], 'see'],
  [['c'], 'add'],
  [['u'], 'change'],
  [['d'], 'delete'],
];

const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

const months = 'January February March April May June July August September October November December'.split(' ');
const day = (time: number): string => {
  const date = new Date(time);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
};

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const xhtml = (paragraphs: readonly string[]): string =>
  `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs
    .map((text) => `<p>${text.toWellFormed().replace(/[&<>"]/g, (char) => escapes[char] ?? '')}</p>`)
    .join('')}</div>`;

/** Things by what may be done with them: `see medications and allergies`. */
const sayRights = (scopes: readonly ResourceScope[]): readonly string[] => {
  const things = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const may = verbs.filter(([letters]) => letters.some((one) => scope.permissions.includes(one)));
    const key = listed(may.map(([, verb]) => verb));
    things.set(key, (things.get(key) ?? new Set()).add(thingOf(scope)));
  }
  return [...things].map(([may, of]) => `${may} ${of.has('everything') ? 'everything' : listed([...of])}`);
};

/** XHTML: who may do what, until when, and what is left out. */
export const grantNarrative = (terms: GrantTerms): string => {
  const { app, patient, person, clearance = 'N', ends } = terms;
  const record =
    patient === undefined
      ? 'in the records that the person who allowed it may open'
      : person === `Patient/${patient}`
        ? 'in your record'
        : 'in this record';
  const rights = sayRights(resourceScopesOf(terms.scope));
  const end = ends === undefined ? 'until this is ended' : `until ${day(ends)}`;
  return xhtml(
    rights.length === 0
      ? [`${app} may know who you are ${end}. It may see nothing of any record.`]
      : [
          `${app} may ${rights.join(', and ')} ${record} ${end}.`,
          clearance === 'N'
            ? 'What is marked confidential is left out.'
            : 'What is marked confidential is not left out.',
          'To end this, set the status of this consent to inactive, or delete it. To leave something out, add a provision that denies it.',
        ],
  );
};

export const endedNarrative = (at: number): string =>
  xhtml([`This ended on ${day(at)}. The app can see nothing new. What it already copied stays with it.`]);
