/** Waits for all even if one fails, so that nothing is still starting when the failure is handled. */
export async function all<const Values extends readonly unknown[]>(
  promises: Values,
): Promise<{ -readonly [K in keyof Values]: Awaited<Values[K]> }> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as never;
}
