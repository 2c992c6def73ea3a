/**
 * `Patient/$ihe-pix`: under which numbers, and as which Patients, the person with a number is known. IHE PIXm ITI-83. All of
 * it follows from what the caller may find: numbers of a hidden record are neither told nor known.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';
import type { OperationAsked, OperationView, OwnOperation } from '@affinity/resource-server/own-operation.ts';
import type pg from 'pg';
import type { Matcher } from '../matcher.ts';
import { identifiersIn, replacementOf } from '../patient-record.ts';
import { parametersOf } from './operation-parameters.ts';
import { countQuestion, type QuestionLimit } from './question-limit.ts';
import { type SeenPerson, seenPerson } from './seen-person.ts';
import { bearers, isKnownDomain, patientQuery, visibleRecords } from './visible-records.ts';

export interface PixNeighbours {
  readonly pool: pg.Pool;
  /** of the identity server */
  readonly base: string;
  readonly matcher: Pick<Matcher, 'judge'>;
  /** whose Patients are known by their ids: bases of servers */
  readonly bases: readonly string[];
  /** identity domains that are known whatever is there */
  readonly domains: ReadonlySet<string>;
  /** everything that was written before is linked */
  readonly settle: () => Promise<unknown>;
  readonly limit: QuestionLimit;
  /** records of one number that are looked at */
  readonly recordsMost: number;
}

const told = (status: number, code: 'not-found' | 'code-invalid' | 'invalid' | 'required', why: string): FhirError =>
  fhirError(status, code, why);
const sourceUnknown = () => told(404, 'not-found', 'sourceIdentifier Patient Identifier not found');
const domainUnknown = () => told(400, 'code-invalid', 'sourceIdentifier Assigning Authority not found');
const targetUnknown = () => told(403, 'code-invalid', 'targetSystem not found');

interface Wanted {
  readonly source: PersonIdentifier;
  readonly targets: readonly string[];
}

const wantedOf = (asked: OperationAsked): Wanted | FhirError => {
  const sources: PersonIdentifier[] = [];
  const targets: string[] = [];
  for (const { name, value, complex } of parametersOf(asked)) {
    if (name === '_format' || name === '_pretty') continue;
    if (name === 'targetSystem' && value) targets.push(value);
    else if (name === 'sourceIdentifier') {
      const at = value?.indexOf('|') ?? -1;
      const [system, code] =
        complex === undefined
          ? [value?.slice(0, Math.max(at, 0)), value?.slice(at + 1)]
          : [complex.system, complex.value];
      if (typeof system !== 'string' || typeof code !== 'string' || system === '' || code === '')
        return told(400, 'invalid', 'sourceIdentifier is system|value, both of them');
      sources.push({ system, value: code });
    } else return told(400, 'invalid', '$ihe-pix takes sourceIdentifier and targetSystem');
  }
  const [source] = sources;
  return source === undefined || sources.length > 1
    ? told(400, 'required', '$ihe-pix needs sourceIdentifier, once')
    : { source, targets };
};

/** The record of `base|Patient/id`. */
const recordAt = async (
  { system, value }: PersonIdentifier,
  { pool, base, bases }: PixNeighbours,
): Promise<string | undefined> => {
  const target = parseReference(value, []);
  if (target.kind !== 'local' || target.type !== 'Patient' || ![base, ...bases].includes(system)) return undefined;
  if (system === base) return target.id;
  const { rows } = await pool.query<{ record: string }>(
    'select record from person_place where base = $1 and patient = $2',
    [system, target.id],
  );
  return rows[0]?.record;
};

interface Corresponding {
  readonly shown: readonly Version[];
  readonly parameter: readonly object[];
}

const corresponding = ({ source, targets }: Wanted, seen: SeenPerson, { base }: PixNeighbours): Corresponding => {
  const identifiers = new Map<string, object>();
  const references: object[] = [];
  const shown: Version[] = [];
  const isWanted = (system: string): boolean => targets.length === 0 || targets.includes(system);
  for (const { record, base: of, patient, version, resource } of seen) {
    // What its source has replaced is known by its own number, and is nobody's other number.
    if (replacementOf(resource, [base]) !== undefined) continue;
    const its = identifiersIn(resource).filter(({ system }) => isWanted(system));
    for (const { system, value } of its)
      if (system !== source.system || value !== source.value)
        identifiers.set(`${system}|${value}`, { name: 'targetIdentifier', valueIdentifier: { system, value } });
    const places = [
      { at: base, id: record },
      ...(of === null || patient === null ? [] : [{ at: of, id: patient }]),
    ].filter(
      ({ at, id }) => (its.length > 0 || isWanted(at)) && `${at}|Patient/${id}` !== `${source.system}|${source.value}`,
    );
    for (const { at, id } of places)
      references.push({ name: 'targetId', valueReference: { reference: `${at}/Patient/${id}` } });
    shown.push(version);
  }
  return { shown, parameter: [...identifiers.values(), ...references] };
};

const answer = async (asked: OperationAsked, view: OperationView, neighbours: PixNeighbours) => {
  const wanted = wantedOf(asked);
  if (wanted instanceof FhirError) return wanted;
  const { base, bases, domains, settle, limit, recordsMost } = neighbours;
  const throttled = await countQuestion(asked.principal.clientId, limit);
  if (throttled !== undefined) return throttled;
  await settle();
  const known = new Set([base, ...bases, ...domains]);
  const { source, targets } = wanted;
  const byId = await recordAt(source, neighbours);
  const found =
    byId === undefined ? await bearers(view, source, recordsMost) : [...(await visibleRecords(view, [byId])).values()];
  if (found.length === 0) return (await isKnownDomain(view, source.system, known)) ? sourceUnknown() : domainUnknown();
  for (const target of targets) if (!(await isKnownDomain(view, target, known))) return targetUnknown();
  const seen = await seenPerson(
    view,
    found.map(({ id }) => id),
    neighbours,
  );
  return seen === undefined ? sourceUnknown() : corresponding(wanted, seen, neighbours);
};

export const createIhePix = (neighbours: PixNeighbours): OwnOperation => ({
  name: 'ihe-pix',
  on: 'type',
  types: ['Patient'],
  methods: ['GET', 'POST'],
  definition: 'https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix',
  needs: () => [{ kind: 'search-type', type: 'Patient', query: patientQuery([], 0) }],
  perform: async (asked, view) => {
    const made = await answer(asked, view, neighbours);
    if (made instanceof FhirError) return { kind: 'refused', error: made };
    const { shown, parameter } = made;
    const json = JSON.stringify({ resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) });
    return { kind: 'made', json, shows: shown };
  },
});
