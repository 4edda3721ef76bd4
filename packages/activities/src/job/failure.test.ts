import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { jobFailure } from './failure.ts';

const facts = { where: 'step fit, attempt 1', progress: null, exit: null, tail: [] };
const typeOf = (error: unknown) => (jobFailure(error, facts) as ApplicationFailure).type;
const system = (code: string) => Object.assign(new Error(`${code}: it did not work`), { code });

describe('what leaves an attempt', () => {
  it.each([
    ['ENOSPC', ErrorCode.StorageFull],
    ['EDQUOT', ErrorCode.StorageFull],
    ['EIO', ErrorCode.MachineFailed],
    ['EMFILE', ErrorCode.MachineFailed],
    ['EAGAIN', ErrorCode.MachineFailed],
    ['ECONNREFUSED', ErrorCode.Unreachable],
    ['EAI_AGAIN', ErrorCode.Unreachable],
  ])('calls %s of the system %s, also where it was wrapped', (code, type) => {
    expect(typeOf(system(code))).toBe(type);
    expect(typeOf(new TypeError('fetch failed', { cause: system(code) }))).toBe(type);
  });

  it('keeps the code of an error of Sluice’s, whatever caused it', () => {
    expect(typeOf(new SluiceError(ErrorCode.NotFound, 'no', { cause: system('EIO') }))).toBe(ErrorCode.NotFound);
  });

  it('calls the rest Internal', () => {
    expect(typeOf(new RangeError('a bug'))).toBe(ErrorCode.Internal);
    expect(typeOf('a word')).toBe(ErrorCode.Internal);
    expect(typeOf(system('ENOENT'))).toBe(ErrorCode.Internal);
  });
});
