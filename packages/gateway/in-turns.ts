/** Work on many things, a few of them at the same time. */
export const inTurns = async <Item, Result>(
  items: readonly Item[],
  concurrent: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  let next = 0;
  const turn = async (): Promise<void> => {
    for (let i = next; i < items.length; i = next) {
      next = i + 1;
      results[i] = await work(items[i] as Item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrent, items.length) }, turn));
  return results;
};

export const inBatches = <Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
