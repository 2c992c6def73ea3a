/** `gathering` of affinity.yaml: how the servers of the domain are asked together, and which of them are a secret by themselves. */
import { z } from 'zod';

export const gathering = z
  .strictObject({
    /** how long one server is waited for, and how long all of them together */
    source_seconds: z.number().min(0.1).max(60).default(4),
    whole_seconds: z.number().min(0.1).max(60).default(8),
    /** questions to one server at a time */
    source_connections: z.int().min(1).max(1000).default(16),
    /** of one answer of a server */
    source_bytes: z
      .int()
      .min(10_000)
      .max(100 * 1024 * 1024)
      .default(8 * 1024 * 1024),
    /** entries of a page, where none are asked for, and at most; types and search parameters of one search */
    page_size: z.int().min(1).max(500).default(50),
    page_size_most: z.int().min(1).max(500).default(200),
    types_most: z.int().min(1).max(30).default(15),
    parameters_most: z.int().min(0).max(30).default(10),
    /** marks by which it is known what was shown on earlier pages */
    remembered_marks: z.int().min(0).max(100_000).default(2_000),
    /** tokens for other servers that are kept until they are nearly over */
    remembered_tokens: z.int().min(1).max(1_000_000).default(10_000),
    /** types that are located where none are named */
    types: z
      .array(z.string().regex(/^[A-Z][A-Za-z]+$/))
      .min(1)
      .max(30)
      .default([
        'DocumentReference',
        'DiagnosticReport',
        'Observation',
        'Condition',
        'MedicationRequest',
        'AllergyIntolerance',
        'Immunization',
        'Procedure',
        'Encounter',
      ]),
    /** names of servers at which to be known is confidential: who may not see what is restricted is told nothing of them */
    confidential_servers: z.array(z.string().max(60)).max(100).default([]),
  })
  .prefault({});
