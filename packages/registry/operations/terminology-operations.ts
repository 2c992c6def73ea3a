/** The operations of a terminology service, as the registry offers them. FHIR R4 terminology-service.html; IHE SVCM ITI-97 to ITI-101. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import type { OwnOperation } from '@affinity/resource-server/own-operation.ts';
import { type At, expand, expandParameters } from '../terminology/expand.ts';
import type { Inputs } from '../terminology/inputs.ts';
import { lookUp } from '../terminology/lookup.ts';
import { subsumes } from '../terminology/subsumes.ts';
import type { Terminology } from '../terminology/terminology.ts';
import { translate } from '../terminology/translate.ts';
import { validateCodeInCodeSystem, validateCodeInValueSet } from '../terminology/validate-code.ts';
import type { DefinitionsOfCaller } from '../terminology-of-caller.ts';
import { inputsOf } from './operation-inputs.ts';

export interface TerminologyOperationsNeighbours {
  readonly definitions: DefinitionsOfCaller;
  /** epoch milliseconds */
  readonly now: () => number;
}

interface Described {
  readonly name: string;
  readonly type: string;
  readonly on: OwnOperation['on'];
  /** types that the answer may speak of: the right to search all of them is needed */
  readonly of: readonly string[];
  readonly parameters: readonly string[];
  readonly single?: string;
  readonly answer: (inputs: Inputs, at: At, terminology: Terminology, now: () => number) => Promise<Resource>;
}

const codes = ['code', 'system', 'display', 'coding', 'codeableConcept'];
const versions = ['system-version', 'check-system-version', 'force-system-version'];

const described: readonly Described[] = [
  {
    name: 'expand',
    type: 'ValueSet',
    on: 'type-or-instance',
    of: ['ValueSet', 'CodeSystem'],
    parameters: expandParameters,
    single: 'valueSet',
    answer: expand,
  },
  {
    name: 'validate-code',
    type: 'ValueSet',
    on: 'type-or-instance',
    of: ['ValueSet', 'CodeSystem'],
    parameters: [
      ...codes,
      ...versions,
      ...['url', 'context', 'valueSet', 'valueSetVersion', 'systemVersion', 'abstract', 'displayLanguage'],
    ],
    answer: validateCodeInValueSet,
  },
  {
    name: 'validate-code',
    type: 'CodeSystem',
    on: 'type-or-instance',
    of: ['CodeSystem'],
    parameters: [...codes, 'url', 'codeSystem', 'version', 'abstract', 'displayLanguage'],
    answer: validateCodeInCodeSystem,
  },
  {
    name: 'lookup',
    type: 'CodeSystem',
    on: 'type',
    of: ['CodeSystem'],
    parameters: ['code', 'system', 'version', 'coding', 'displayLanguage', 'property'],
    answer: (inputs, _, terminology) => lookUp(inputs, terminology),
  },
  {
    name: 'subsumes',
    type: 'CodeSystem',
    on: 'type-or-instance',
    of: ['CodeSystem'],
    parameters: ['codeA', 'codeB', 'system', 'version', 'codingA', 'codingB'],
    answer: subsumes,
  },
  {
    name: 'translate',
    type: 'ConceptMap',
    on: 'type-or-instance',
    of: ['ConceptMap'],
    parameters: [
      ...['url', 'conceptMap', 'conceptMapVersion', 'code', 'system', 'version', 'source', 'coding', 'codeableConcept'],
      ...['target', 'targetsystem', 'dependency', 'reverse'],
    ],
    answer: translate,
  },
];

/** The right to search a type. */
export const searching = (type: string): Intent => ({
  kind: 'search-type',
  type,
  query: { type, clauses: [], count: 0, sort: [], total: 'none', understood: [] },
});

export const createTerminologyOperations = (neighbours: TerminologyOperationsNeighbours): readonly OwnOperation[] =>
  described.map(({ name, type, on, of, parameters, single, answer }) => {
    const names = new Set(parameters);
    return {
      name,
      on,
      types: [type],
      methods: ['GET', 'POST'],
      definition: `http://hl7.org/fhir/OperationDefinition/${type}-${name}`,
      needs: () => of.map(searching),
      perform: async (asked, view) => {
        const inputs = inputsOf(asked, names, single);
        const at = asked.id === undefined ? {} : { id: asked.id };
        const { terminology } = neighbours.definitions(view.readable);
        return { kind: 'made', json: JSON.stringify(await answer(inputs, at, terminology, neighbours.now)) };
      },
    };
  });
