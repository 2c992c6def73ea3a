/**
 * One write, made where its plan says: the stored version and the new one must both be within the rights, and the permit
 * is recorded before the write is made. FHIR R4 http.html#create, #update, #patch, #delete.
 */

import type { WriteResult } from '@affinity/core/fhir/backend.ts';
import { canonicalChange, canonicalTypes } from '@affinity/core/fhir/canonical.ts';
import { allOf, type Filter } from '@affinity/core/fhir/filter.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { type Answer, gone, notFound, refusal } from '../answer.ts';
import type { Identities } from '../asked.ts';
import { contentOf, type Loaded } from '../body.ts';
import { type About, aboutFacts, aboutNothing } from './about.ts';
import { tellsMore } from './owned-facts.ts';
import { type At, mayUpdateCreate, type Plan } from './plan.ts';
import type { Prepared } from './preparation.ts';
import { absentUpdate, belowTarget, conflict, ofUnseen, outside, weakened } from './refusals.ts';
import { aboutRelabelling, keepsLabelsOf } from './relabelling.ts';
import type { On, Surroundings } from './surroundings.ts';

/** Called when a write is permitted, before it is made; and beside, when it changes labels that others must keep. */
export type Before = (at: At, about: About, event?: 'label-changed') => Promise<void>;

export interface Place {
  readonly on: On;
  readonly around: Surroundings;
  readonly before: Before;
  readonly identities?: Identities;
  /** what the same transaction has written, by `Type/id`; added to */
  readonly facts: Map<string, ResourceFacts>;
}

const taken = (): Answer => refusal(fhirError(409, 'duplicate', 'the id is taken'));

const written = (result: WriteResult, mayRead: boolean): Answer => {
  switch (result.kind) {
    case 'created':
      return { kind: 'written', status: 201, version: result.version, mayRead };
    case 'updated':
      return { kind: 'written', status: 200, version: result.version, mayRead };
    case 'deleted':
      return { kind: 'done', versionId: result.deletion.versionId };
    case 'absent':
      return absentUpdate();
    case 'refused':
      return weakened();
    case 'version-conflict':
      return conflict();
    case 'id-taken':
      return taken();
    case 'canonical-taken':
      return refusal(fhirError(409, 'duplicate', 'another resource has this url and version'));
  }
};

/** Content with faults: whoever may not write there, or writes on another version, is told that first. */
const faulty = async (fault: FhirError, { asked, permit }: Prepared, at: At, { on }: Place): Promise<Answer> => {
  if (asked.intent.kind === 'update') {
    const result = await on.read(at, permit.filter);
    if (result.kind === 'absent') return absentUpdate();
    const current = result.kind === 'found' ? result.version.versionId : result.deletion.versionId;
    if (asked.intent.ifMatch !== undefined && asked.intent.ifMatch !== current) return conflict();
  }
  return refusal(fault);
};

/** The content of a create or update, under its id. */
const store = async (loaded: Loaded, prepared: Prepared, plan: Plan & { at: At }, place: Place): Promise<Answer> => {
  const { at } = plan;
  const { on, around, before, facts: known } = place;
  const { intent } = prepared.asked;
  const content: Content = { ...loaded.content, resource: { ...loaded.content.resource, id: at.id } };
  const facts = await around.factsOf(content.resource, known);
  const { create } = prepared;
  const filters = [
    prepared.permit.filter,
    ...(plan.kind === 'create' && create?.kind === 'permit' ? [create.filter] : []),
  ];
  if (!evaluate(allOf(filters), facts)) return outside();
  if (facts.ofUnseen) return ofUnseen();
  if (tellsMore(facts)) return belowTarget();
  const claim = around.falseClaim(content.resource);
  if (claim !== undefined) return refusal(claim);
  if (loaded.fault !== undefined) return faulty(loaded.fault, prepared, at, place);
  if (plan.kind === 'change' && canonicalTypes.has(at.type)) {
    const stored = await on.read(at, prepared.permit.filter);
    const change = stored.kind === 'found' ? changeFault(stored.version.body, content.resource) : undefined;
    if (change !== undefined) return faulty(change, prepared, at, place);
  }
  const { filter } = prepared.permit;
  const objection = await objectionTo(at, prepared.permit.filter, content.resource, plan.kind, place);
  // Of what would be created there is nothing that could be hidden.
  if (objection !== undefined)
    return plan.kind === 'create' ? refusal(objection) : faulty(objection, prepared, at, place);
  const keeps = keepsLabelsOf(content.resource, facts);
  // What is deleted keeps its labels for everybody: whoever may relabel brings it back with them first.
  const relabelled =
    plan.kind === 'change' && around.rights.mayRelabel ? await weakenedBody(at, filter, keeps, on) : undefined;
  await before(at, aboutFacts(facts));
  if (relabelled !== undefined) await before(at, aboutRelabelling(relabelled, facts), 'label-changed');
  known.set(`${at.type}/${at.id}`, facts);
  if (plan.kind === 'create') {
    const result = await on.create({ ...at, content });
    // An id that is taken, and could not be updated, is refused as one that may not be chosen.
    if (result.kind === 'id-taken' && intent.kind === 'update') return absentUpdate();
    return written(result, intent.kind === 'create' || around.rights.mayRead(facts));
  }
  const ifMatch = intent.kind === 'update' && intent.ifMatch !== undefined ? { ifMatch: intent.ifMatch } : {};
  const accepts = (stored: string): boolean => stored === relabelled || keeps(stored);
  const result = await on.update({ ...at, content, ...ifMatch, accepts }, filter);
  if (result.kind === 'absent' && ifMatch.ifMatch === undefined && mayUpdateCreate(prepared, around)) {
    const born = await on.create({ ...at, content });
    return born.kind === 'id-taken' ? absentUpdate() : written(born, around.rights.mayRead(facts));
  }
  return written(result, around.rights.mayRead(facts));
};

