import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { childEnv, inheritedEnv, missedVariable } from './child-env.ts';

describe('a program of the project', () => {
  it.each([
    ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER', 'XDG_CACHE_HOME'],
    ['PYTHONPATH', 'PYTHONHASHSEED', 'VIRTUAL_ENV', 'CONDA_PREFIX'],
    ['CUDA_VISIBLE_DEVICES', 'NVIDIA_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES', 'LD_LIBRARY_PATH', 'LD_PRELOAD'],
    ['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'TOKENIZERS_PARALLELISM'],
    ['HF_HOME', 'TRANSFORMERS_CACHE', 'TORCH_HOME', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'https_proxy', 'NO_PROXY'],
  ])('inherits what it runs by: %s, %s, %s, %s …', (...names) => {
    const own = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(inheritedEnv(own)).toEqual(own);
  });

  it('inherits all that docs/training.md lists', () => {
    const docs = readFileSync(new URL('../../../docs/training.md', import.meta.url), 'utf8');
    const rows = docs
      .slice(docs.indexOf('## The environment'), docs.indexOf('Everything else is the worker'))
      .matchAll(/`(\w+\*?)`/g);
    const names = [...rows].map(([, name = '']) => name.replace('*', 'X'));
    expect(names.length).toBeGreaterThan(70);
    expect(names.filter((name) => inheritedEnv({ [name]: 'x' })[name] === undefined)).toEqual([]);
  });

  it.each([
    ['TEMPORAL_API_KEY', 'TEMPORAL_TLS_CLIENT_KEY_DATA', 'AZURE_CLIENT_SECRET', 'AZURE_STORAGE_CONNECTION_STRING'],
    ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'GOOGLE_APPLICATION_CREDENTIALS', 'HF_TOKEN', 'WANDB_API_KEY'],
    ['MLFLOW_TRACKING_URI', 'MLFLOW_TRACKING_TOKEN', 'MLFLOW_TRACKING_PASSWORD', 'SHOP_DB', 'TEAM_WEBHOOK'],
    ['SLUICE_GATEWAY_TOKEN', 'SLUICE_GATEWAY_TOKEN_FILE', 'SLUICE_TOKEN', 'SLUICE_GATEWAY_OPTIONS'],
    ['NODE_OPTIONS', 'NODE_CHANNEL_FD', 'GITHUB_TOKEN', 'SSH_AUTH_SOCK', 'PGPASSWORD'],
    ['CONDA_TOKEN', 'PYTHON_KEYRING_PASSWORD', 'TF_API_KEY', 'TORCH_SECRET', 'JAX_credentials', 'PATH2'],
  ])('never inherits %s, %s, %s, %s …', (...names) => {
    expect(inheritedEnv(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual({});
  });
});

describe('what a command asks for', () => {
  const own = { PATH: '/bin', HF_TOKEN: 'hf_1', EMPTY: '' };

  it('is added, and wins', () => {
    expect(childEnv(own, { PATH: '/opt/bin', N: '2' }, 'here')).toEqual({ PATH: '/opt/bin', N: '2' });
  });

  it('is read from the worker where it is named as env:NAME', () => {
    expect(childEnv(own, { TOKEN: 'env:HF_TOKEN', E: 'env:EMPTY' }, 'here')).toMatchObject({ TOKEN: 'hf_1', E: '' });
  });

  it('is missed by name where it is not set', () => {
    expect(() => childEnv(own, { TOKEN: 'env:SHOP_TOKEN' }, 'endpoints.shop.serve.env')).toThrow(
      expect.objectContaining({
        code: 'InvalidConfig',
        message: 'The environment variable SHOP_TOKEN is not set.',
        where: 'endpoints.shop.serve.env.TOKEN',
        fix: expect.stringContaining('Set SHOP_TOKEN'),
      }),
    );
  });
});

describe('a program that fails for a variable that its starter kept', () => {
  const own = { PATH: '/bin', HF_TOKEN: 'hf_1', SHOP_DB: 'x', CUDA_HOME: '/cuda' };

  it('is told how to ask for it', () => {
    expect(missedVariable(own, {}, ['Traceback', "KeyError: 'HF_TOKEN'"])).toBe(
      "It names HF_TOKEN, which it does not inherit: ask for it in its command, env: { HF_TOKEN: 'env:HF_TOKEN' }.",
    );
  });

  it('is told nothing where it was given the variable, inherits it, or where nobody has it', () => {
    expect(missedVariable(own, { HF_TOKEN: 'x' }, ['bad HF_TOKEN; CUDA_HOME is odd; KeyError: OTHER_KEY'])).toBeNull();
  });
});
