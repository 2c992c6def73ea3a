/** What a health story tells: who it happens to, what is found, measured, given and done, and what of it is confidential. */
import type { Confidentiality } from '../confidentiality.ts';
import type { CodeableConcept } from '../datatypes.ts';
import type { Course, Measure } from '../measures.ts';
import type { PanelName } from '../panels.ts';
import type { Specialty } from '../practitioners.ts';

/** A problem on the list. Years count from the onset of the story. */
export interface Problem {
  readonly code: CodeableConcept;
  readonly category: 'problem-list-item' | 'health-concern';
  readonly fromYears: number;
  readonly untilYears?: number;
  readonly confidentiality?: Confidentiality;
}

/** A medicine with how it is taken: `dose` of `unit`, `timesADay`. Years count from the onset of the story. */
export interface Treatment {
  readonly medicine: CodeableConcept;
  readonly fromYears: number;
  readonly untilYears?: number;
  readonly dose: number;
  readonly unit: string;
  readonly timesADay: number;
  readonly asNeeded?: boolean;
}

/** Something done once, so many years after the onset. */
export interface Deed {
  readonly code: CodeableConcept;
  readonly atYears: number;
  readonly confidentiality?: Confidentiality;
}

/** An examination with a written report. */
export interface Examination extends Deed {
  readonly category: 'radiology' | 'cardiology';
  readonly text: string;
}

/** What a goal is measured by, and the value to reach. */
export interface Aim {
  readonly text: string;
  /** what is aimed at, where there is a code for it */
  readonly description?: CodeableConcept;
  readonly measure: CodeableConcept;
  readonly value: number;
  readonly unit: string;
  readonly comparator?: '<' | '>';
}

/** A visit at a known time of the story. */
export interface Milestone {
  readonly atYears: number;
  readonly visit: 'prenatal' | 'delivery' | 'emergency';
}

/** One health story. `confidentiality` marks every resource that tells of the story. */
export interface Story {
  readonly name: string;
  /** Youngest and oldest age, in years, of the people it is told of. */
  readonly ages: readonly [number, number];
  readonly gender?: 'female' | 'male';
  readonly confidentiality?: Confidentiality;
  readonly care?: { readonly specialty: Specialty; readonly perYear: number };
  readonly milestones?: readonly Milestone[];
  readonly problems: readonly Problem[];
  readonly treatments: readonly Treatment[];
  readonly panels: readonly PanelName[];
  readonly courses: Partial<Readonly<Record<Measure, Course>>>;
  readonly procedures: readonly Deed[];
  readonly examinations: readonly Examination[];
  readonly aim?: Aim;
  readonly plan?: string;
  readonly note: string;
  /** A note of a kind that is more confidential than the rest of the story. */
  readonly privateNote?: { readonly text: string; readonly confidentiality: Confidentiality };
}
