/** What the person let this app see: the granted scope, read for the groups that people know. SMART App Launch 2.2, scopes. */

import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { covers } from '@affinity/core/smart/scope-order.ts';
import type { Group } from './measures.ts';

const category = 'http://terminology.hl7.org/CodeSystem/observation-category';

export interface Sharing {
  readonly patient: boolean;
  readonly groups: Readonly<Record<Group, boolean>>;
}

export function readSharing(granted: string): Sharing {
  const allows = (needed: string): boolean => {
    const need = parseResourceScope(needed);
    return granted.split(' ').some((token) => {
      const have = parseResourceScope(token);
      return have.kind === 'scope' && need.kind === 'scope' && covers(have.scope, need.scope);
    });
  };
  const group = (code: Group) => allows(`patient/Observation.s?category=${category}|${code}`);
  return {
    patient: allows('patient/Patient.r'),
    groups: { 'vital-signs': group('vital-signs'), laboratory: group('laboratory') },
  };
}
