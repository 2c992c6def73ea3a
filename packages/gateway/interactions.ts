/** The parts of the gateway's Backend put together on one source, which may be one with the writes of a transaction over it. FHIR R4 http.html. */
import type { Backend, Interactions } from '@affinity/core/fhir/backend.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Canonical } from '@affinity/core/fhir/value-match.ts';
import { createAdmit } from './admit.ts';
import { type Confirm, createConfirm } from './confirm.ts';
import { createJudgeOne, createReading } from './current.ts';
import { createEverything } from './everything.ts';
import { createFetch } from './fetch.ts';
import { createHistoryInstance } from './history.ts';
import { createIncludes } from './includes.ts';
import { createResolveJoins } from './joins.ts';
import { createKnowOthers } from './known-others.ts';
import type { GatewayLimits } from './limits.ts';
import type { Locks } from './locks.ts';
import { createOwnersOf } from './owners-of.ts';
import type { Report } from './report.ts';
import { createSearchType } from './search.ts';
import { createSeek } from './seek.ts';
import { createSeekTied } from './seek-tied.ts';
import type { Source } from './source.ts';
import { createSearchSystem } from './system.ts';
import { createWalk } from './walk.ts';
import { createWriting } from './write.ts';

export interface InteractionsOptions {
  readonly source: Source;
  readonly ownBases: readonly string[];
  readonly parameters: () => SearchParameters;
  readonly canonical?: Canonical;
  readonly report: Report;
  readonly limits: GatewayLimits;
  readonly inTurn: Locks;
}

interface Made {
  readonly interactions: Interactions;
  readonly more: Pick<Backend, 'ownersOf' | 'searchSystem' | 'everything'>;
  readonly confirm: Confirm;
}

export const createInteractions = (options: InteractionsOptions): Made => {
  const { source, ownBases, report, limits, parameters, inTurn } = options;
  const admit = createAdmit(options);
  const walk = createWalk({ source, report });
  const fetch = createFetch({ source, walk, report, limits });
  const knowOthers = createKnowOthers({ fetch, ownBases });
  const judgeOne = createJudgeOne({ admit, knowOthers });
  const seek = createSeek({ source, walk, admit, knowOthers, report, parameters });
  const seekTied = createSeekTied({ seek, limits });
  const resolveJoins = createResolveJoins({ source, seek, limits });
  const includes = createIncludes({ source, fetch, seek, admit, knowOthers, parameters, limits });
  const confirm = createConfirm({ source, admit, knowOthers, report, limits });
  const reading = createReading({ source, fetch, judgeOne, limits });
  return {
    confirm,
    interactions: {
      read: reading.read,
      vread: reading.vread,
      historyInstance: createHistoryInstance({ source, reading, judgeOne, report, limits }),
      searchType: createSearchType({ seekTied, resolveJoins, includes, limits }),
      ...createWriting({ writer: source.writer, reading, confirm, inTurn, limits }),
    },
    more: {
      ownersOf: createOwnersOf({ fetch, knowOthers, ownBases, limits }),
      searchSystem: createSearchSystem({ seek, limits }),
      everything: createEverything({ source, seek, includes, parameters, limits }),
    },
  };
};
