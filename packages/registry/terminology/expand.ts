/** `ValueSet/$expand`. FHIR R4 valueset-operation-expand.html; IHE SVCM ITI-97. */
import { createHash } from 'node:crypto';
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type ExpansionQuestion, expandPage } from './expansion.ts';
import { badInput, missingInput, unknownArtefact } from './faults.ts';
import type { Input, Inputs } from './inputs.ts';
import { isJson, listOf, textOf } from './json-read.ts';
import type { Ready, SystemVersions, Terminology } from './terminology.ts';
import type { ValueSetForm } from './value-set.ts';

/** Where an operation was called: at the type, or at one resource. */
export interface At {
  readonly id?: string;
}

/** `system|version`, for which no other form is allowed. */
const editions = (texts: readonly string[], name: string): ReadonlyMap<string, string> =>
  new Map(
    texts.map((text): [string, string] => {
      const { url, version } = parseCanonical(text);
      if (version === undefined) throw badInput(`${name} is system|version`);
      return [url, version];
    }),
  );

export const versionsIn = (inputs: Inputs): SystemVersions => ({
  otherwise: editions(inputs.texts('system-version'), 'system-version'),
  forced: editions(inputs.texts('force-system-version'), 'force-system-version'),
  checked: editions(inputs.texts('check-system-version'), 'check-system-version'),
});

/** `context`: an element of a profile, whose binding names the ValueSet. */
const boundAt = async (context: string, { artefacts }: Terminology): Promise<string> => {
  const { url, version, fragment } = parseCanonical(context);
  const profile = await artefacts.find('StructureDefinition', version === undefined ? url : `${url}|${version}`);
  if (profile === undefined) throw unknownArtefact('StructureDefinition', url);
  const { snapshot, differential } = profile;
  const elements = [differential, snapshot].flatMap((view) => (isJson(view) ? listOf(view.element) : []));
  const bound = elements
    .filter(({ id, path }) => fragment !== undefined && (id === fragment || path === fragment))
    .map(({ binding }) => (isJson(binding) ? textOf(binding.valueSet) : undefined))
    .find((valueSet) => valueSet !== undefined);
  if (bound === undefined) throw unknownArtefact('binding', context);
  return bound;
};

/** The ValueSet that the inputs name: by id, url, context, or sent along. @throws FhirError 404 where it is not here */
export const valueSetIn = async (
  inputs: Inputs,
  { id }: At,
  terminology: Terminology,
  versions: SystemVersions,
): Promise<Ready<ValueSetForm>> => {
  const named = [inputs.text('url'), inputs.text('context')].filter((each) => each !== undefined);
  const sent = inputs.resource('valueSet', 'ValueSet');
  if (named.length + (sent === undefined ? 0 : 1) + (id === undefined ? 0 : 1) > 1)
    throw badInput('one ValueSet is named: by its place, url, context or valueSet');
  if (sent !== undefined) return terminology.valueSetOf(sent, versions);
  const [url, context] = [inputs.text('url'), inputs.text('context')];
  const canonical = context === undefined ? url : await boundAt(context, terminology);
  if (canonical === undefined && id === undefined) throw missingInput('url, context or valueSet is needed');
  const version = inputs.text('valueSetVersion');
  const full = canonical !== undefined && version !== undefined ? `${canonical}|${version}` : canonical;
  const found = await terminology.valueSet(full ?? { id: id ?? '' }, versions);
  if (found === undefined) throw unknownArtefact('ValueSet', full ?? 'of this id');
  return found;
};

const questionIn = (inputs: Inputs): ExpansionQuestion => {
  const given: Record<string, unknown> = {
    filter: inputs.text('filter'),
    offset: inputs.count('offset'),
    count: inputs.count('count'),
    activeOnly: inputs.flag('activeOnly'),
    includeDesignations: inputs.flag('includeDesignations'),
    excludeNested: inputs.flag('excludeNested'),
    excludeNotForUI: inputs.flag('excludeNotForUI'),
    displayLanguage: inputs.text('displayLanguage'),
  };
  const [designations, excludeSystems] = [inputs.texts('designation'), inputs.texts('exclude-system')];
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(designations.length === 0 ? {} : { designations }),
    ...(excludeSystems.length === 0 ? {} : { excludeSystems }),
  };
};

/** How each parameter is told back. */
const echoes: Readonly<Record<string, 'String' | 'Boolean' | 'Integer' | 'Uri' | 'Code'>> = {
  filter: 'String',
  offset: 'Integer',
  count: 'Integer',
  activeOnly: 'Boolean',
  includeDesignations: 'Boolean',
  includeDefinition: 'Boolean',
  designation: 'String',
  excludeNested: 'Boolean',
  excludeNotForUI: 'Boolean',
  displayLanguage: 'Code',
  'exclude-system': 'Uri',
  'system-version': 'Uri',
  'check-system-version': 'Uri',
  'force-system-version': 'Uri',
};
export const expandParameters: readonly string[] = [
  ...Object.keys(echoes),
  'url',
  'valueSet',
  'valueSetVersion',
  'context',
  'contextDirection',
];

const echo = ({ name, value }: Input): readonly object[] => {
  const type = Object.hasOwn(echoes, name) ? echoes[name] : undefined;
  if (type === undefined) return [];
  const text = String(value);
  const typed = type === 'Boolean' ? text === 'true' : type === 'Integer' ? Number(text) : text;
  return [{ name, [`value${type}`]: typed }];
};

/** The same for the same codes and the same question, whichever page: so pages are known to belong together. */
const identifierOf = (form: ValueSetForm, resource: Resource, question: ExpansionQuestion): string => {
  const { offset: _, count: __, ...asked } = question;
  const { url, version, id, meta } = resource;
  const of = JSON.stringify([url, version, id, meta?.versionId, form.versions, form.members.length, asked]);
  const hex = createHash('sha256').update(of).digest('hex');
  // RFC 9562 §5.8: a UUID of one's own making.
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
};

const left = new Set(['compose', 'expansion', 'text', 'contained']);

/** @throws FhirError 404 for a ValueSet that is not here, 422 `too-costly` past a limit */
export const expand = async (
  inputs: Inputs,
  at: At,
  terminology: Terminology,
  now: () => number,
): Promise<Resource> => {
  const { resource, form } = await valueSetIn(inputs, at, terminology, versionsIn(inputs));
  const question = questionIn(inputs);
  const { total, offset, contains } = expandPage(form, question, terminology.limits);
  const definition = inputs.flag('includeDefinition') === true;
  const paged = question.offset !== undefined || question.count !== undefined;
  return {
    ...Object.fromEntries(
      Object.entries(resource).filter(([name]) => (definition ? name !== 'expansion' : !left.has(name))),
    ),
    resourceType: 'ValueSet',
    expansion: {
      identifier: identifierOf(form, resource, question),
      timestamp: new Date(now()).toISOString(),
      total,
      ...(paged ? { offset } : {}),
      parameter: [
        ...inputs.all.flatMap(echo),
        ...form.versions.map((version) => ({ name: 'version', valueUri: version })),
      ],
      ...(contains.length === 0 ? {} : { contains }),
    },
  };
};
