/**
 * The migrations that make the tables of resources, alone: a server of the domain that keeps records of its own has them in a
 * schema of its own, and shares everything else. docs/decisions/0038-servers-with-records-of-their-own.md.
 */
import { type Migration, readMigrations } from './migrate.ts';

/** A migration that changes one of these tables has to be named here. */
const names: ReadonlySet<string> = new Set([
  '0001-resources.sql',
  '0050-search-values.sql',
  '0051-fixed-owners.sql',
  '0052-what-is-indexed.sql',
  '0053-end-of-a-pass.sql',
  '0060-history-order.sql',
  '0080-facts-of-other-versions.sql',
  '0127-registry-packages.sql',
  '0129-registry.sql',
]);

export const recordMigrations = (): readonly Migration[] => readMigrations().filter(({ name }) => names.has(name));
