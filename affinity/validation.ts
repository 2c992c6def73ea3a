/** `$validate` of the clinic: HL7's definitions and US Core, the profiles that it holds, as far as the caller may read them, and those of the registry. */
import type { Validate } from '@affinity/resource-server/asked.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import { validationOutcome } from '@affinity/validation/validation-outcome.ts';
import type { ResolveCanonical, Validator } from '@affinity/validation/validator.ts';

/** What a canonical in a profile or in `meta.profile` may name. */
const types = ['StructureDefinition', 'ValueSet'];

export const createValidate =
  (
    validator: Validator,
    { resolveCanonical }: Pick<StoreBackend, 'resolveCanonical'>,
    /** what everybody may read: the registry of the domain */
    registered: ResolveCanonical = async () => undefined,
  ): Validate =>
  async ({ content, mode, profile, read }) => {
    if (content === undefined) return validationOutcome([]);
    const resolve: ResolveCanonical = async (url, version) => {
      const canonical = version === undefined ? url : `${url}|${version}`;
      for (const type of types) {
        const at = await resolveCanonical(type, canonical);
        const found = at === undefined ? undefined : await read(at.type, at.id);
        if (found !== undefined) return found;
      }
      return registered(url, version);
    };
    const asked = { ...(mode === undefined ? {} : { mode }), ...(profile === undefined ? {} : { profile }) };
    return validationOutcome(await validator.validate({ resource: content.resource, ...asked }, resolve));
  };
