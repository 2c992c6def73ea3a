/** What the administrators' page of the registry does: wishes are decided and packages loaded, each written down before and after. */
import { Readable } from 'node:stream';
import type { People } from '@affinity/authorization-server/people.ts';
import type { AtDesk } from '@affinity/portal/admin/administration.ts';
import type { Definitions } from '@affinity/portal/admin/definitions.ts';
import type { Proposal } from '@affinity/registry/publication.ts';
import type { Config } from './config.ts';
import type { OpenedRegistry } from './opened-registry.ts';
import type { Noted } from './staff-sign-in.ts';

export interface DefinitionsNeighbours {
  readonly config: Config;
  readonly definitions: OpenedRegistry;
  readonly people: Pick<People, 'isPublisher'>;
  readonly note: (by: AtDesk, facts: Noted) => Promise<void>;
}

const shown = 50;

export const createDefinitions = ({ config, definitions, people, note }: DefinitionsNeighbours): Definitions => {
  const { publication, packages, artefacts } = definitions;
  const { registry } = config.file;
  const told = async ({ type, artefact, wanted, note: words, proposedBy, proposedAt }: Proposal) => {
    const found = await artefacts.at(type, artefact);
    const { title, name, version }: Readonly<Record<string, unknown>> = found?.resource ?? {};
    const called = [title ?? name ?? artefact, version].filter((part) => typeof part === 'string').join(' ');
    return { type, id: artefact, title: called, wanted, note: words, proposedBy: proposedBy.name, proposedAt };
  };
  return {
    twoPersons: publication.twoPersons,
    mostBytes: registry.package_bytes,
    mayPublish: ({ user }) => people.isPublisher(user),
    waiting: async ({ user }) => {
      const waiting = await publication.waiting();
      return Promise.all(
        waiting.slice(0, shown).map(async (one) => ({ ...(await told(one)), isOwn: one.proposedBy.id === user })),
      );
    },
    decided: async () => {
      const history = await publication.history();
      const decided = history.flatMap((one) => (one.decision === undefined ? [] : [{ one, decision: one.decision }]));
      return Promise.all(
        decided.slice(0, shown).map(async ({ one, decision }) => ({
          ...(await told(one)),
          decision: decision.kind,
          decidedBy: decision.by.name,
          decidedAt: decision.at,
        })),
      );
    },
    decide: async (at, decision, by) => {
      const what = `${decision} ${at.type}/${at.id}`.slice(0, 200);
      await note(by, { event: 'policy-changed', outcome: 'permitted', reason: `a definition is to be ${what}` });
      const done = await publication.decide(at, decision, { id: by.user, name: by.name });
      if (done.kind === 'done' || done.kind === 'refused') return 'done';
      await note(by, { event: 'policy-changed', outcome: 'failed', reason: `${what}: ${done.kind}` });
      return done.kind === 'same-person' || done.kind === 'changed' ? done.kind : 'unknown';
    },
    load: async (bytes, by) => {
      await note(by, { event: 'policy-changed', outcome: 'permitted', reason: 'a package is to be loaded' });
      const loading = await packages.load(Readable.from([Buffer.from(bytes)]), by.name);
      if (loading.kind === 'refused') {
        await note(by, { event: 'policy-changed', outcome: 'failed', reason: loading.reason.slice(0, 300) });
        return { kind: 'refused', words: loading.reason };
      }
      const { name, version } = loading.package;
      const missing = loading.dependencies.filter(({ isThere }) => !isThere).map((one) => `${one.name} ${one.version}`);
      const needs = missing.length === 0 ? '' : ` It needs what is not loaded: ${missing.join(', ')}.`;
      return {
        kind: 'loaded',
        words: `${name} ${version}: ${loading.created} definitions new, ${loading.unchanged} there already.${needs}`,
      };
    },
  };
};
