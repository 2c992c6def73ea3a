/** Where training begins, and what is not learned from data: m and u of every level as somebody would guess them. */
import type { MatchingModel } from './settings.ts';

export const firstGuess: MatchingModel = {
  others: { one: 0.25, household: 2 },
  weights: {
    given: {
      same: [0.75, 0.02, 0.3],
      nickname: [0.06, 0.01, 0.03],
      similar: [0.09, 0.01, 0.05],
      sound: [0.02, 0.01, 0.05],
      initial: [0.02, 0.01, 0.01],
      middle: [0.02, 0.01, 0.02],
      swapped: [0.02, 0.0002, 0.0002],
      alike: [0.02, 0.01, 0.02],
      different: [0.02, 0.93, 0.54],
    },
    middle: { same: [0.8, 0.02, 0.02], initial: [0.05, 0.03, 0.03], different: [0.15, 0.95, 0.95] },
    family: {
      same: [0.78, 0.7, 0.3],
      'other-name': [0.05, 0.02, 0.01],
      similar: [0.09, 0.06, 0.05],
      sound: [0.01, 0.02, 0.1],
      alike: [0.02, 0.01, 0.02],
      different: [0.05, 0.2, 0.54],
    },
    birthDate: {
      same: [0.86, 0.02, 0.1],
      transposed: [0.04, 0.001, 0.005],
      digit: [0.05, 0.01, 0.02],
      partial: [0.02, 0.001, 0.005],
      'two-parts': [0.01, 0.01, 0.02],
      year: [0.01, 0.01, 0.01],
      decade: [0.01, 0.3, 0.1],
      different: [0.01, 0.95, 0.85],
    },
    gender: { same: [0.99, 0.45, 0.5], different: [0.01, 0.55, 0.5] },
    address: {
      house: [0.6, 0.75, 0.01],
      'house-similar': [0.12, 0.1, 0.005],
      street: [0.03, 0.01, 0.005],
      'postal-code': [0.05, 0.02, 0.05],
      city: [0.05, 0.02, 0.05],
      different: [0.15, 0.1, 0.88],
    },
    phone: { same: [0.7, 0.1, 0.005], digit: [0.08, 0.002, 0.001], different: [0.22, 0.898, 0.994] },
    email: { same: [0.75, 0.002, 0.002], similar: [0.1, 0.002, 0.002], different: [0.15, 0.996, 0.996] },
    identifier: { same: [0.9, 0.0002, 0.0001], similar: [0.08, 0.0008, 0.0005], different: [0.02, 0.999, 0.9994] },
  },
  given: { average: 0.008, rare: 0.0005, shares: {} },
  family: { average: 0.004, rare: 0.0003, shares: {} },
};
