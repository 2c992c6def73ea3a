/**
 * Invitations: what staff give a patient or a practitioner, so that a sign-in elsewhere becomes theirs. A code of 100 bits, good
 * once and for a while, and for a patient the date of birth with it. NIST SP 800-63A §4.3, §5; SMART App Launch 2.2, fhirUser.
 */
import { randomUUID } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import { linkIdentity } from './factors/federated-identities.ts';
import { foldTypedCode, makeTypedCode } from './factors/typed-code.ts';
import type { Elsewhere } from './federation.ts';
import { noteProof } from './proofs.ts';

const groups = 5;
const hashFor = (typed: string): Buffer => hashOf(`invitation ${foldTypedCode(typed)}`);

/** Bare ids. */
export type Invited = { readonly patient: string } | { readonly practitioner: string };

/** @returns the code, which is shown to whoever asked for it and kept nowhere */
export async function invite(
  db: pg.Pool | pg.PoolClient,
  invited: Invited,
  { name, at, expiresAt }: { readonly name: string; readonly at: Date; readonly expiresAt: Date },
): Promise<string> {
  const code = makeTypedCode(groups);
  await db.query(
    `insert into proofing_invitation (code, patient, practitioner, name, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      hashFor(code),
      'patient' in invited ? invited.patient : null,
      'practitioner' in invited ? invited.practitioner : null,
      name,
      at,
      expiresAt,
    ],
  );
  return code;
}

interface Invitation {
  readonly patient: string | null;
  readonly practitioner: string | null;
  readonly name: string;
}

export type Proofing =
  | { readonly kind: 'proofed'; readonly sub: string }
  /** one word for whatever is wrong: the code, the date, or both */
  | { readonly kind: 'refused' }
  /** there is an account for this person: it is opened by its own owner, not by a code */
  | { readonly kind: 'known' };

export interface ProofingNeighbours {
  readonly pool: pg.Pool;
  /** 1984-02-11, where it is known to the day */
  birthDateOf(patient: string): Promise<string | undefined>;
  /** resolves when it is durable */
  note(sub: string, invitation: { readonly patient?: string }): Promise<void>;
  now(): Date;
}

class Refused extends Error {}

export async function redeemInvitation(
  { pool, birthDateOf, note, now }: ProofingNeighbours,
  { code, birthDate }: { readonly code: string; readonly birthDate: string },
  elsewhere: Elsewhere,
): Promise<Proofing> {
  const at = now();
  const live = 'code = $1 and consumed_at is null and expires_at > $2';
  const { rows } = await pool.query<Invitation>(
    `select patient, practitioner, name from proofing_invitation where ${live}`,
    [hashFor(code), at],
  );
  const [invitation] = rows;
  if (invitation === undefined) return { kind: 'refused' };
  const { patient, practitioner, name } = invitation;
  if (patient !== null) {
    const known = await birthDateOf(patient);
    if (known === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(known) || known !== birthDate) return { kind: 'refused' };
  }
  const fhirUser = patient === null ? `Practitioner/${practitioner}` : `Patient/${patient}`;
  try {
    return await transaction(pool, async (db): Promise<Proofing> => {
      // Two invitations of one person, at once: one makes the account, the other finds it.
      await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`invitation ${fhirUser}`]);
      const { rowCount: accounts } = await db.query('select from person where fhir_user = $1 limit 1', [fhirUser]);
      if (accounts !== 0) return { kind: 'known' };
      const sub = randomUUID();
      await db.query(
        `insert into person (sub, username, password_hash, name, fhir_user) values ($1, $2, null, $3, $4)`,
        [sub, `person-${sub.slice(0, 13)}`, name, fhirUser],
      );
      const proof = { evidence: 'invitation', by: 'the staff who gave the invitation', at } as const;
      await noteProof(db, sub, { ...proof, kind: 'identity', target: fhirUser });
      if (patient !== null)
        await db.query(`insert into person_patient (sub, patient, relation) values ($1, $2, 'self')`, [sub, patient]);
      const { rowCount } = await db.query(`update proofing_invitation set consumed_at = $2, sub = $3 where ${live}`, [
        hashFor(code),
        at,
        sub,
      ]);
      if (rowCount !== 1) throw new Refused();
      if (!(await linkIdentity(db, elsewhere, { sub, provider: elsewhere.provider, proof: 'invitation', at })))
        throw new Refused();
      // Recorded before it is committed: nobody gets into a record unread of.
      await note(sub, patient === null ? {} : { patient });
      return { kind: 'proofed', sub };
    });
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused' };
    throw error;
  }
}
