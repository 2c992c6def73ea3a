/** Where the record locator of the domain is, where it runs. */
import type { Config } from './config.ts';

export const locatorOf = ({ origin, file }: Pick<Config, 'origin' | 'file'>): string | undefined =>
  file.services.locator ? `${origin}/locator/fhir` : undefined;
