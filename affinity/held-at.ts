/** The servers of the domain that hold records of patients: the home, and those of the settings. */
import type { Config } from './config.ts';
import { furtherServersOf } from './demo/hospital/hospital-server.ts';
import type { HeldAt } from './gathering.ts';

export const heldAt = (config: Config): readonly HeldAt[] => {
  const { origin, protect } = config;
  const { all } = furtherServersOf(config, '');
  return [
    { name: 'clinic', title: protect?.title ?? 'Clinic', base: `${origin}/fhir` },
    ...all.map(({ name, title, path }) => ({ name, title, base: `${origin}${path}` })),
  ];
};
