import { SluiceError } from '@sluice/sdk';

/** Makes every error one that is tried again: moving traffic back must never be given up. */
export async function retryable<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.permanent) throw error;
    const { message, where, fix, data } = error;
    throw new SluiceError(error.code, message, {
      ...(where === undefined ? {} : { where }),
      ...(fix === undefined ? {} : { fix }),
      data,
      cause: error,
      permanent: false,
    });
  }
}
