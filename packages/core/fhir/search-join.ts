/**
 * Searches by what other resources say: chains through a reference, and `_has` against one. Each hop leads only to types
 * that are offered, and what is not understood on the way is refused in any handling. FHIR R4 search.html#chaining, #has.
 */
import { isResourceType, resourceTypes } from './resource-type.ts';
import { knownParameter, parseClause } from './search-clause.ts';
import { type Fault, fault, isFault } from './search-fault.ts';
import type { SearchParameter } from './search-parameter.ts';
import type { Criteria, Join, SearchClause } from './search-query.ts';
import { defaultSearchLimits, type SearchCapability, type SearchReading } from './search-settings.ts';

/** What has been asked of other resources, within one search. */
export interface JoinBudget {
  joins: number;
  targets: number;
}

/** How deep a hop stands in its parameter. */
interface Depth {
  readonly chains: number;
  readonly has: number;
}

type Condition = SearchClause | Join;
export const isJoin = (condition: Condition): condition is Join => 'kind' in condition;

/** What is demanded of a resource of this type by one condition. */
const criteriaOf = (type: string, condition: Condition): Criteria =>
  isJoin(condition) ? { type, clauses: [], joins: [condition] } : { type, clauses: [condition] };

/** A name with a dot leads to another resource, but for those that a parameter has as its own (IHE ITI-81 `agent.identifier`). */
const isChain = (name: string, { searchParams }: SearchCapability): boolean => {
  const [whole = ''] = name.split(':', 1);
  return name.includes('.') && !(whole.includes('.') && searchParams.some((each) => each.name === whole));
};

export const createJoinParser = (settings: SearchReading, budget: JoinBudget) => {
  const { maxChainDepth, maxHasDepth, maxJoins, maxChainTargets } = { ...defaultSearchLimits, ...settings };

  const reference = (
    type: string,
    param: string,
    capability: SearchCapability,
  ): SearchParameter | Fault | undefined => {
    const parameter = knownParameter(type, param, capability, settings);
    if (parameter === undefined || isFault(parameter)) return parameter;
    return parameter.type === 'reference'
      ? parameter
      : fault('invalid', `${param} of ${type} is not a reference: nothing can be asked of what it points to`);
  };

  /** The types that a hop leads to: the one that is named, or each that the parameter may point to. */
  const targetsOf = (parameter: SearchParameter, named: string | undefined): readonly string[] | Fault => {
    const { code, targets } = parameter;
    if (named === undefined) return targets.length === 0 ? resourceTypes : targets;
    if (isResourceType(named) && (targets.length === 0 || targets.includes(named))) return [named];
    return fault('not-supported', `${code} does not point to a type ${named}`);
  };

  const countTarget = (param: string, rest: string): Fault | undefined => {
    budget.targets += 1;
    return budget.targets > maxChainTargets
      ? fault(
          'too-costly',
          `the chains lead to more than ${maxChainTargets} types: name one, as in ${param}:Patient.${rest}`,
        )
      : undefined;
  };

  const parseChain = (
    type: string,
    name: string,
    text: string,
    capability: SearchCapability,
    depth: Depth,
  ): Join | Fault | undefined => {
    const dot = name.indexOf('.');
    const [param = '', named, ...others] = name.slice(0, dot).split(':');
    const rest = name.slice(dot + 1);
    const parameter = reference(type, param, capability);
    if (parameter === undefined || isFault(parameter)) return parameter;
    if (depth.chains >= maxChainDepth)
      return fault('too-costly', `a chain goes through at most ${maxChainDepth} references`);
    const tooFar = depth.chains > 0 ? countTarget(param, rest) : undefined;
    if (tooFar !== undefined) return tooFar;
    const types = others.length > 0 ? fault('invalid', `${name} names two types at once`) : targetsOf(parameter, named);
    if (isFault(types)) return types;
    const targets: Criteria[] = [];
    let notUnderstood: Fault | undefined;
    for (const target of types) {
      const offered = settings.capabilityOf?.(target);
      if (offered === undefined) continue;
      const condition = parseCondition(target, rest, text, offered, { ...depth, chains: depth.chains + 1 });
      if (condition === undefined) continue;
      if (isFault(condition)) {
        // Of several types one may mean something else by the name: that type cannot meet the condition, others may.
        if (condition.code === 'too-costly' || types.length === 1) return condition;
        notUnderstood ??= condition;
        continue;
      }
      // A type that the chain goes on through was counted when it went on.
      const tooMany = isJoin(condition) && condition.kind === 'chain' ? undefined : countTarget(param, rest);
      if (tooMany !== undefined) return tooMany;
      targets.push(criteriaOf(target, condition));
    }
    if (targets.length === 0)
      return notUnderstood ?? fault('not-supported', `no resource that ${param} may point to is searched by ${rest}`);
    return { kind: 'chain', param, targets };
  };

  const parseHas = (type: string, name: string, text: string, depth: Depth): Join | Fault => {
    const [, source = '', param = '', ...others] = name.split(':');
    const rest = others.join(':');
    if (source === '' || param === '' || rest === '')
      return fault('invalid', '_has is written as _has:Observation:patient:code');
    if (depth.has >= maxHasDepth) return fault('too-costly', `_has stands within _has at most ${maxHasDepth} deep`);
    const offered = isResourceType(source) ? settings.capabilityOf?.(source) : undefined;
    const parameter = offered === undefined ? undefined : reference(source, param, offered);
    if (offered === undefined || parameter === undefined)
      return fault('not-supported', `_has knows no reference ${param} of a type ${source} here`);
    if (isFault(parameter)) return parameter;
    if (parameter.targets.length > 0 && !parameter.targets.includes(type))
      return fault('invalid', `${param} of ${source} does not point to a ${type}`);
    const condition = parseCondition(source, rest, text, offered, { ...depth, has: depth.has + 1 });
    if (condition === undefined) return fault('not-supported', `a ${source} is not searched by ${rest}`);
    return isFault(condition) ? condition : { kind: 'has', param, source: criteriaOf(source, condition) };
  };

  /** One parameter of a type, whatever its form; undefined: its first name is not known. */
  const parseCondition = (
    type: string,
    name: string,
    text: string,
    capability: SearchCapability,
    depth: Depth,
  ): Condition | Fault | undefined => {
    if (name.startsWith('_has:')) return parseHas(type, name, text, depth);
    return isChain(name, capability)
      ? parseChain(type, name, text, capability, depth)
      : parseClause(type, name, text, capability, settings);
  };

  /** A parameter of the search itself. What begins a chain or `_has` is never taken for a parameter that is not known. */
  return (type: string, name: string, text: string, capability: SearchCapability): Condition | Fault | undefined => {
    const isOfAnother = name.startsWith('_has') || isChain(name, capability);
    if (isOfAnother) {
      budget.joins += 1;
      if (budget.joins > maxJoins) return fault('too-costly', `more than ${maxJoins} chained parameters`);
    }
    if (name === '_has') return fault('invalid', '_has is written as _has:Observation:patient:code');
    const condition = parseCondition(type, name, text, capability, { chains: 0, has: 0 });
    return condition === undefined && isOfAnother ? fault('not-supported', `${name} is not known`) : condition;
  };
};
