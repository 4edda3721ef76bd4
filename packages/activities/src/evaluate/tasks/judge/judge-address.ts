import { ErrorCode, SluiceError } from '@sluice/sdk';
import { addressProblem, type JudgeSettings } from './judge-settings.ts';

/** Where a judge is asked, and with what. */
export interface JudgeAddress {
  readonly url: string;
  /** Never written anywhere. */
  readonly key: string | null;
}

/**
 * Reads a judge's address and key, from the environment where the suite says so.
 *
 * @throws SluiceError `InvalidStep` where a variable is not set, or holds what nobody can use; it shows no value
 */
export function judgeAddress(
  { endpoint, key }: Pick<JudgeSettings, 'endpoint' | 'key'>,
  where: string,
  env: NodeJS.ProcessEnv = process.env,
): JudgeAddress {
  const base = endpoint.startsWith('env:') ? variable(endpoint, where, env) : endpoint;
  const problem = addressProblem(base);
  if (problem !== null) throw wrong(`The address of the judge, ${endpoint}, is of no use: ${problem}.`, where);
  const secret = key === null ? null : variable(key, where, env);
  if (secret !== null && !/^[\x21-\x7e]+$/.test(secret)) {
    throw wrong(`The judge’s key, ${key}, has spaces or characters that no header can carry.`, where);
  }
  return { url: `${base.replace(/\/+$/, '')}/chat/completions`, key: secret };
}

function variable(reference: string, where: string, env: NodeJS.ProcessEnv): string {
  const value = env[reference.slice('env:'.length)]?.trim() ?? '';
  if (value === '') throw wrong(`${reference} of the judge is not set where the worker runs.`, where);
  return value;
}

function wrong(message: string, where: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, message, {
    where,
    fix: 'Set the variable where `sluice worker` or `sluice dev` is started, and start that anew.',
  });
}
