/** What is given to an operation: the parameters of a URL or of a Parameters resource, by name. FHIR R4 operations.html#request. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { badInput } from './faults.ts';
import { isJson, type Json, listOf, textOf } from './json-read.ts';

export interface Input {
  readonly name: string;
  /** a string where it stood in the URL; otherwise as its JSON is */
  readonly value?: unknown;
  readonly resource?: Resource;
  readonly part?: readonly Input[];
}

export interface Inputs {
  readonly all: readonly Input[];
  texts(name: string): readonly string[];
  /** @throws FhirError where it is there twice */
  text(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  /** of 0 and more */
  count(name: string): number | undefined;
  coding(name: string): CodingInput | undefined;
  codings(name: string): readonly CodingInput[] | undefined;
  resource(name: string, type: string): Resource | undefined;
}

export interface CodingInput {
  readonly system?: string;
  readonly version?: string;
  readonly code?: string;
  readonly display?: string;
}

const printed = (value: unknown): string | undefined =>
  typeof value === 'boolean' || typeof value === 'number' ? String(value) : textOf(value);

export const codingOf = (value: Json): CodingInput => {
  const [system, version, code, display] = [value.system, value.version, value.code, value.display].map(textOf);
  return {
    ...(system === undefined ? {} : { system }),
    ...(version === undefined ? {} : { version }),
    ...(code === undefined ? {} : { code }),
    ...(display === undefined ? {} : { display }),
  };
};

export const readInputs = (all: readonly Input[]): Inputs => {
  const only = (name: string): Input | undefined => {
    const [first, second] = all.filter((each) => each.name === name);
    if (second !== undefined) throw badInput(`${name} is given once`);
    return first;
  };
  const text = (name: string): string | undefined => {
    const given = only(name);
    if (given === undefined) return undefined;
    const value = printed(given.value);
    if (value === undefined) throw badInput(`${name} has a simple value`);
    return value;
  };
  const object = (name: string): Json | undefined => {
    const given = only(name);
    if (given === undefined) return undefined;
    if (!isJson(given.value)) throw badInput(`${name} is given in a Parameters resource, with its own type`);
    return given.value;
  };
  return {
    all,
    text,
    texts: (name) =>
      all
        .filter((each) => each.name === name)
        .map(({ value }) => {
          const given = printed(value);
          if (given === undefined) throw badInput(`${name} has a simple value`);
          return given;
        }),
    flag(name) {
      const given = text(name);
      if (given !== undefined && given !== 'true' && given !== 'false') throw badInput(`${name} is true or false`);
      return given === undefined ? undefined : given === 'true';
    },
    count(name) {
      const given = text(name);
      if (given !== undefined && !/^\d{1,9}$/.test(given)) throw badInput(`${name} is a whole number, 0 or more`);
      return given === undefined ? undefined : Number(given);
    },
    coding(name) {
      const given = object(name);
      return given === undefined ? undefined : codingOf(given);
    },
    codings(name) {
      const given = object(name);
      return given === undefined ? undefined : listOf(given.coding).map(codingOf);
    },
    resource(name, type) {
      const given = only(name);
      if (given !== undefined && given.resource?.resourceType !== type) throw badInput(`${name} is a ${type}`);
      return given?.resource;
    },
  };
};

/** The entries of a Parameters resource. */
export const inputsIn = (parameters: unknown): readonly Input[] =>
  listOf(parameters).flatMap((each): readonly Input[] => {
    const name = textOf(each.name);
    if (name === undefined) return [];
    const key = Object.keys(each).find((member) => /^value[A-Z]/.test(member));
    const resource =
      isJson(each.resource) && typeof each.resource.resourceType === 'string' ? each.resource : undefined;
    return [
      {
        name,
        ...(key === undefined ? {} : { value: each[key] }),
        ...(resource === undefined ? {} : { resource: resource as Resource }),
        ...(Array.isArray(each.part) ? { part: inputsIn(each.part) } : {}),
      },
    ];
  });
