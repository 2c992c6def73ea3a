/** `registry` of affinity.yaml: who may read and publish definitions, how much a package may hold, and what the clinic enforces. */
import { z } from 'zod';
import { terminologySettings } from './terminology-settings.ts';

const mebibyte = 1024 * 1024;
const bytes = (most: number, otherwise: number) => z.int().min(1024).max(most).default(otherwise);
const canonical = z
  .string()
  .max(1000)
  .regex(/^[a-z][a-z0-9+.-]*:[^\s|#]+(\|[^\s|#]+)?$/i, 'a canonical URL, with |version where one is meant');

export const registrySettings = z
  .strictObject({
    /** anybody reads it without a token; and so many requests a minute from one address */
    anonymous: z.boolean().default(true),
    anonymous_per_minute: z.int().min(1).max(1_000_000).default(600),
    /** what one publisher proposes, another has to approve */
    two_persons: z.boolean().default(false),
    /** search parameters that are active here work at the clinic */
    search_parameters: z.boolean().default(true),
    /** profiles that the clinic enforces: of what claims them, or of every resource of their type */
    enforced_profiles: z
      .array(
        z.strictObject({
          profile: canonical,
          type: z.string().regex(/^[A-Z][A-Za-z]+$/),
          always: z.boolean().default(false),
        }),
      )
      .max(100)
      .default([]),
    /** how long an artefact that was found is remembered, and how many are */
    remembered_seconds: z.number().min(0).max(60).default(1),
    remembered_artefacts: z.int().min(10).max(100_000).default(2000),
    /** of a package: as it is sent, files, unpacked, how many times its size it may become, and one artefact */
    package_bytes: bytes(1024 * mebibyte, 64 * mebibyte),
    package_files: z.int().min(1).max(1_000_000).default(20_000),
    package_unpacked_bytes: bytes(4096 * mebibyte, 512 * mebibyte),
    package_ratio: z.int().min(2).max(10_000).default(100),
    artefact_bytes: bytes(256 * mebibyte, 16 * mebibyte),
    terminology: terminologySettings,
  })
  .prefault({});

export type RegistrySettings = z.infer<typeof registrySettings>;
