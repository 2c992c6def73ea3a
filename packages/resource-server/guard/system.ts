/** What is asked of several types at once, judged type by type. FHIR R4 http.html#history, #search, patient-operation-everything.html. */
import type { FilterOf } from '@affinity/core/fhir/backend.ts';
import { allOf, nothing } from '@affinity/core/fhir/filter.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import { type Answer, notFound, refusal } from '../answer.ts';
import type { Everything, HistoryOfAll, SearchingAll } from '../asked.ts';
import { emptySearch } from './empty-search.ts';
import { notOffered } from './refusals.ts';
import type { Denied } from './rights.ts';
import type { Surroundings } from './surroundings.ts';

/** Left out where no type is named: each look at them makes more of them, and a record would be lost among them. */
const onlyNamed: ReadonlySet<string> = new Set(['AuditEvent']);

interface Granted {
  readonly kind: 'granted';
  readonly types: readonly string[];
  /** the rules that narrowed any of them */
  readonly because: readonly string[];
}

/** The types that were granted. A type that was named and was not granted denies the whole, and so does none at all. */
export const granted = (
  named: readonly string[],
  { rights, types }: Pick<Surroundings, 'rights' | 'types'>,
  needs: (type: string) => readonly Intent[],
): Granted | Denied => {
  const open: string[] = [];
  const because = new Set<string>();
  let first: Denied | undefined;
  for (const type of named.length > 0 ? named : types().filter((each) => !onlyNamed.has(each))) {
    const asked = needs(type).map(rights.ask);
    const denied = asked.find((each) => each.kind === 'denied');
    if (denied?.kind !== 'denied') {
      open.push(type);
      for (const each of asked) if (each.kind === 'permit') for (const rule of each.because) because.add(rule);
    } else if (named.length > 0) return denied;
    else first ??= denied;
  }
  return open.length > 0 || first === undefined ? { kind: 'granted', types: open, because: [...because] } : first;
};

export const searchSystem = async (asked: SearchingAll, around: Surroundings): Promise<Answer | Denied> => {
  const { query, fault, ignored } = asked;
  const { backend, rights, signal } = around;
  const { types: named, ...rest } = query;
  const intentOf = (type: string): Intent => ({ kind: 'search-type', type, query: { ...rest, type } });
  const open = granted(named, around, (type) => [intentOf(type)]);
  if (open.kind === 'denied') return open;
  const { types, because } = open;
  if (fault !== undefined) return refusal(fault);
  if (backend.searchSystem === undefined) return notOffered();
  const result = await backend.searchSystem({ ...query, types }, rights.filterOf(intentOf), signal());
  return {
    kind: 'search',
    because,
    path: '',
    understood: query.understood,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    ...(ignored === undefined ? {} : { ignored }),
    result,
  };
};

export const historySystem = async (asked: HistoryOfAll, around: Surroundings): Promise<Answer | Denied> => {
  const { page, fault, understood } = asked;
  const { backend, rights, signal } = around;
  const intentOf = (type: string): Intent => ({ kind: 'history-type', type, page });
  const open = granted([], around, (type) => [intentOf(type)]);
  if (open.kind === 'denied') return open;
  const { types, because } = open;
  if (fault !== undefined) return refusal(fault);
  if (backend.history === undefined) return notOffered();
  const result = await backend.history({ types, page }, rights.filterOf(intentOf), signal());
  return {
    ...result,
    because,
    path: '_history',
    understood,
    ...(page.before === undefined ? {} : { cursor: page.before }),
  };
};

const reading = (type: string, id: string): Intent => ({ kind: 'read', type, id });
const searching = (type: string): Intent => ({ kind: 'search-type', type, query: emptySearch(type) });

/** What a type takes to be part of a patient's everything. */
export const needsOfEverything =
  (patient: string) =>
  (type: string): readonly Intent[] =>
    type === 'Patient' ? [reading(type, patient)] : [reading(type, patient), searching(type)];

/**
 * `Patient/[id]/$everything`. A type takes part where it may be both read and searched, since it is found and then shown;
 * the patient itself where it may be read.
 */
export const everythingOf = async (asked: Everything, around: Surroundings): Promise<Answer | Denied> => {
  const { of, fault, understood } = asked;
  const { backend, rights, signal } = around;
  const patient = rights.ask(reading('Patient', of.patient));
  if (patient.kind === 'denied') return patient;
  const open = granted(of.types, around, needsOfEverything(of.patient));
  if (open.kind === 'denied') return open;
  const { types, because } = open;
  if (fault !== undefined) return refusal(fault);
  if (backend.everything === undefined) return notOffered();
  const seen = await backend.read({ type: 'Patient', id: of.patient }, patient.filter);
  if (seen.kind !== 'found') return { ...notFound(), because: patient.because };
  const read = rights.filterOf((type) => reading(type, of.patient));
  const search = rights.filterOf(searching);
  const filterOf: FilterOf = (type) => {
    if (!types.includes(type)) return nothing;
    return type === 'Patient' ? read(type) : allOf([read(type), search(type)]);
  };
  return {
    kind: 'search',
    because,
    path: `Patient/${of.patient}/$everything`,
    understood,
    ...(of.cursor === undefined ? {} : { cursor: of.cursor }),
    result: await backend.everything({ ...of, types }, filterOf, signal()),
  };
};
