/**
 * What IHE MHD demands of an entry, at the level that its publisher states: a table of elements with how often each may stand.
 * IHE MHD volume 3 §4.5.1; profiles IHE.MHD.Minimal, UnContained.Comprehensive and Comprehensive.
 */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import type { Issue } from '@affinity/core/fhir/outcome.ts';
import { extensionsOf, objectsAt, textAt, textsAt, valuesAt } from './json-reading.ts';
import { designationTypeUrl, isAtLeast, type Level, type ListKind, listTypeSystem, sourceIdUrl } from './mhd.ts';

interface Demand {
  readonly path: string;
  readonly least: number;
  /** absent: as often as may be */
  readonly most?: number;
  /** from which level on; minimal unless told */
  readonly from?: Level;
}

const once = (path: string, from?: Level): Demand => ({
  path,
  least: 1,
  most: 1,
  ...(from === undefined ? {} : { from }),
});
const some = (path: string, from?: Level): Demand => ({ path, least: 1, ...(from === undefined ? {} : { from }) });
const never = (path: string): Demand => ({ path, least: 0, most: 0 });
const atMostOnce = (path: string): Demand => ({ path, least: 0, most: 1 });

const documentReference: readonly Demand[] = [
  never('modifierExtension'),
  never('docStatus'),
  once('masterIdentifier.value'),
  once('status'),
  once('content'),
  once('content.attachment.contentType'),
  once('content.attachment.url'),
  never('content.attachment.data'),
  atMostOnce('category'),
  once('subject'),
  once('type', 'uncontained'),
  once('category', 'uncontained'),
  some('securityLabel', 'uncontained'),
  once('content.attachment.language', 'uncontained'),
  once('content.attachment.creation', 'uncontained'),
  once('content.format', 'uncontained'),
  once('context.facilityType', 'uncontained'),
  once('context.practiceSetting', 'uncontained'),
  once('context.sourcePatientInfo', 'uncontained'),
];

const list: readonly Demand[] = [
  never('modifierExtension'),
  some('identifier.value'),
  once('code'),
  once('subject'),
  once('mode'),
  never('encounter'),
  never('orderedBy'),
  never('emptyReason'),
  never('entry.flag'),
  never('entry.deleted'),
  never('entry.date'),
];
const lists: Readonly<Record<ListKind, readonly Demand[]>> = {
  submissionset: [...list, once('date')],
  folder: [...list, never('source'), once('title', 'comprehensive')],
};

/** References that the comprehensive level wants within the entry. */
const contained = ['author.reference', 'authenticator.reference', 'context.sourcePatientInfo.reference'];

/** Which of MHD's two a List says that it is. */
export const listKindOf = (resource: ExactObject): ListKind | undefined => {
  const codes = objectsAt(resource, 'code.coding').filter(({ system }) => system === listTypeSystem);
  const [kind, ...others] = ['submissionset', 'folder'].filter((code) => codes.some((each) => each.code === code));
  return others.length === 0 && (kind === 'submissionset' || kind === 'folder') ? kind : undefined;
};

const issue = (type: string, path: string, diagnostics: string, code: Issue['code'] = 'required'): Issue => ({
  severity: 'error',
  code,
  diagnostics,
  expression: [`${type}.${path}`],
});

const unmet = (resource: ExactObject, type: string, demands: readonly Demand[], level: Level): readonly Issue[] =>
  demands.flatMap(({ path, least, most, from = 'minimal' }) => {
    if (!isAtLeast(level, from)) return [];
    const { length } = valuesAt(resource, path);
    if (length < least) return [issue(type, path, `MHD wants ${path} (${level} metadata)`)];
    if (most === undefined || length <= most) return [];
    return [issue(type, path, most === 0 ? `MHD wants no ${path}` : `MHD wants one ${path}`, 'structure')];
  });

const wrongValues = (
  resource: ExactObject,
  type: string,
  path: string,
  allowed: readonly string[],
): readonly Issue[] =>
  textsAt(resource, path).some((value) => !allowed.includes(value))
    ? [issue(type, path, `${path} is ${allowed.join(' or ')}`, 'value')]
    : [];

const ofDocument = (resource: ExactObject, level: Level): readonly Issue[] => {
  const type = 'DocumentReference';
  const outside = level === 'comprehensive' ? contained : [];
  return [
    ...unmet(resource, type, documentReference, level),
    ...wrongValues(resource, type, 'status', ['current', 'superseded']),
    ...outside
      .filter((path) => textsAt(resource, path).some((reference) => !reference.startsWith('#')))
      .map((path) => issue(type, path, 'comprehensive metadata has it contained', 'value')),
  ];
};

const ofList = (resource: ExactObject, level: Level): readonly Issue[] => {
  const type = 'List';
  const kind = listKindOf(resource);
  if (kind === undefined)
    return [issue(type, 'code', `a List is a submissionset or a folder of ${listTypeSystem}`, 'value')];
  const designated = extensionsOf(resource, designationTypeUrl).length;
  const sources = extensionsOf(resource, sourceIdUrl).length;
  return [
    ...unmet(resource, type, lists[kind], level),
    ...wrongValues(resource, type, 'mode', ['working']),
    ...(kind === 'submissionset' && sources !== 1
      ? [issue(type, 'extension', 'a submission set has one ihe-sourceId')]
      : []),
    ...(designated === 0 && isAtLeast(level, 'uncontained')
      ? [issue(type, 'extension', `MHD wants an ihe-designationType (${level} metadata)`)]
      : []),
  ];
};

/** What is missing or too much; nothing for types that MHD says nothing of. */
export const metadataIssues = (resource: ExactObject, level: Level): readonly Issue[] => {
  const type = textAt(resource, 'resourceType');
  return type === 'DocumentReference' ? ofDocument(resource, level) : type === 'List' ? ofList(resource, level) : [];
};
