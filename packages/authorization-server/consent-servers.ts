/** The servers on a consent page, and those that were ticked: a field that is missing never widens. RFC 8707 §2.2. */
import { canonicalBase } from './audience.ts';
import { coverServers } from './granted-servers.ts';
import type { GrantedServer } from './grants.ts';
import type { PersonStep, StepNeighbours } from './interaction-step.ts';
import type { ConsentServer } from './page-views.ts';

export interface OfferedServers {
  /** by name; one that the domain no longer has is none */
  readonly shown: readonly ConsentServer[];
  /** what would be granted as it is ticked */
  readonly ticked: readonly GrantedServer[];
}

/**
 * Undefined where the patient is not known at the first server.
 * @param posted the form, once there is one
 */
export async function serversToOffer(
  { pool, crossReference, resourceServers }: StepNeighbours,
  step: PersonStep,
  patient: string | undefined,
  posted?: URLSearchParams,
): Promise<OfferedServers | undefined> {
  const covered = await coverServers(pool, crossReference, step, patient);
  if (covered === undefined) return undefined;
  const shown = covered.flatMap(({ base }) => {
    const name = resourceServers.find((server) => canonicalBase(server.base) === base)?.name;
    const required = base === step.audience;
    const checked = required || posted === undefined || posted.getAll('server').includes(base);
    return name === undefined ? [] : [{ base, name, required, checked }];
  });
  const isTicked = ({ base }: GrantedServer): boolean => shown.some((one) => one.base === base && one.checked);
  return { shown, ticked: covered.filter(isTicked) };
}
