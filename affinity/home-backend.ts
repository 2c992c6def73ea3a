/** What the domain needs of the server that keeps its Consents, beside what every Backend can do. FHIR R4 consent.html. */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';

/** The store itself, or a foreign system with the store beside it (protected-backend.ts). */
export type HomeBackend = Backend & Pick<StoreBackend, 'within' | 'resolveCanonical'>;
