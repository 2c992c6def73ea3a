/**
 * What ties a sign-in to a record: a proof that somebody looked at, kept with who, when and on what evidence. Without one the
 * database takes no such tie. NIST SP 800-63A §4; docs/decisions/0033-who-somebody-is.md.
 */
import type pg from 'pg';

type Queryable = pg.Pool | pg.PoolClient;

export const evidences = [
  'identity-document',
  'known-in-person',
  'legal-document',
  'related-person',
  'invitation',
  'account',
  'declared',
  'sample',
] as const;
/** `declared`: nothing but the word of whoever runs the domain */
export type Evidence = (typeof evidences)[number];

export interface Proof {
  readonly evidence: Evidence;
  /** who looked at it: a subject, or a name */
  readonly by: string;
  readonly note?: string;
}
export const declared: Proof = { evidence: 'declared', by: 'operator' };

export type ProofKind = 'identity' | 'proxy' | 'sign-in';

export interface ProofEvent extends Proof {
  readonly kind: ProofKind;
  readonly target: string;
  readonly at: Date;
  readonly ended?: { readonly at: Date; readonly by: string; readonly reason: string };
}

/** Somebody else signs in as this Patient or Practitioner already. */
export class IdentityTaken extends Error {}

const violates = (error: unknown, name: string): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === name;

/** @throws IdentityTaken in place of what PostgreSQL says */
export const toldTaken = (error: unknown): never => {
  throw violates(error, 'person_fhir_user')
    ? new IdentityTaken('Somebody else signs in as this one already: a Patient, and a Practitioner, is one person.')
    : error;
};

export async function noteProof(
  db: Queryable,
  sub: string,
  { kind, target, evidence, by, note, at }: Proof & { readonly kind: ProofKind; readonly target: string; at: Date },
): Promise<void> {
  await db.query(
    `insert into proofing_event (sub, kind, target, evidence, proved_by, note, proved_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [sub, kind, target, evidence, by, note ?? null, at],
  );
}

export interface Ending {
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

const endProofs = (db: Queryable, sub: string, kinds: readonly ProofKind[], target: string, end: Ending) =>
  db.query(
    `update proofing_event set ended_at = $4, ended_by = $5, ended_reason = $6
     where sub = $1 and kind = any($2) and target = $3 and ended_at is null`,
    [sub, kinds, target, end.at, end.by, end.reason],
  );

/** One line for the audit log: how it was proved, never a name that only a note holds. */
export const wordsOfProof = ({ evidence, by }: Proof): string => `proved by ${by}, on the evidence ${evidence}`;

/**
 * From now on this sign-in is this Patient, or this Practitioner. In a transaction.
 * @throws IdentityTaken where it is somebody else's
 */
export async function bindIdentity(
  db: pg.PoolClient,
  sub: string,
  fhirUser: string,
  proof: Proof & { readonly at: Date },
): Promise<'bound' | 'somebody-already' | 'unknown'> {
  const { rows } = await db.query<{ fhir_user: string | null }>(
    'select fhir_user from person where sub = $1 for update',
    [sub],
  );
  const [person] = rows;
  if (person === undefined) return 'unknown';
  if (person.fhir_user !== null && person.fhir_user !== fhirUser) return 'somebody-already';
  await noteProof(db, sub, { ...proof, kind: 'identity', target: fhirUser });
  await db.query('update person set fhir_user = $2 where sub = $1', [sub, fhirUser]).catch(toldTaken);
  const patient = /^Patient\/([^/]+)$/.exec(fhirUser)?.[1];
  if (patient !== undefined)
    await db.query(
      `insert into person_patient (sub, patient, relation) values ($1, $2, 'self')
       on conflict (sub, patient) do update
         set relation = 'self', starts_at = '-infinity', ends_at = 'infinity', related_person = null`,
      [sub, patient],
    );
  return 'bound';
}

/** The sign-in is nobody's from now on: tokens that were given out are worth nothing with the next look at who somebody is. */
export async function unbindIdentity(db: pg.PoolClient, sub: string, end: Ending): Promise<string | undefined> {
  const { rows } = await db.query<{ fhir_user: string | null }>(
    'select fhir_user from person where sub = $1 for update',
    [sub],
  );
  const fhirUser = rows[0]?.fhir_user ?? undefined;
  if (fhirUser === undefined) return undefined;
  await db.query('update person set fhir_user = null where sub = $1', [sub]);
  await db.query(`delete from person_patient where sub = $1 and relation = 'self'`, [sub]);
  await endProofs(db, sub, ['identity'], fhirUser, end);
  return fhirUser;
}

export interface ProxyFor {
  /** bare id */
  readonly patient: string;
  readonly relation: string;
  readonly from?: Date;
  readonly until?: Date;
  /** bare id: the RelatedPerson of the record that it rests on */
  readonly relatedPerson?: string;
}

/** Said again, it stands as it is said now. */
export async function addProxy(
  db: pg.PoolClient,
  sub: string,
  { patient, relation, from, until, relatedPerson }: ProxyFor,
  proof: Proof & { readonly at: Date },
): Promise<void> {
  await noteProof(db, sub, { ...proof, kind: 'proxy', target: `Patient/${patient}` });
  await db.query(
    `insert into person_patient (sub, patient, relation, starts_at, ends_at, related_person)
     values ($1, $2, $3, coalesce($4::timestamptz, '-infinity'), coalesce($5::timestamptz, 'infinity'), $6)
     on conflict (sub, patient) do update set relation = excluded.relation, starts_at = excluded.starts_at,
       ends_at = excluded.ends_at, related_person = excluded.related_person`,
    [sub, patient, relation, from ?? null, until ?? null, relatedPerson ?? null],
  );
}

/** @returns false where they act for nobody of that id; who somebody is themself is not ended here */
export async function endProxy(db: pg.PoolClient, sub: string, patient: string, end: Ending): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from person_patient where sub = $1 and patient = $2 and relation <> 'self'`,
    [sub, patient],
  );
  if (rowCount !== 1) return false;
  await endProofs(db, sub, ['proxy'], `Patient/${patient}`, end);
  return true;
}

/** The newest first. */
export async function proofsOf(db: Queryable, sub: string): Promise<readonly ProofEvent[]> {
  const { rows } = await db.query<{
    kind: ProofKind;
    target: string;
    evidence: Evidence;
    proved_by: string;
    note: string | null;
    proved_at: Date;
    ended_at: Date | null;
    ended_by: string | null;
    ended_reason: string | null;
  }>(
    `select kind, target, evidence, proved_by, note, proved_at, ended_at, ended_by, ended_reason from proofing_event
     where sub = $1 order by id desc`,
    [sub],
  );
  return rows.map(({ proved_by, note, proved_at, ended_at, ended_by, ended_reason, ...event }) => ({
    ...event,
    by: proved_by,
    at: proved_at,
    ...(note === null ? {} : { note }),
    ...(ended_at === null ? {} : { ended: { at: ended_at, by: ended_by ?? '', reason: ended_reason ?? '' } }),
  }));
}
