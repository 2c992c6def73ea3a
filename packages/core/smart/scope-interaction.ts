/** Which letter of a scope an interaction needs, and which scope would have been enough. SMART App Launch 2.2, scopes. */
import type { InteractionKind } from '../fhir/interaction.ts';
import type { Compartment, Permission, ResourceScope } from './scope.ts';

/** History of one instance is a read; history of a type or of the system is a search. */
export const permissionFor: Readonly<Record<InteractionKind, Permission>> = {
  create: 'c',
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  update: 'u',
  patch: 'u',
  delete: 'd',
  'search-type': 's',
  'search-system': 's',
  'history-type': 's',
  'history-system': 's',
};

/** The least scope that would have let the interaction be: what `WWW-Authenticate: … scope=` names (RFC 6750 §3). */
export const neededScope = (
  interaction: { readonly kind: InteractionKind; readonly type?: string },
  compartment: Compartment,
): ResourceScope => ({
  compartment,
  type: interaction.type ?? '*',
  permissions: [permissionFor[interaction.kind]],
  constraints: [],
  form: 'v2',
});

/** The scope's letters and type speak of this interaction; which resources it reaches is another question. */
export const speaksOf = (
  scope: ResourceScope,
  interaction: { readonly kind: InteractionKind; readonly type?: string },
): boolean =>
  scope.permissions.includes(permissionFor[interaction.kind]) &&
  (scope.type === '*' || scope.type === interaction.type);
