/** The people who can sign in, and for whom each may act. NIST SP 800-63B §5.1.1; SMART App Launch 2.2, launch/patient. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { hashPassword, maxPasswordBytes, verifyPassword } from './password.ts';
import { declared, type Proof, toldTaken } from './proofs.ts';

export interface Person {
  /** opaque, never reused */
  readonly sub: string;
  readonly username: string;
  readonly name: string;
  /** `Patient/12`, `Practitioner/3`, or an absolute URL */
  readonly fhirUser?: string;
}

export interface ActsFor {
  /** bare id */
  readonly patient: string;
  /** `self`, `child`, `parent`, `spouse`, `patient` (of a clinician) … */
  readonly relation: string;
  readonly from?: Date;
  readonly until?: Date;
  /** bare id of the RelatedPerson that it rests on: it counts while that says so (FHIR R4 relatedperson.html) */
  readonly relatedPerson?: string;
}

export interface NewPerson {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly fhirUser?: string;
  readonly patients?: readonly ActsFor[];
  /** on what it is said who the person is, and for whom they act; nothing but the operator's word unless told */
  readonly proof?: Proof;
  /** runs the domain: written down with the person, and no right to any record */
  readonly administrator?: boolean;
  /** may read the whole audit log: no right to any record */
  readonly auditor?: boolean;
  /** may declare an emergency for one patient at a time */
  readonly emergency?: boolean;
  /** may change how confidential a record is */
  readonly relabel?: boolean;
  /** may decide whether two records are one person's */
  readonly steward?: boolean;
  /** may write, publish and retire definitions of the registry */
  readonly publisher?: boolean;
}

/** What an administrator says of a person: none of it ever comes from a claim. */
export const privileges = ['administrator', 'auditor', 'emergency', 'relabel', 'steward', 'publisher'] as const;
export type Privilege = (typeof privileges)[number];
export type PersonChanges = Partial<Readonly<Record<Privilege | 'disabled', boolean>>>;

export type Verification =
  | { readonly kind: 'verified'; readonly person: Person }
  /** `sub` of the account that was tried, where there is one: for the audit log only */
  | { readonly kind: 'refused'; readonly sub?: string };

export interface People {
  /**
   * Adding a username again changes nothing: `added` is false, and `sub` is the one that it has.
   * @throws IdentityTaken where somebody else signs in as this Patient or Practitioner
   */
  add(person: NewPerson): Promise<{ readonly sub: string; readonly added: boolean }>;
  /** The same work is done for an unknown username. */
  verify(username: string, password: string): Promise<Verification>;
  /** undefined where unknown or disabled */
  find(sub: string): Promise<Person | undefined>;
  /** the same by the name that somebody signs in with */
  findNamed(username: string): Promise<Person | undefined>;
  patientsOf(sub: string, at: Date): Promise<readonly ActsFor[]>;
  /** Whether this person may read the whole audit log; false where unknown or disabled. */
  isAuditor(sub: string): Promise<boolean>;
  /** Whether this person may declare an emergency; false where unknown or disabled. */
  mayDeclareEmergency(sub: string): Promise<boolean>;
  /** Whether this person may change how confidential a record is; false where unknown or disabled. */
  mayRelabel(sub: string): Promise<boolean>;
  /** Whether this person may decide whether two records are one person's; false where unknown or disabled. */
  isSteward(sub: string): Promise<boolean>;
  /** Whether this person may write and publish definitions; false where unknown or disabled. */
  isPublisher(sub: string): Promise<boolean>;
  /** Changes what is said of a person, and nothing else. @returns undefined where nobody has that username */
  set(username: string, changes: PersonChanges, at: Date): Promise<{ readonly sub: string } | undefined>;
  disable(sub: string, at: Date): Promise<void>;
}

/** How usernames are compared. A NUL, which PostgreSQL has no text with, becomes a character that no username has. */
export const foldUsername = (username: string): string =>
  username.normalize('NFKC').trim().toLowerCase().replaceAll('\0', '\u{fffd}');

interface Row {
  readonly sub: string;
  readonly username: string;
  /** null: no password opens the account */
  readonly password_hash: string | null;
  readonly name: string;
  readonly fhir_user: string | null;
}

const personOf = ({ sub, username, name, fhir_user }: Row): Person => ({
  sub,
  username,
  name,
  ...(fhir_user === null ? {} : { fhirUser: fhir_user }),
});

const columns = 'sub, username, password_hash, name, fhir_user';

type Queryable = pg.Pool | pg.PoolClient;

const isSubject = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** As `People.find`; inside a transaction on its own connection, so that nobody who holds one waits for another. */
export async function findPerson(db: Queryable, sub: string): Promise<Person | undefined> {
  if (!isSubject(sub)) return undefined;
  const { rows } = await db.query<Row>(`select ${columns} from person where sub = $1 and disabled_at is null`, [sub]);
  return rows[0] === undefined ? undefined : personOf(rows[0]);
}

/** Of a row `a` of person_patient; `$2` is the moment. Where it rests on a RelatedPerson, that must say so too. */
export const actsAt = `a.starts_at <= $2 and a.ends_at > $2 and (a.related_person is null or exists (
  select from related_person_standing r
  where r.id = a.related_person and r.patient = a.patient and r.starts_at <= $2 and r.ends_at > $2))`;

