/**
 * What an element says once another profile has taken it over: links that led out of HL7's pages lead there still, where a
 * constraint comes from is told, and what HL7 said of the standing of its own definition is not said of the other. As in
 * the snapshots that HL7's publisher makes.
 */
import { isJson, listOf, textOf } from '../terminology/json-read.ts';
import type { SnapshotElement } from './element.ts';

const hl7 = 'http://hl7.org/fhir/StructureDefinition/';
const pages = 'http://hl7.org/fhir/R4/';
const markdown = ['definition', 'comment', 'requirements', 'meaningWhenMissing'];
const standing = new Set(
  ['standards-status', 'normative-version', 'fmm', 'wg', 'fmm-no-warnings', 'summary'].map(
    (name) => `${hl7}structuredefinition-${name}`,
  ),
);

/** R4 says that the id of a resource is a `string`; it is an `id`. HL7 FHIR-25274. */
const idType = `${hl7}structuredefinition-fhir-type`;
const withIdType = (element: SnapshotElement): void => {
  const base = isJson(element.base) ? element.base.path : undefined;
  if (base !== 'Resource.id') return;
  element.type = listOf(element.type).map((type) => ({
    ...type,
    extension: listOf(type.extension).map((each) => (each.url === idType ? { ...each, valueUrl: 'id' } : each)),
  }));
};

/** @param source url of the definition whose element it was */
export const inherit = (element: SnapshotElement, source: string): SnapshotElement => {
  const ofHl7 = source.startsWith(hl7);
  for (const name of ofHl7 ? markdown : []) {
    const text = textOf(element[name]);
    if (text !== undefined) element[name] = text.replace(/\]\((?![a-z]+:|#)/g, `](${pages}`);
  }
  // What HL7 says of the standing of a definition stands at its root.
  const root = !element.path.includes('.');
  const extension = listOf(element.extension).filter(({ url }) => !root || !standing.has(String(url)));
  if (extension.length > 0) element.extension = extension;
  else delete element.extension;
  if (Array.isArray(element.constraint))
    element.constraint = listOf(element.constraint).map((each) =>
      each.source === undefined ? { ...each, source } : each,
    );
  const reference = textOf(element.contentReference);
  if (reference?.startsWith('#') === true && ofHl7)
    element.contentReference = `${hl7}${reference.slice(1).split('.')[0]}${reference}`;
  if (Array.isArray(element.mapping))
    element.mapping = listOf(element.mapping).map((each) => ({
      ...each,
      map: textOf(each.map)?.trimEnd() ?? each.map,
    }));
  withIdType(element);
  return element;
};

export const isExtension = ({ path }: Pick<SnapshotElement, 'path'>): boolean => /\.(modifierE|e)xtension$/.test(path);

/** An extension that a profile speaks of says of itself what its own definition says, not what the place says of all. */
export const plainExtension = (element: SnapshotElement): void => {
  for (const name of ['comment', 'requirements', 'alias', 'mapping']) delete element[name];
  element.short = 'Extension';
  element.definition = 'An Extension';
};
