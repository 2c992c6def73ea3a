/** A ValueSet made ready to be asked: every code in it, in its order. FHIR R4 valueset.html#compositions. */
import type { Concept, Designation } from './code-system.ts';
import { tooCostly } from './faults.ts';

export interface Member {
  readonly system: string;
  readonly version?: string;
  readonly code: string;
  readonly display?: string;
  /** of the ValueSet itself, which come before those of the code system */
  readonly designations: readonly Designation[];
  /** as its code system has it, where that is known here */
  readonly concept?: Concept;
}

export interface ValueSetForm {
  readonly members: readonly Member[];
  /** place of a code among the members, by system */
  readonly bySystem: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** `system|version` of the code systems that it was made with */
  readonly versions: readonly string[];
  /** systems of which only a part is known here, so that a code that is not in it may yet be meant */
  readonly partial: ReadonlySet<string>;
  readonly weight: number;
}

/** Grows by members; those of the same system and code are one, the first. */
export class MemberList {
  readonly members: Member[] = [];
  readonly bySystem = new Map<string, Map<string, number>>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has({ system, code }: Pick<Member, 'system' | 'code'>): boolean {
    return this.bySystem.get(system)?.has(code) === true;
  }

  /** @throws FhirError `too-costly` past its most */
  add(member: Member): void {
    const { system, code } = member;
    let codes = this.bySystem.get(system);
    if (codes === undefined) {
      codes = new Map();
      this.bySystem.set(system, codes);
    }
    if (codes.has(code)) return;
    if (this.members.length >= this.#most) throw tooCostly(`a ValueSet has at most ${this.#most} codes here`);
    codes.set(code, this.members.length);
    this.members.push(member);
  }
}

export const memberOf = (
  form: Pick<ValueSetForm, 'members' | 'bySystem'>,
  system: string,
  code: string,
): Member | undefined => {
  const place = form.bySystem.get(system)?.get(code);
  return place === undefined ? undefined : form.members[place];
};
