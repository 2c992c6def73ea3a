/**
 * From whom an entry of the locator is: a client of the domain, or one of its servers. It stands in `meta.source`, where only
 * the locator writes it. FHIR R4 resource.html#Meta; IHE MHD.
 */
import { type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import type { Coding, Resource } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { withAuthorNames } from './author-names.ts';
import { objectsAt } from './json-reading.ts';

/** Whoever writes under a token: its app. */
export const sourceOfClient = ({ clientId }: Pick<Principal, 'clientId'>): string =>
  `urn:affinity:client:${encodeURIComponent(clientId)}`;

/** A document that the locator has heard of by itself: where it is. */
export const sourceOfServer = (base: string, id: string): string => `${base}/DocumentReference/${id}`;

/** Under this system the locator keeps what it knows of an entry itself; nobody else writes it. */
export const locatorLabels = 'urn:affinity:locator';
export const expiredLabel: Coding = { system: locatorLabels, code: 'expired' };

const isOwnLabel = ({ system }: { readonly system?: unknown }): boolean => system === locatorLabels;

/** What is confidential in a document is confidential in its entry: that there is such a document. FHIR R4 security-labels.html. */
export const labelsFor = (resource: ExactObject): readonly ExactObject[] => {
  const all = [...objectsAt(resource, 'meta.security'), ...objectsAt(resource, 'securityLabel.coding')];
  const seen = new Set<string>();
  return all.filter((label) => {
    const key = JSON.stringify([label.system, label.code]);
    const isNew = !isOwnLabel(label) && !seen.has(key);
    seen.add(key);
    return isNew;
  });
};

/** A resource with the source and the labels that it has here, beside those of others. */
export const stamped = (resource: ExactObject, source: string, others: readonly ExactObject[] = []): ExactObject => {
  const { meta } = resource;
  const security = labelsFor({
    meta: { security: [...labelsFor(resource), ...others] },
  });
  const kept = isExactObject(meta) ? meta : {};
  const { security: _, ...rest } = kept;
  return {
    ...withAuthorNames(resource),
    meta: { ...rest, source, ...(security.length === 0 ? {} : { security: [...security] }) },
  };
};

export const sourceOf = (resource: Resource): string | undefined => resource.meta?.source;
