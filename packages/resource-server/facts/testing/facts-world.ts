/** A backend in memory with records by which decisions are made, a clock, and a report that tests can look into. */

import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import type { FactsFault } from '../report.ts';

export const ownBases = ['http://localhost:4000/fhir'];

type Known = Resource & { readonly id: string };

export const createFactsWorld = () => {
  const state = { time: Date.UTC(2026, 5, 15, 12) };
  const memory = createMemoryBackend({ ownBases, now: () => state.time, evaluate });
  /** what was asked, as `read Practitioner` and `search CareTeam` */
  const asked: string[] = [];
  const reported: FactsFault[] = [];
  const backend = {
    read: (...given: Parameters<typeof memory.read>) => {
      asked.push(`read ${given[0].type}`);
      return memory.read(...given);
    },
    searchType: (...given: Parameters<typeof memory.searchType>) => {
      asked.push(`search ${given[0].type}`);
      return memory.searchType(...given);
    },
  };
  return Object.assign(state, {
    backend,
    asked,
    reported,
    report: (fault: FactsFault) => {
      reported.push(fault);
    },
    /** Stores it, as new or in place of what is there. */
    put: async (resource: Known): Promise<void> => {
      const at = {
        type: resource.resourceType,
        id: resource.id,
        content: { resource, json: JSON.stringify(resource) },
      };
      if ((await memory.create(at)).kind === 'id-taken') await memory.update(at, everything);
    },
    remove: (type: string, id: string) => memory.delete({ type, id }, everything),
  });
};

export type FactsWorld = ReturnType<typeof createFactsWorld>;

export const to = (reference: string) => ({ reference });

export const patient = (id: string, more: object = {}): Known => ({ resourceType: 'Patient', id, ...more });

export const team = (id: string, patientId: string, members: readonly object[], more: object = {}): Known => ({
  resourceType: 'CareTeam',
  id,
  status: 'active',
  subject: to(`Patient/${patientId}`),
  participant: members,
  ...more,
});

export const role = (id: string, practitioner: string, organization: string, more: object = {}): Known => ({
  resourceType: 'PractitionerRole',
  id,
  practitioner: to(`Practitioner/${practitioner}`),
  organization: to(`Organization/${organization}`),
  ...more,
});
