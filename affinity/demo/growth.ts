/** How tall and heavy children are at each age: rounded mid-lines of public growth charts, girls and boys together. */
import { through } from './measures.ts';

/** Centimetres at an age in years. */
const height = through(
  [0, 50],
  [0.25, 60.5],
  [0.5, 66.5],
  [1, 75],
  [1.5, 81.5],
  [2, 87],
  [3, 95.5],
  [4, 102.5],
  [5, 109.5],
  [6, 115.5],
  [8, 127.5],
  [10, 138.5],
  [12, 150],
  [14, 161.5],
  [16, 168],
  [18, 170],
);

/** Kilograms at an age in years. */
const weight = through(
  [0, 3.4],
  [0.25, 6.2],
  [0.5, 7.7],
  [1, 9.4],
  [1.5, 10.7],
  [2, 12.1],
  [3, 14.2],
  [4, 16.3],
  [5, 18.4],
  [6, 20.6],
  [8, 25.7],
  [10, 32.2],
  [12, 40.9],
  [14, 50.2],
  [16, 57.8],
  [18, 62.5],
);

/** Centimetres around the head at an age in years, to 3. */
export const headCircumference = through([0, 34.8], [0.25, 40], [0.5, 42.9], [1, 46], [2, 48.3], [3, 49.4]);

/** Height in cm and weight in kg at an age below 18, for a child of the given size (1: on the mid-line). */
export const childSize = (age: number, size: number) => ({
  height: height(age) * (1 + (size - 1) / 3),
  weight: weight(age) * size,
});