export async function findPatientsOf(db: Queryable, sub: string, at: Date): Promise<readonly ActsFor[]> {
  const { rows } = await db.query<{ patient: string; relation: string }>(
    `select patient, relation from person_patient a where sub = $1 and ${actsAt}
     order by relation <> 'self', patient`,
    [sub, at],
  );
  return rows;
}

/** @param privilege a column of that name; false where the person is unknown or disabled */
export async function holds(db: Queryable, sub: string, privilege: Privilege): Promise<boolean> {
  if (!isSubject(sub)) return false;
  const { rows } = await db.query(`select from person where sub = $1 and ${privilege} and disabled_at is null`, [sub]);
  return rows.length > 0;
}

/** As `People.set`, also inside a transaction. */
export async function setPerson(
  db: Queryable,
  username: string,
  changes: PersonChanges,
  at: Date,
): Promise<{ readonly sub: string } | undefined> {
  const asked = db.query<{ sub: string }>(
    `update person set
       ${privileges.map((privilege, index) => `${privilege} = coalesce($${index + 4}, ${privilege})`).join(', ')},
       disabled_at = case $3::boolean when true then coalesce(disabled_at, $2) when false then null else disabled_at end
     where username = $1 returning sub`,
    [
      foldUsername(username),
      at,
      changes.disabled ?? null,
      ...privileges.map((privilege) => changes[privilege] ?? null),
    ],
  );
  // An account that is opened again may find that somebody else is this Patient by now.
  const { rows } = await asked.catch(toldTaken);
  return rows[0];
}

export function createPeople(pool: pg.Pool): People {
  return {
    async add({ username, password, name, fhirUser, patients = [], proof = declared, ...roles }) {
      const folded = foldUsername(username);
      if (folded === '' || folded.length > 200) throw new Error('A username has 1 to 200 characters.');
      if (password === '' || Buffer.byteLength(password) > maxPasswordBytes) {
        throw new Error(`A password has 1 to ${maxPasswordBytes} bytes.`);
      }
      const hash = await hashPassword(password);
      const { rows } = await pool
        .query<{ sub: string; added: boolean }>(
          `with added as (
           insert into person (sub, username, password_hash, name, fhir_user, ${privileges.join(', ')})
           values ($1, $2, $3, $4, $5, ${privileges.map((_, index) => `$${index + 14}`).join(', ')})
           on conflict (username) do nothing returning sub
         ), linked as (
           insert into person_patient (sub, patient, relation, starts_at, ends_at, related_person)
           select added.sub, p.patient, p.relation, coalesce(p.starts_at, '-infinity'),
             coalesce(p.ends_at, 'infinity'), p.related_person
           from added, unnest($6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[], $10::text[])
             as p (patient, relation, starts_at, ends_at, related_person)
         ), proved as (
           insert into proofing_event (sub, kind, target, evidence, proved_by, note, proved_at)
           select added.sub, e.kind, e.target, $11, $12, $13, now() from added, (
             select 'identity' as kind, $5::text as target where $5::text is not null
             union all select 'proxy', 'Patient/' || patient from unnest($6::text[]) as p (patient)
             where 'Patient/' || patient is distinct from $5) e
         )
         select sub, true as added from added
         union all select sub, false from person where username = $2 limit 1`,
          [
            randomUUID(),
            folded,
            hash,
            name,
            fhirUser ?? null,
            patients.map(({ patient }) => patient),
            patients.map(({ relation }) => relation),
            patients.map(({ from }) => from ?? null),
            patients.map(({ until }) => until ?? null),
            patients.map(({ relatedPerson }) => relatedPerson ?? null),
            proof.evidence,
            proof.by,
            proof.note ?? null,
            ...privileges.map((privilege) => roles[privilege] ?? false),
          ],
        )
        .catch(toldTaken);
      const [row] = rows;
      if (row === undefined) throw new Error('The person could not be added; try again.');
      return row;
    },
    async verify(username, password) {
      const { rows } = await pool.query<Row>(
        `select ${columns} from person where username = $1 and disabled_at is null`,
        [foldUsername(username).slice(0, 200)],
      );
      const [row] = rows;
      const right = await verifyPassword(password, row?.password_hash ?? undefined);
      if (right && row !== undefined) return { kind: 'verified', person: personOf(row) };
      return { kind: 'refused', ...(row === undefined ? {} : { sub: row.sub }) };
    },
    find: (sub) => findPerson(pool, sub),
    async findNamed(username) {
      const { rows } = await pool.query<Row>(
        `select ${columns} from person where username = $1 and disabled_at is null`,
        [foldUsername(username).slice(0, 200)],
      );
      return rows[0] === undefined ? undefined : personOf(rows[0]);
    },
    patientsOf: (sub, at) => findPatientsOf(pool, sub, at),
    isAuditor: (sub) => holds(pool, sub, 'auditor'),
    mayDeclareEmergency: (sub) => holds(pool, sub, 'emergency'),
    mayRelabel: (sub) => holds(pool, sub, 'relabel'),
    isSteward: (sub) => holds(pool, sub, 'steward'),
    isPublisher: (sub) => holds(pool, sub, 'publisher'),
    set: (username, changes, at) => setPerson(pool, username, changes, at),
    async disable(sub, at) {
      await pool.query('update person set disabled_at = coalesce(disabled_at, $2) where sub = $1', [sub, at]);
    },
  };
}
