/** One consent for several FHIR servers: which it covers, and what it is at each of them. RFC 8707 §2.2; SMART App Launch 2.2. */
import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';
import type pg from 'pg';
import { canonicalBase } from './audience.ts';
import type { CrossReference } from './cross-reference.ts';
import type { Grant, GrantedServer } from './grants.ts';

export interface Asked {
  readonly audience: string;
  /** further servers */
  readonly servers: readonly string[];
}

/**
 * The servers that a consent would cover. One at which the patient is not known is left out: a right over a patient's record
 * without the patient would be one over nobody's, or over somebody else's. Undefined where that is the first.
 * @param patient absent where no patient's record is asked for
 */
export async function coverServers(
  db: pg.Pool | pg.PoolClient,
  { patientAt }: CrossReference,
  { audience, servers }: Asked,
  patient: string | undefined,
): Promise<readonly GrantedServer[] | undefined> {
  const covered = await Promise.all(
    [audience, ...servers].map(async (base): Promise<readonly GrantedServer[]> => {
      if (patient === undefined) return [{ base }];
      const there = await patientAt(db, patient, base);
      return there === undefined ? [] : [{ base, patient: there }];
    }),
  );
  return covered[0]?.length === 0 ? undefined : covered.flat();
}

/** As a grant keeps them: nothing where it is for one server that knows the patient by the same id. */
export const keptServers = (
  covered: readonly GrantedServer[],
  patient: string | undefined,
): { readonly servers?: readonly GrantedServer[] } =>
  covered.length === 1 && covered[0]?.patient === patient ? {} : { servers: covered };

export const sameServers = (one: readonly GrantedServer[] = [], other: readonly GrantedServer[] = []): boolean => {
  const printed = (servers: readonly GrantedServer[]): string =>
    JSON.stringify(servers.map(({ base, patient }) => [base, patient ?? null]).sort());
  return printed(one) === printed(other);
};

/** What is in context elsewhere too: an id or a relative reference means something else there. */
function contextElsewhere({ encounter: _, fhirContext = [], ...rest }: LaunchContext): LaunchContext {
  const absolute = fhirContext.filter(({ reference }) => reference === undefined || /^https?:\/\//.test(reference));
  return absolute.length === 0 ? rest : { ...rest, fhirContext: absolute };
}

/**
 * The grant as it is at one of its servers: with that server's id of the patient. Undefined where it does not cover it, or
 * where the patient is not known there any more by the id that was consented to.
 * @param resource as it was asked for; absent: the first server
 */
export async function grantAt(
  db: pg.Pool | pg.PoolClient,
  { patientAt }: CrossReference,
  grant: Grant,
  resource: string | undefined,
): Promise<Grant | undefined> {
  const { audience, patient, servers = [{ base: audience, ...(patient === undefined ? {} : { patient }) }] } = grant;
  const base = resource === undefined ? audience : canonicalBase(resource);
  const server = servers.find((one) => one.base === base);
  if (server === undefined) return undefined;
  const there = patient === undefined ? undefined : await patientAt(db, patient, base);
  if (there !== server.patient) return undefined;
  const { patient: _, context, ...rest } = grant;
  const placed = context === undefined || base === audience ? context : contextElsewhere(context);
  return {
    ...rest,
    audience: base,
    ...(there === undefined ? {} : { patient: there }),
    ...(placed === undefined ? {} : { context: placed }),
  };
}
