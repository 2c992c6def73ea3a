/** `identity` of affinity.yaml: who feeds the index of persons, and how much may be asked of it. docs/guides/identity.md. */
import { z } from 'zod';

const system = z.string().min(1).max(256);

export const identity = z
  .strictObject({
    /** clients that tell of their patients (PIXm ITI-104), each with the identity domains that are its own */
    sources: z
      .array(z.strictObject({ client_id: z.string().min(1).max(500), systems: z.array(system).min(1).max(100) }))
      .max(1000)
      .default([]),
    /** domains whose numbers every source may tell beside its own */
    shared_systems: z.array(system).max(100).default([]),
    /** domains that are known, be there a number of them or not */
    domains: z.array(system).max(1000).default([]),
    /** how often one client may ask who somebody is ($match, $ihe-pix), and what $match needs and gives */
    questions_per_minute: z.int().min(1).max(1_000_000).default(600),
    match_evidence: z.int().min(1).max(5).default(2),
    match_results: z.int().min(1).max(100).default(20),
    /** records that one person may have before somebody has to look */
    records_per_person: z.int().min(2).max(1000).default(50),
    /** how often further servers are asked what is new, and for everything */
    poll_seconds: z.int().min(1).max(86_400).default(30),
    sweep_minutes: z.int().min(1).max(10_080).default(60),
  })
  .prefault({})
  .superRefine(({ sources }, context) => {
    const owners = new Map<string, string>();
    for (const [at, { client_id, systems }] of sources.entries())
      for (const one of systems) {
        const owner = owners.get(one);
        if (owner !== undefined && owner !== client_id)
          context.addIssue({ code: 'custom', path: ['sources', at, 'systems'], message: 'a domain has one source' });
        owners.set(one, client_id);
      }
  });
