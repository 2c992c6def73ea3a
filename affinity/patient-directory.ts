/** What the pages of the authorization server know of patients: names and dates of birth, and whom an exact entry means. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { allOf, anyOf } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchClause, SearchValue } from '@affinity/core/fhir/search-query.ts';

export interface PatientEntry {
  readonly id: string;
  readonly name: string;
  readonly birthDate?: string;
}

/**
 * Not through the guard, because nobody holds a token yet: the authorization server asks only for patients for whom the
 * person may act, and records each before a page shows it. The Filter lets through those instances and nothing else.
 */
export const createPatientDirectory =
  (backend: Backend) =>
  async (ids: readonly string[]): Promise<readonly PatientEntry[]> => {
    const filter = allOf([
      { kind: 'type', type: 'Patient' },
      anyOf(ids.map((id) => ({ kind: 'instance', type: 'Patient', id }))),
    ]);
    const results = await Promise.all(ids.map((id) => backend.read({ type: 'Patient', id }, filter)));
    return results.flatMap((result) =>
      result.kind === 'found' ? [readEntry(result.version.id, result.version.body)] : [],
    );
  };

/** What somebody enters who declares an emergency: all that is given has to fit. */
export interface PatientEntryToFind {
  /** a value, or `system|value` */
  readonly identifier?: string;
  readonly demographics?: { readonly name: string; readonly birthDate: string };
}

/** More than these with one number, or one name and date of birth, are not looked through: no single one is meant. */
const lookedThrough = 50;

/**
 * The one patient whom an entry names exactly; undefined where nobody or several are. It answers with an id and never with
 * a list, and the authorization server asks it only for somebody who may declare an emergency.
 */
export const createPatientFinder =
  (backend: Backend) =>
  async ({ identifier, demographics }: PatientEntryToFind): Promise<string | undefined> => {
    const clauses = [
      ...(identifier === undefined ? [] : [identifierClause(identifier)]),
      ...(demographics === undefined ? [] : demographicClauses(demographics)),
    ];
    // A system without a number names everybody in it, and a day that there is not nobody.
    const noDay = demographics !== undefined && Number.isNaN(dayOf(demographics.birthDate));
    if (clauses.length === 0 || noDay || identifier?.endsWith('|') === true) return undefined;
    const query = { type: 'Patient', clauses, count: lookedThrough, sort: [], total: 'none', understood: [] } as const;
    const found = await backend.searchType(query, { kind: 'type', type: 'Patient' });
    if (found.next !== undefined) return undefined;
    const fitting = found.matches.filter(({ body }) => demographics === undefined || fits(body, demographics));
    return fitting.length === 1 ? fitting[0]?.id : undefined;
  };

const identifierClause = (identifier: string): SearchClause => {
  const at = identifier.lastIndexOf('|');
  const code = identifier.slice(at + 1);
  const system = at < 0 ? {} : { system: identifier.slice(0, at) };
  return { param: 'identifier', values: [{ kind: 'token', ...system, code }] };
};

const dayOf = (birthDate: string): number => Date.parse(`${birthDate}T00:00:00Z`);

const demographicClauses = ({ name, birthDate }: { name: string; birthDate: string }): readonly SearchClause[] => {
  const start = dayOf(birthDate);
  const born: SearchValue = { kind: 'date', prefix: 'eq', start, end: start + 86_400_000 };
  // Names begin with it, as they are written; the rest is compared below.
  const [text = ''] = name.split(' ');
  return [
    { param: 'birthdate', values: [born] },
    { param: 'name', values: [{ kind: 'string', text }] },
  ];
};

/** Case, accents and spaces are not what tells people apart. */
const fold = (text: string): string =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').replace(/\s+/gu, ' ').trim().toLowerCase();

/** The whole name as it is written, or with the first of the given names only: as it stands on a card. */
const fits = (body: string, { name, birthDate }: { name: string; birthDate: string }): boolean => {
  const patient = JSON.parse(body) as { name?: readonly HumanName[]; birthDate?: string };
  const wanted = fold(name);
  const written = (patient.name ?? []).flatMap(({ text = '', given = [], family = '' }) =>
    [text, [...given, family].join(' '), [given[0] ?? '', family].join(' ')].map(fold),
  );
  return patient.birthDate === birthDate && wanted.includes(' ') && written.includes(wanted);
};

interface HumanName {
  readonly use?: string;
  readonly text?: string;
  readonly given?: readonly string[];
  readonly family?: string;
}

const readEntry = (id: string, body: string): PatientEntry => ({
  ...patientEntry(JSON.parse(body) as Resource),
  id,
});

/** What a page says of a patient. */
export const patientEntry = (resource: Resource): PatientEntry => {
  const { id = '' } = resource;
  const patient = resource as { readonly name?: readonly HumanName[]; readonly birthDate?: string };
  const names = patient.name ?? [];
  const name = names.find(({ use }) => use === 'official') ?? names.find(({ use }) => use !== 'old') ?? names[0];
  const text = name?.text ?? [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
  return {
    id,
    name: text === '' ? 'A patient without a name' : text,
    ...(patient.birthDate === undefined ? {} : { birthDate: patient.birthDate }),
  };
};
