/** The sum of each column. Rows are as long as the first; no rows, no columns. */
export function columnSums(rows: readonly (readonly number[])[]): number[] {
  const sums = new Array<number>(rows[0]?.length ?? 0).fill(0);
  for (const row of rows) for (let at = 0; at < sums.length; at += 1) sums[at] = (sums[at] as number) + (row[at] ?? 0);
  return sums;
}
