/**
 * Replays a request for a caller without executing it: the same reading of the request, the same facts and the same
 * decisions as for one that arrives, and then an account of them instead of an answer. FHIR R4 security.html#access-control.
 */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { printScope } from '@affinity/core/smart/scope.ts';
import { decide, explain } from '@affinity/policy/decide.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { describeFilter, describeUnmet } from '@affinity/policy/print-filter.ts';
import { type Route, routeOf, targetOf } from '../api.ts';
import type { Incoming } from '../incoming.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { createOffer } from '../offer.ts';
import { askedBy } from '../request.ts';
import { type AskedDecision, askedDecisions } from './asked-decisions.ts';
import { endOf } from './end.ts';
import type { ExplainedDecision, ExplainedRecord, ExplainedRule, Explanation } from './explanation.ts';
import { factsInWords } from './facts-in-words.ts';

export interface ExplainNeighbours {
  /** only what it can do is looked at */
  readonly backend: Pick<
    Backend,
    'capabilities' | 'parameters' | 'history' | 'searchSystem' | 'everything' | 'transact'
  >;
  /** as for a request */
  readonly facts: (principal: Principal) => DecisionFacts | Promise<DecisionFacts>;
  /** what decisions are made from of one stored record; undefined where there is none. Asked only for a record that is named. */
  readonly recordFacts: (type: string, id: string) => Promise<ResourceFacts | undefined>;
  readonly base: string;
  readonly limits?: Partial<Limits>;
  readonly canValidate: boolean;
  /** epoch milliseconds */
  readonly now: () => number;
}

export interface CallToExplain {
  /** what the access token would say */
  readonly principal: Principal;
  readonly method: string;
  /** path and query behind the base: `/Observation?patient=1`; the whole URL or the base's path before it is taken too */
  readonly url: string;
  /** a stored record that is judged rule by rule */
  readonly record?: { readonly type: string; readonly id: string };
}

export interface Explained {
  readonly explanation: Explanation;
  /** `Type/id`, `Type` or nothing, as the audit log names what was asked */
  readonly target?: string;
  /** what the named record is decided from, for the audit log */
  readonly recordFacts?: ResourceFacts;
}

const nothingSent = (): FhirError => fhirError(400, 'required', 'nothing is sent here');

/** Without headers and body: what would be sent is not decided on before it is there. */
const incomingOf = (method: string, path: string, query: string): Incoming => ({
  method,
  path,
  query,
  headers: new Headers(),
  json: async () => nothingSent(),
  content: async () => nothingSent(),
  patch: async () => nothingSent(),
  form: async () => new URLSearchParams(),
});

/** What stands behind the base. */
const behindBase = (url: string, base: string): { readonly path: string; readonly query: string } => {
  const { pathname } = new URL(base);
  const relative = url.startsWith(base) ? url.slice(base.length) : url;
  const rooted = relative.startsWith('/') ? relative : `/${relative}`;
  const [given = '', query = ''] = rooted.split(/\?(.*)/s);
  const path = given === pathname || given.startsWith(`${pathname}/`) ? given.slice(pathname.length) : given;
  return { path, query };
};

const ruleOf = ({ rule, judgement }: ReturnType<typeof explain>[number]): ExplainedRule => {
  if (judgement.kind === 'deny') return { rule, verdict: 'denies', reason: judgement.reason };
  return judgement.filter.kind === 'everything'
    ? { rule, verdict: 'permits' }
    : { rule, verdict: 'narrows', words: describeFilter(judgement.filter) };
};

const decisionOf = ({ part, intent }: AskedDecision, principal: Principal, facts: DecisionFacts): ExplainedDecision => {
  const question = { principal, interaction: intent, facts };
  const decision = decide(question);
  return {
    part,
    interaction: intent.kind,
    types: [intent.type],
    rules: explain(question).map(ruleOf),
    outcome:
      decision.kind === 'permit'
        ? { kind: 'permit', words: describeFilter(decision.filter), nothing: decision.filter.kind === 'nothing' }
        : {
            kind: 'deny',
            rule: decision.rule,
            status: decision.status,
            reason: decision.reason,
            ...(decision.neededScope === undefined ? {} : { neededScope: printScope(decision.neededScope) }),
          },
  };
};

type Denial = Extract<ExplainedDecision['outcome'], { kind: 'deny' }>;
const withoutScope = ({ neededScope: _, ...denial }: Denial): Denial => denial;

/** Types that come to the same are told of together. */
const together = (decisions: readonly ExplainedDecision[]): readonly ExplainedDecision[] => {
  const groups = new Map<string, ExplainedDecision>();
  for (const one of decisions) {
    const { types, outcome, ...same } = one;
    const said = outcome.kind === 'permit' ? outcome : withoutScope(outcome);
    const key = JSON.stringify([same, said]);
    const known = groups.get(key);
    const all = [...new Set([...(known?.types ?? []), ...types])];
    // The scope that would have been enough is of one type.
    groups.set(key, all.length === 1 ? one : { ...one, types: all, outcome: said });
  }
  return [...groups.values()];
};

