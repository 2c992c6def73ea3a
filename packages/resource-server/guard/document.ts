/**
 * A Binary is shown to whom may read what it is in a record through, and not otherwise: who may no longer see a document's
 * entry does not see the document either. FHIR R4 binary.html#security; IHE MHD ITI-68.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { ownedThrough } from '@affinity/core/fhir/compartment.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type Answer, gone, notFound, refusal } from '../answer.ts';
import type { On, Surroundings } from './surroundings.ts';

/** Why a Binary that was found is not shown; undefined: it is. */
export const withheld = async (version: Version, on: On, around: Surroundings): Promise<Answer | undefined> => {
  const { documents, rights, ownBases } = around;
  if (documents === undefined || version.type !== 'Binary') return undefined;
  const binary = JSON.parse(version.body) as Resource;
  for (const target of ownedThrough(binary, ownBases)?.targets ?? []) {
    const permit = rights.ask({ kind: 'read', ...target });
    const result = permit.kind === 'permit' ? await on.read(target, permit.filter) : undefined;
    if (result?.kind === 'deleted') return gone();
    if (result?.kind !== 'found') return notFound();
    const fault = documents(binary, JSON.parse(result.version.body) as Resource);
    if (fault !== undefined) return refusal(fault);
  }
  return undefined;
};