/** What the server itself has against it. What is not there to the caller, or was deleted, has nothing before. */
const objectionTo = async (
  at: At,
  filter: Filter,
  after: Resource,
  kind: Plan['kind'],
  { on, around }: Place,
): Promise<FhirError | undefined> => {
  const stored = kind === 'change' ? await on.read(at, filter) : undefined;
  const before = stored?.kind === 'found' ? { before: JSON.parse(stored.version.body) as Resource } : {};
  return around.objects({ ...at, ...before, after });
};

/** The stored text whose labels would be weakened; undefined where they would not. */
const weakenedBody = async (
  at: At,
  filter: Filter,
  keeps: (stored: string) => boolean,
  on: On,
): Promise<string | undefined> => {
  const stored = await on.read(at, filter);
  return stored.kind === 'found' && !keeps(stored.version.body) ? stored.version.body : undefined;
};

/** What is published does not change. FHIR R4 resource.html#versions. */
const changeFault = (body: string, resource: Resource): FhirError | undefined => {
  const issue = canonicalChange(JSON.parse(body) as Resource, resource);
  return issue === undefined ? undefined : new FhirError(422, [issue]);
};

const applied = (json: string, at: At, { jsonDepth }: Surroundings): Loaded | FhirError => {
  const loaded = contentOf(json, at, { jsonDepth });
  const fault = loaded instanceof FhirError ? loaded : loaded.fault;
  // What the patch would make of the resource cannot be processed, however sound the patch is.
  return fault === undefined ? loaded : new FhirError(422, fault.issues);
};

const patch = async (prepared: Prepared, at: At, place: Place): Promise<Answer> => {
  const { asked, permit, readable } = prepared;
  const { on, around, before, facts: known } = place;
  const current = await on.read(at, allOf([permit.filter, ...(readable === undefined ? [] : [readable])]));
  if (current.kind === 'absent') return notFound();
  if (current.kind === 'deleted') return gone();
  const { versionId, body } = current.version;
  const ifMatch = asked.intent.kind === 'patch' ? asked.intent.ifMatch : undefined;
  if (ifMatch !== undefined && ifMatch !== versionId) return conflict();
  const change = (await asked.patch?.()) ?? fhirError(400, 'required', 'a patch is expected');
  if (change instanceof FhirError) return refusal(change);
  const json = change(body);
  if (json instanceof FhirError) return refusal(json);
  const loaded = applied(json, at, around);
  if (loaded instanceof FhirError) return refusal(loaded);
  const facts = await around.factsOf(loaded.content.resource, known);
  if (!evaluate(permit.filter, facts)) return outside();
  if (facts.ofUnseen) return ofUnseen();
  if (tellsMore(facts)) return belowTarget();
  const claim = around.falseClaim(loaded.content.resource);
  if (claim !== undefined) return refusal(claim);
  const weakens = !keepsLabelsOf(loaded.content.resource, facts)(body);
  if (weakens && !around.rights.mayRelabel) return weakened();
  const fault =
    changeFault(body, loaded.content.resource) ??
    (await around.objects({ ...at, before: JSON.parse(body) as Resource, after: loaded.content.resource }));
  if (fault !== undefined) return refusal(fault);
  await before(at, aboutFacts(facts));
  if (weakens) await before(at, aboutRelabelling(body, facts), 'label-changed');
  known.set(`${at.type}/${at.id}`, facts);
  const result = await on.update({ ...at, content: loaded.content, ifMatch: versionId }, permit.filter);
  if (result.kind === 'version-conflict' && ifMatch === undefined)
    return refusal(fhirError(409, 'conflict', 'the resource was changed meanwhile; the patch can be sent again'));
  return result.kind === 'absent' ? notFound() : written(result, around.rights.mayRead(facts));
};

const remove = async ({ asked, permit }: Prepared, at: At, { on, around, before }: Place): Promise<Answer> => {
  const ifMatch = asked.intent.kind === 'delete' && asked.intent.ifMatch !== undefined ? asked.intent : {};
  const current = await on.read(at, permit.filter);
  const stored = current.kind === 'found' ? (JSON.parse(current.version.body) as Resource) : undefined;
  const objection = stored === undefined ? undefined : await around.objects({ ...at, before: stored });
  if (objection !== undefined) return refusal(objection);
  await before(at, current.kind === 'found' ? around.aboutOf(current.version) : aboutNothing);
  const result = await on.delete({ ...ifMatch, ...at }, permit.filter);
  // What is not there is as deleted as it can be; hidden or not, the answer is one (FHIR R4 http.html#delete).
  return result.kind === 'absent' ? { kind: 'done' } : written(result, false);
};

export const write = async (prepared: Prepared, plan: Plan, place: Place): Promise<Answer> => {
  const { asked } = prepared;
  switch (plan.kind) {
    case 'refused':
      return plan.answer;
    case 'nothing':
      return { kind: 'done' };
    case 'found': {
      const { version } = plan;
      const read = await place.on.read(
        version,
        place.around.rights.filterOf((type) => ({ kind: 'read', type, id: '' }))(version.type),
      );
      return { kind: 'written', status: 200, version, mayRead: read.kind === 'found', unchanged: true };
    }
    case 'create':
    case 'change': {
      if (asked.intent.kind === 'delete') return remove(prepared, plan.at, place);
      if (asked.intent.kind === 'patch') return patch(prepared, plan.at, place);
      const loaded = (await asked.content?.(place.identities)) ?? fhirError(400, 'required', 'a resource is expected');
      return loaded instanceof FhirError ? refusal(loaded) : store(loaded, prepared, plan, place);
    }
  }
};
