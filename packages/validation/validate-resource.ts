/** Everything that is checked of one resource, in one synchronous pass. FHIR R4 validation.html, resource-operation-validate.html. */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Issue } from '@affinity/core/fhir/outcome.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import { readDefinitions } from './definition-file.ts';
import { compile, type Definition } from './element-tree.ts';
import { checkProfile, checkResource } from './elements.ts';
import { isObject, type JsonObject } from './found.ts';
import { type Lookups, startRun } from './run.ts';
import type { StructureDefinition } from './structure-definition.ts';
import { type Expansion, expand, type ValueSet } from './value-set.ts';

/** The codes of a ValueSet by system, from whoever has the code systems at hand; `null`: which of them is not known. */
export interface KnownCodes {
  readonly codes: Expansion;
}

/** Definitions that came from elsewhere, by the canonical that was asked for: resources, and `KnownCodes`. */
export type Brought = ReadonlyMap<string, unknown>;

export interface Asked {
  readonly resource: unknown;
  /** canonical of a profile to be met beside those that the resource claims */
  readonly profile?: string;
  readonly brought: Brought;
  readonly mostIssues: number;
}

export interface Outcome {
  readonly issues: readonly Issue[];
  /** canonicals that are not known here; with them brought, the answer may be another */
  readonly missing: readonly string[];
}

const known: {
  readonly definitions: Map<string, Definition | undefined>;
  readonly codes: Map<string, Expansion | undefined>;
} = {
  definitions: new Map(),
  codes: new Map(),
};
let file: ReturnType<typeof readDefinitions> | undefined;

const own = <T>(
  cache: Map<string, T | undefined>,
  url: string,
  read: (from: ReturnType<typeof readDefinitions>) => T | undefined,
) => {
  if (cache.has(url)) return cache.get(url);
  file ??= readDefinitions();
  const found = read(file);
  // Only what is there is kept, so that the cache cannot be made to grow from outside.
  if (found !== undefined) cache.set(url, found);
  return found;
};

const ownDefinition = (canonical: string): Definition | undefined => {
  const { url, version } = parseCanonical(canonical);
  const found = own(known.definitions, url, (from) => {
    const structure = from.structure(url);
    return structure === undefined ? undefined : compile(structure);
  });
  return version === undefined || found?.version === undefined || found.version === version ? found : undefined;
};

/** Whether what was brought is formed as R4 has it: nobody checked it when it was stored. Invariants are left out. */
const isSound = (resource: JsonObject): boolean => {
  if (checkShape(resource).some(({ code }) => code === 'structure')) return false;
  const run = startRun({ definition: ownDefinition, codes: () => undefined }, 1);
  const place = { path: String(resource.resourceType), resource, root: resource };
  checkResource(resource, place, { ...run, first: (key) => !key.startsWith('invariant') && run.first(key) });
  return !run.issues.some(({ severity }) => severity === 'error');
};

const knownCodes = (value: unknown): Expansion | undefined =>
  isObject(value) && !('resourceType' in value) && isObject(value.codes) ? (value.codes as Expansion) : undefined;

const lookupsWith = (brought: Brought, missing: Set<string>): Lookups => {
  const compiled = new Map<string, Definition | undefined>();
  const sound = new Map<string, JsonObject | undefined>();
  const foreign = (canonical: string): JsonObject | undefined => {
    if (!brought.has(canonical)) missing.add(canonical);
    if (sound.has(canonical)) return sound.get(canonical);
    const resource = brought.get(canonical);
    const kept = isObject(resource) && isSound(resource) ? resource : undefined;
    sound.set(canonical, kept);
    return kept;
  };
  return {
    definition(canonical) {
      const found = ownDefinition(canonical);
      if (found !== undefined) return found;
      const resource = foreign(canonical);
      if (resource?.resourceType !== 'StructureDefinition') return undefined;
      if (!compiled.has(canonical)) compiled.set(canonical, compile(resource as unknown as StructureDefinition));
      return compiled.get(canonical);
    },
    codes(canonical) {
      const { url } = parseCanonical(canonical);
      const found = own(known.codes, url, (from) => from.codes(url));
      if (found !== undefined && Object.values(found).every((codes) => codes !== null)) return found;
      // Whoever has the code systems knows more.
      if (!brought.has(canonical)) missing.add(canonical);
      const better = knownCodes(brought.get(canonical));
      if (better !== undefined || found !== undefined) return better ?? found;
      const resource = foreign(canonical);
      if (resource?.resourceType !== 'ValueSet') return undefined;
      const none = { valueSet: () => undefined, codeSystem: () => undefined };
      return expand(resource as unknown as ValueSet, none);
    },
  };
};

const errorIssue = (code: Issue['code'], diagnostics: string): Issue => ({ severity: 'error', code, diagnostics });

const unknownProfile = (profile: string, brought: Brought): Issue =>
  brought.get(profile) === undefined
    ? errorIssue('not-found', 'the profile is not known here: load its StructureDefinition')
    : errorIssue(
        'not-supported',
        'the profile has no snapshot, or is itself not valid: it cannot be validated against',
      );

const withProfile = (resource: JsonObject, profile: string, lookups: Lookups, asked: Asked): readonly Issue[] => {
  const definition = lookups.definition(profile);
  if (definition === undefined) return [unknownProfile(profile, asked.brought)];
  if (definition.type !== resource.resourceType)
    return [errorIssue('structure', `the profile is one of ${definition.type}, not of the type of the resource`)];
  const run = startRun(lookups, asked.mostIssues);
  checkProfile(resource, definition, { path: definition.type, resource, root: resource }, run);
  return run.issues;
};

const rank: Readonly<Record<Issue['severity'], number>> = { fatal: 0, error: 1, warning: 2, information: 3 };

/** The faults of a resource, the gravest first; none: it is valid. */
export const validateResource = (asked: Asked): Outcome => {
  const { resource, profile, brought, mostIssues } = asked;
  const missing = new Set<string>();
  const shape = checkShape(resource).filter(({ code }) => code === 'structure');
  if (!isObject(resource) || typeof resource.resourceType !== 'string' || shape.length > 0)
    return { issues: shape, missing: [] };
  const lookups = lookupsWith(brought, missing);
  const run = startRun(lookups, mostIssues);
  checkResource(resource, { path: resource.resourceType, resource, root: resource }, run);
  const all = [...run.issues, ...(profile === undefined ? [] : withProfile(resource, profile, lookups, asked))];
  const told = new Set<string>();
  const issues = all.filter((issue) => {
    const key = `${issue.severity} ${issue.diagnostics} ${issue.expression?.join()}`;
    return !told.has(key) && told.add(key);
  });
  return {
    issues: issues.sort((a, b) => rank[a.severity] - rank[b.severity]).slice(0, mostIssues),
    missing: [...missing],
  };
};
