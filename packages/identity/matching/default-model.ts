/** Weights to begin with: m and u of every level, as they are where sources are much like the generated population. */
import type { MatchingModel } from './settings.ts';

export const defaultModel: MatchingModel = {
  prior: 0.05,
  weights: {
    given: {
      same: [0.75, 0.05],
      nickname: [0.06, 0.01],
      similar: [0.09, 0.02],
      sound: [0.02, 0.02],
      initial: [0.02, 0.02],
      middle: [0.02, 0.02],
      swapped: [0.02, 0.0001],
      different: [0.02, 0.86],
    },
    family: {
      same: [0.78, 0.1],
      'other-name': [0.05, 0.005],
      similar: [0.09, 0.02],
      sound: [0.01, 0.02],
      swapped: [0.02, 0.0001],
      different: [0.05, 0.86],
    },
    birthDate: {
      same: [0.86, 0.02],
      transposed: [0.04, 0.001],
      digit: [0.05, 0.01],
      partial: [0.02, 0.01],
      'two-parts': [0.01, 0.02],
      different: [0.01, 0.95],
    },
    gender: { same: [0.99, 0.5], different: [0.01, 0.5] },
    address: {
      house: [0.6, 0.01],
      'house-similar': [0.12, 0.005],
      street: [0.03, 0.005],
      'postal-code': [0.05, 0.03],
      city: [0.05, 0.1],
      different: [0.15, 0.85],
    },
    phone: { same: [0.7, 0.005], digit: [0.08, 0.001], different: [0.22, 0.994] },
    email: { same: [0.75, 0.002], similar: [0.1, 0.002], different: [0.15, 0.996] },
    identifier: { same: [0.9, 0.0001], similar: [0.08, 0.0005], different: [0.02, 0.9994] },
  },
  given: { average: 0.008, rare: 0.0005, shares: {} },
  family: { average: 0.004, rare: 0.0003, shares: {} },
};
