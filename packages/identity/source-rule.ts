/**
 * Whose records a source may change: those with numbers of its own domains, and no others. What it may not is refused whole,
 * with the reason. IHE PIXm ITI-104 §2:3.104.5: a source only makes changes to the identity domain for which it is authorized.
 */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';
import type { Change, Objects } from '@affinity/resource-server/asked.ts';
import type pg from 'pg';
import { isFedId } from './feeds/fed-record.ts';
import { identifiersIn, type Replacement, replacementOf } from './patient-record.ts';

export interface SourceRuleNeighbours {
  readonly pool: pg.Pool;
  readonly base: string;
  /** by client: its identity domains */
  readonly sources: ReadonlyMap<string, ReadonlySet<string>>;
  /** domains whose numbers every source may tell beside its own, such as those of an insurance */
  readonly shared: ReadonlySet<string>;
  /** everything that was written before is linked */
  readonly settle: () => Promise<unknown>;
}

const forbidden = (why: string, expression?: string): FhirError => fhirError(403, 'forbidden', why, expression);
const unprocessable = (why: string, expression: string): FhirError => fhirError(422, 'business-rule', why, expression);

const isReplaced = ({ link }: Resource): boolean =>
  list(link).some((one) => isObject(one) && one.type === 'replaced-by');

/** Everything that it says of numbers, those that are out of use included. */
const systemsIn = ({ identifier }: Resource): readonly (string | undefined)[] =>
  list(identifier).map((one) => (isObject(one) ? text(one.system) : undefined));

/** What is foreign in a record that is about to be stored. */
const foreignIn = (
  resource: Resource,
  own: ReadonlySet<string>,
  shared: ReadonlySet<string>,
): FhirError | undefined => {
  const systems = systemsIn(resource);
  for (const [at, system] of systems.entries()) {
    const expression = `Patient.identifier[${at}]`;
    if (system === undefined) return unprocessable('an identifier here has a system', `${expression}.system`);
    if (!own.has(system) && !shared.has(system))
      return forbidden('the identifier is of a domain that is not of this source', `${expression}.system`);
  }
  return identifiersIn(resource).some(({ system }) => own.has(system))
    ? undefined
    : unprocessable('a record has an identifier of a domain of its source', 'Patient.identifier');
};

/** Another record of a source that has the number; those of servers of the domain are theirs. */
const takenBy = async (pool: pg.Pool, record: string, identifiers: readonly PersonIdentifier[]): Promise<boolean> => {
  const { rows } = await pool.query(
    `select from unnest($1::text[], $2::text[]) as asked (system, value)
     join person_identifier i using (system, value) left join person_place p on p.record = i.record
     where i.record <> $3 and p.record is null limit 1`,
    [identifiers.map(({ system }) => system), identifiers.map(({ value }) => value), record],
  );
  return rows.length > 0;
};

interface Survivor {
  readonly record: string;
  readonly systems: readonly string[];
}

const survivorOf = async (pool: pg.Pool, replacement: Replacement): Promise<Survivor | undefined> => {
  const { rows } = await pool.query<Survivor>(
    replacement.kind === 'record'
      ? `select r.record, array_agg(i.system) as systems from person_record r join person_identifier i using (record)
         left join person_place p using (record)
         where r.record = $1 and p.record is null and r.replaced_by is null group by r.record`
      : `select r.record, array_agg(i.system) as systems from person_identifier i join person_record r using (record)
         left join person_place p using (record)
         where (i.system, i.value) = ($1, $2) and p.record is null and r.replaced_by is null group by r.record limit 2`,
    replacement.kind === 'record'
      ? [replacement.record]
      : [replacement.identifier.system, replacement.identifier.value],
  );
  return rows.length === 1 ? rows[0] : undefined;
};

/** Whether other records of the same source are replaced by this one: what stands for others is not replaced itself. */
const standsForOthers = async (pool: pg.Pool, record: string): Promise<boolean> =>
  (await pool.query('select from person_record where replaced_by = $1 limit 1', [record])).rows.length > 0;

const wrongReplacement = async (
  resource: Resource,
  record: string,
  own: ReadonlySet<string>,
  { pool, base }: SourceRuleNeighbours,
): Promise<FhirError | undefined> => {
  if (!isReplaced(resource)) return undefined;
  if (resource.active !== false)
    return unprocessable('a record that is replaced by another is not active', 'Patient.active');
  const replacement = replacementOf(resource, [base]);
  const survivor = replacement === undefined ? undefined : await survivorOf(pool, replacement);
  if (survivor === undefined || survivor.record === record || !survivor.systems.some((system) => own.has(system)))
    return unprocessable('the record that replaces it is no other record in use of this source', 'Patient.link');
  return (await standsForOthers(pool, record))
    ? unprocessable('the record has replaced others: these have to name the new one first', 'Patient.link')
    : undefined;
};

const patientObjection = async (
  { principal, id, before, after }: Change,
  neighbours: SourceRuleNeighbours,
): Promise<FhirError | undefined> => {
  const own = neighbours.sources.get(principal.clientId);
  if (own === undefined) return forbidden('this client is no source of identities');
  if (isFedId(id)) return forbidden('the record is kept up by the server that it is from');
  if (before !== undefined && !identifiersIn(before).some(({ system }) => own.has(system)))
    return forbidden('the record is of another source');
  if (after === undefined) return undefined;
  const foreign = foreignIn(after, own, neighbours.shared);
  if (foreign !== undefined) return foreign;
  await neighbours.settle();
  const owned = identifiersIn(after).filter(({ system }) => own.has(system));
  if (await takenBy(neighbours.pool, id, owned))
    return fhirError(409, 'duplicate', 'another record of this source has the identifier', 'Patient.identifier');
  return wrongReplacement(after, id, own, neighbours);
};

/** Providers are kept up by the servers that they are from. */
export const createSourceRule =
  (neighbours: SourceRuleNeighbours): Objects =>
  async (change) =>
    change.type === 'Patient'
      ? patientObjection(change, neighbours)
      : forbidden('providers are kept up by the servers that they are from');
