/** What the pages say of a patient: name and date of birth, read from the clinic for a person who may act for them. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { allOf, anyOf } from '@affinity/core/fhir/filter.ts';

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

interface HumanName {
  readonly use?: string;
  readonly text?: string;
  readonly given?: readonly string[];
  readonly family?: string;
}

const readEntry = (id: string, body: string): PatientEntry => {
  const patient = JSON.parse(body) as { name?: readonly HumanName[]; birthDate?: string };
  const names = patient.name ?? [];
  const name = names.find(({ use }) => use === 'official') ?? names.find(({ use }) => use !== 'old') ?? names[0];
  const text = name?.text ?? [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
  return {
    id,
    name: text === '' ? 'A patient without a name' : text,
    ...(patient.birthDate === undefined ? {} : { birthDate: patient.birthDate }),
  };
};