const recordOf = (
  record: { readonly type: string; readonly id: string },
  facts: ResourceFacts | undefined,
  asked: readonly AskedDecision[],
  { principal, known }: { readonly principal: Principal; readonly known: DecisionFacts },
): ExplainedRecord => {
  const reference = `${record.type}/${record.id}`;
  if (facts === undefined) return { reference, kind: 'absent', decisions: [] };
  const ofType = asked.filter(({ intent }) => intent.type === record.type);
  const decisions = ofType.map(({ part, intent }) => ({
    part,
    rules: explain({ principal, interaction: intent, facts: known }).map(({ rule, judgement }) => {
      if (judgement.kind === 'deny') return { rule, passes: false };
      const why = describeUnmet(judgement.filter, facts);
      return { rule, passes: why === undefined, ...(why === undefined ? {} : { why }) };
    }),
  }));
  if (decisions.length === 0) return { reference, kind: 'not-asked-for', decisions };
  const passes = decisions.some(({ rules }) => rules.every((rule) => rule.passes));
  return { reference, kind: passes ? 'shown' : 'hidden', decisions };
};

/** Patients that the request names, or whose record is in question. */
const patientsAbout = (
  principal: Principal,
  intents: readonly Intent[],
  owners: readonly string[],
): ReadonlySet<string> => {
  const [own = '', id = ''] = (principal.fhirUser ?? '').split('/');
  const named = intents.flatMap((intent) => {
    if (intent.kind === 'search-type') {
      return intent.query.clauses.flatMap(({ values }) =>
        values.flatMap((value) =>
          value.kind === 'reference' && (value.type ?? 'Patient') === 'Patient' ? [value.id] : [],
        ),
      );
    }
    return intent.type === 'Patient' && 'id' in intent && intent.id !== undefined ? [intent.id] : [];
  });
  return new Set([
    ...(principal.patient === undefined ? [] : [principal.patient]),
    ...(own === 'Patient' ? [id] : []),
    ...named,
    ...owners,
  ]);
};

/** Refused in words where a request cannot be explained as one. */
export type ExplainResult =
  | { readonly kind: 'explained'; readonly explained: Explained }
  | { readonly kind: 'refused'; readonly why: string };

export const createExplainRequest = (neighbours: ExplainNeighbours) => {
  const { backend, base, now } = neighbours;
  const limits: Limits = { ...defaultLimits, ...neighbours.limits };
  const offer = createOffer(backend, neighbours.canValidate);

  return async (call: CallToExplain): Promise<ExplainResult> => {
    const { principal } = call;
    const method = call.method.toUpperCase();
    const { path, query } = behindBase(call.url, base);
    const refused = (why: string): ExplainResult => ({ kind: 'refused', why });
    if (path.length + query.length > limits.urlCharacters) return refused('The address is too long.');
    if (/[#\s]/.test(path)) return refused('The address holds what no address holds: write spaces as %20.');
    if (new URLSearchParams(query).has('_cursor'))
      return refused('A link to a next page is sealed for its caller. Give the search itself.');
    const offered = offer();
    const routed = routeOf(method, path, offered);
    const facts = await neighbours.facts(principal);
    const request = `${method} ${path}${query === '' ? '' : `?${query}`}`;
    if (routed.kind === 'no-route') {
      const { status, issues } = routed.error;
      const words = `There is no such request here: ${issues[0]?.diagnostics ?? 'not found'}. No rule was asked.`;
      const told = factsInWords(principal, facts, new Set());
      return {
        kind: 'explained',
        explained: { explanation: { request, decisions: [], facts: told, end: { status, words } } },
      };
    }
    const { route } = routed;
    if (route.kind === 'bundle')
      return refused('A batch or transaction is many requests: each of its entries is explained by itself.');
    const pages = { seal: () => '', open: () => undefined };
    const around = {
      pages,
      principal,
      limits,
      requestId: '',
      accessToken: '',
      ownBases: [base],
      handling: 'lenient' as const,
      offer: offered,
      now: now(),
      ...(backend.parameters === undefined ? {} : { parameters: backend.parameters }),
    };
    const { asked } = await askedBy(incomingOf(method, path, query), route, around);
    const decisions = askedDecisions(asked, [...offered.types.keys()], backend.parameters);
    const { record } = call;
    const stored = record === undefined ? undefined : await neighbours.recordFacts(record.type, record.id);
    const about = patientsAbout(
      principal,
      decisions.map(({ intent }) => intent),
      stored?.owners ?? [],
    );
    const target = targetOf(route as Route);
    return {
      kind: 'explained',
      explained: {
        explanation: {
          request,
          interaction: asked.kind === 'look' || asked.kind === 'write' ? asked.intent.kind : asked.kind,
          decisions: together(decisions.map((one) => decisionOf(one, principal, facts))),
          facts: factsInWords(principal, facts, about),
          end: endOf(asked, { principal, facts, base, types: [...offered.types.keys()] }),
          ...(record === undefined ? {} : { record: recordOf(record, stored, decisions, { principal, known: facts }) }),
        },
        ...(target === undefined ? {} : { target }),
        ...(stored === undefined ? {} : { recordFacts: stored }),
      },
    };
  };
};

export type ExplainRequest = ReturnType<typeof createExplainRequest>;
