/** The parameters of an operation, from the URL and from a Parameters resource alike. FHIR R4 parameters.html, operations.html#executing. */
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { OperationAsked } from '@affinity/resource-server/own-operation.ts';

export interface Parameter {
  readonly name: string;
  /** of a simple value, as text */
  readonly value?: string;
  /** of a complex one */
  readonly complex?: Readonly<Record<string, unknown>>;
  readonly resource?: Resource;
}

const isResource = (value: unknown): value is Resource => isObject(value) && typeof value.resourceType === 'string';

const parameterOf = (given: unknown): readonly Parameter[] => {
  if (!isObject(given)) return [];
  const name = text(given.name);
  if (name === undefined) return [];
  if (isResource(given.resource)) return [{ name, resource: given.resource }];
  const value = Object.entries(given).find(([key]) => key.startsWith('value'))?.[1];
  if (isObject(value)) return [{ name, complex: value }];
  return value === undefined ? [{ name }] : [{ name, value: String(value) }];
};

/** A resource that is sent by itself stands for the parameter `resource`. */
export const parametersOf = ({ query, body }: Pick<OperationAsked, 'query' | 'body'>): readonly Parameter[] => {
  const ofUrl = [...query].map(([name, value]) => ({ name, value }));
  if (body === undefined) return ofUrl;
  if (body.resourceType !== 'Parameters') return [...ofUrl, { name: 'resource', resource: body }];
  return [...ofUrl, ...list(body.parameter).flatMap(parameterOf)];
};
