/** The one stylesheet, put together in the order in which its parts build on one another. CSS Cascade 5. */
import { readFileSync } from 'node:fs';

export const stylesheetParts = [
  'tokens',
  'ground',
  'components',
  'rows',
  'pages',
  'front-page',
  'desk',
  'account',
  'security',
  'device',
  'ehr',
  'registry',
  'steward',
  'media',
] as const;

export const readStylesheet = (): string =>
  stylesheetParts.map((part) => readFileSync(new URL(`styles/${part}.css`, import.meta.url), 'utf8')).join('\n');
