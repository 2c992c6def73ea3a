/** A FHIR resource as parsed JSON. FHIR R4 resource.html, json.html. */

export interface Coding {
  readonly system?: string;
  readonly version?: string;
  readonly code?: string;
  readonly display?: string;
}

export interface Meta {
  readonly versionId?: string;
  /** instant, ISO 8601 with offset */
  readonly lastUpdated?: string;
  readonly source?: string;
  readonly profile?: readonly string[];
  readonly security?: readonly Coding[];
  readonly tag?: readonly Coding[];
}

export interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly meta?: Meta;
  readonly [element: string]: unknown;
}

/**
 * A resource that somebody sent: parsed for the decision, and its JSON text as it came, because decimals keep their
 * precision only in the text (`0.10` is not `0.1`). FHIR R4 json.html#primitive.
 */
export interface Content {
  readonly resource: Resource;
  readonly json: string;
}

/** FHIR R4 datatypes.html#id: 1 to 64 of A–Z, a–z, 0–9, `-` and `.`. */
export const isResourceId = (id: string): boolean => /^[A-Za-z0-9\-.]{1,64}$/.test(id);
