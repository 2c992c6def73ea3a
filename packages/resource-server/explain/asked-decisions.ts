/** The decisions that one request asks for: its own, and one for each type that it leads through or brings in. FHIR R4 search.html. */
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Criteria, Include } from '@affinity/core/fhir/search-query.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import type { Asked } from '../asked.ts';
import { searchFor } from '../guard/rights.ts';
import type { ExplainedDecision } from './explanation.ts';

export interface AskedDecision {
  readonly part: ExplainedDecision['part'];
  readonly intent: Intent;
}

const searching = (criteria: Criteria): Intent => ({
  kind: 'search-type',
  type: criteria.type,
  query: searchFor(criteria),
});
const reading = (type: string): Intent => ({ kind: 'read', type, id: '' });

const ledThrough = ({ joins = [] }: Criteria): readonly AskedDecision[] =>
  joins.flatMap((join) => {
    const part = join.kind;
    const targets = join.kind === 'has' ? [join.source] : join.targets;
    return targets.flatMap((target) => [{ part, intent: searching(target) }, ...ledThrough(target)]);
  });

const broughtIn = (
  { reverse, type, param, target }: Include,
  types: readonly string[],
  parameters: SearchParameters,
): readonly string[] => {
  if (reverse) return [type];
  if (target !== undefined) return [target];
  const lookup = param === '*' ? undefined : parameters.find(type, param);
  const targets = lookup?.kind === 'indexed' ? lookup.parameter.targets : [];
  return targets.length === 0 ? types : targets.filter((each) => types.includes(each));
};

/** Left out of what asks of every type: only who names it is told of it. */
const isNamedAlone = (type: string): boolean => type === 'AuditEvent';

/** @param types those that are offered */
export const askedDecisions = (
  asked: Asked,
  types: readonly string[],
  parameters: SearchParameters = standardParameters,
): readonly AskedDecision[] => {
  const every = types.filter((type) => !isNamedAlone(type));
  const own = (intent: Intent): AskedDecision => ({ part: 'request', intent });
  switch (asked.kind) {
    case 'look': {
      const { intent } = asked;
      if (intent.kind !== 'search-type') return [own(intent)];
      const included = (intent.query.includes ?? []).flatMap((include) => broughtIn(include, every, parameters));
      return [
        own(intent),
        ...ledThrough(intent.query),
        ...[...new Set(included)].map((type) => ({ part: 'include', intent: reading(type) }) as const),
      ];
    }
    case 'write': {
      const { intent, condition } = asked;
      const query = condition?.query;
      return [
        own(intent),
        ...(query === undefined
          ? []
          : [{ part: 'condition', intent: searching(query) } as const, ...ledThrough(query)]),
        ...(intent.kind === 'patch' ? [{ part: 'patch', intent: reading(intent.type) } as const] : []),
        ...(intent.kind === 'update' && query !== undefined
          ? [{ part: 'condition', intent: { kind: 'create', type: intent.type } } as const]
          : []),
      ];
    }
    case 'search-system': {
      const { types: named, ...rest } = asked.query;
      return (named.length > 0 ? named : every).map((type) =>
        own({ kind: 'search-type', type, query: { ...rest, type } }),
      );
    }
    case 'history-system':
      return every.map((type) => own({ kind: 'history-type', type, page: asked.page }));
    case 'everything':
      return (asked.of.types.length > 0 ? asked.of.types : every).flatMap((type) =>
        type === 'Patient'
          ? [own({ kind: 'read', type, id: asked.of.patient })]
          : [own(reading(type)), own(searching({ type, clauses: [] }))],
      );
    case 'operation':
      return asked.operation.needs(asked.at).map(own);
    case 'meta':
      return [own({ kind: 'read', type: asked.type, id: asked.id })];
    case 'validate':
      // Either right gives a use for the answer.
      return [own({ kind: 'create', type: asked.type }), own({ kind: 'update', type: asked.type })];
  }
};
