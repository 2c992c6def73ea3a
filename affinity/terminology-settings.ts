/** `registry.terminology` of affinity.yaml: how much expansions, translations and snapshots may be. */
import type { SnapshotLimits } from '@affinity/registry/snapshot/snapshot.ts';
import type { TerminologyLimits } from '@affinity/registry/terminology/limits.ts';
import { z } from 'zod';

const count = (most: number, otherwise: number) => z.int().min(1).max(most).default(otherwise);

export const terminologySettings = z
  .strictObject({
    /** codes in one answer of $expand */
    expansion_codes: count(1_000_000, 10_000),
    /** codes of one ValueSet, concepts of one CodeSystem */
    value_set_codes: count(5_000_000, 200_000),
    /** artefacts that one ValueSet or ConceptMap may lead through, and how deep */
    artefacts: count(10_000, 200),
    import_depth: count(100, 16),
    /** filters of one include, characters of a regular expression in one, and of the text that narrows an expansion */
    filters: count(1000, 20),
    pattern_characters: count(10_000, 256),
    filter_characters: count(10_000, 256),
    /** codes that are kept made ready, for each of the few ways in which callers' rights differ */
    kept_codes: count(100_000_000, 1_000_000),
    /** elements of a snapshot and of a differential, and profiles that one may rest on */
    snapshot_elements: count(1_000_000, 10_000),
    differential_elements: count(100_000, 2_000),
    profile_depth: count(100, 16),
  })
  .prefault({});

export type TerminologySettings = z.infer<typeof terminologySettings>;

export const terminologyLimitsOf = (settings: TerminologySettings): TerminologyLimits => ({
  expansionCodes: settings.expansion_codes,
  valueSetCodes: settings.value_set_codes,
  artefacts: settings.artefacts,
  depth: settings.import_depth,
  filters: settings.filters,
  patternCharacters: settings.pattern_characters,
  textCharacters: settings.filter_characters,
  keptCodes: settings.kept_codes,
});

export const snapshotLimitsOf = (settings: TerminologySettings): SnapshotLimits => ({
  elements: settings.snapshot_elements,
  differential: settings.differential_elements,
  depth: settings.profile_depth,
});
