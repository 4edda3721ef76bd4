import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, python } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InvalidConfigError } from '../errors.ts';
import { checkConfig, loadConfig } from './load-config.ts';

const minimal = { project: 'p', pipelines: ['a.ts'] };

function problems(value: unknown): readonly string[] {
  try {
    checkConfig(value, 'sluice.config.ts');
  } catch (error) {
    return (error as InvalidConfigError).problems;
  }
  return [];
}

describe('a config', () => {
  test('gets its defaults filled in', () => {
    const config = checkConfig(defineConfig(minimal), 'sluice.config.ts');
    expect(config.classes).toEqual({ cpu: { gpus: 0, slots: 1, interruptible: false } });
    expect(config.defaultClass).toBe('cpu');
    expect(config.store).toEqual({ kind: 'file', root: '.sluice/store' });
  });

  test('takes the first class as the default one', () => {
    expect(checkConfig({ ...minimal, classes: { gpu: { gpus: 1 }, cpu: {} } }, 'c').defaultClass).toBe('gpu');
  });

  test('a time limit of an endpoint is a duration above zero', () => {
    const wrong = { ...minimal, endpoints: { e: { serve: python('serve.py'), deadline: 0, idle: '0 seconds' } } };
    expect(problems(wrong)).toEqual([
      'endpoints.e.deadline: a server needs some time to answer',
      'endpoints.e.idle: a server needs some time to answer',
    ]);
    const endpoints = { e: { serve: python('serve.py'), deadline: '2 minutes', idle: 500, maxInFlight: 8 } };
    expect(problems({ ...minimal, endpoints })).toEqual([]);
  });

  test('lists an unknown key with its path and a guess, at every depth', () => {
    const wrong = {
      ...minimal,
      clases: {},
      classes: { gpu: { gpu: 1 } },
      endpoints: { e: { serve: python('serve.py'), captures: 5 } },
      approvers: { oidc: { issuer: 'https://i.example', audience: 'a', jwk: 'x' } },
      notify: [{ webhok: 'https://h.example', webhook: 'https://h.example' }],
    };
    expect(problems(wrong)).toEqual([
      'classes.gpu.gpu: no such option. Did you mean "gpus"?',
      'endpoints.e.captures: no such option. Did you mean "capture"?',
      'approvers.oidc.jwk: no such option. Did you mean "jwks"?',
      'notify.0.webhok: no such option. Did you mean "webhook"?',
      'clases: no such option. Did you mean "classes"?',
    ]);
  });

  test('lists every problem at once', () => {
    const wrong = { project: 'a b', pipelines: [], classes: { gpu: { slots: 0, gpus: 'two' } } };
    expect(problems(wrong)).toEqual([
      'project: project name "a b" is not usable.',
      'pipelines: Too small: expected array to have >=1 items',
      'classes.gpu.gpus: expected number, received string',
      'classes.gpu.slots: Too small: expected number to be >0',
    ]);
  });

  test('says which alternative of a choice is wrong, not that none fits', () => {
    expect(problems({ ...minimal, mlflow: { url: 'localhost' } })).toEqual(['mlflow.url: Invalid URL']);
    expect(problems({ ...minimal, reports: 'stored' })).toEqual([]);
    expect(problems({ ...minimal, reports: 'attach' })).toEqual([expect.stringContaining('"attached"')]);
    expect(problems({ ...minimal, python: { requirements: 'r.txt', requirement: 'r.txt' } })).toEqual([
      'python.requirement: no such option. Did you mean "requirements"?',
    ]);
  });

  test('takes what is captured as a percentage, or with what is left out of it', () => {
    const endpoints = (capture: unknown) => ({ e: { serve: python('serve.py'), capture } });
    const rich = { percent: 5, redact: { headers: ['accept'], query: ['city'], json: ['rows.*.name'] }, keep: '1 day' };
    expect(problems({ ...minimal, endpoints: endpoints(5) })).toEqual([]);
    expect(problems({ ...minimal, endpoints: endpoints({ ...rich, maxBytes: 1e9 }) })).toEqual([]);
    expect(problems({ ...minimal, endpoints: endpoints({ redact: { json: ['rows..name'] } }) })).toEqual([
      'endpoints.e.capture.redact.json.0: "rows..name" is no JSON path: write user.email or rows.*.name',
    ]);
    expect(problems({ ...minimal, endpoints: endpoints({ keep: 'a while' }) })).toEqual([
      'endpoints.e.capture.keep: "a while" is not a duration.',
    ]);
  });

  test('knows classes by name', () => {
    const classes = { spot: { fallback: 'cpuu' }, cpu: { fallback: 'cpu' } };
    expect(problems({ ...minimal, classes, defaultClass: 'gpu' })).toEqual([
      'defaultClass: there is no class "gpu"; there is spot, cpu',
      'classes.spot.fallback: there is no class "cpuu"; there is spot, cpu',
      'classes.cpu.fallback: a class cannot fall back to itself',
    ]);
  });

  test('takes a class name that an object has from birth for a name like others', () => {
    expect(problems({ ...minimal, classes: { cpu: {} }, defaultClass: 'constructor' })).toHaveLength(1);
  });

  test('with tokens and no key to seal them by is refused, and so is a key that stands in it', () => {
    const approvers = { oidc: { issuer: 'https://login.example.org', audience: 'sluice' } };
    const [problem, ...others] = problems({ ...minimal, approvers });
    expect(problem).toContain("encryption: { keyEnv: 'SLUICE_KEY' }");
    expect(others).toEqual([]);
    expect(problems({ ...minimal, approvers, encryption: { keyEnv: 'SLUICE_KEY' } })).toEqual([]);
    expect(problems({ ...minimal, encryption: { keyEnv: 'c2VjcmV0LXNlY3JldA==' } })[0]).toContain(
      'never the key itself',
    );
  });

  test('that is not an object at all is refused', () => {
    expect(problems('hello')).toEqual(['(config): expected object, received string']);
  });
});

describe('loading', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-config-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function project(text: string): Promise<void> {
    await writeFile(join(root, 'sluice.config.mjs'), text);
    await writeFile(join(root, 'a.mjs'), '');
  }

  test('finds the config in a folder above', async () => {
    await project("export default { project: 'p', pipelines: ['a.mjs'] };");
    const deep = join(root, 'x', 'y');
    await mkdir(deep, { recursive: true });
    const loaded = await loadConfig({ cwd: deep });
    expect(loaded).toMatchObject({ root, path: join(root, 'sluice.config.mjs') });
  });

  test('names the pipeline files that are not there', async () => {
    await project("export default { project: 'p', pipelines: ['a.mjs', 'b.ts'] };");
    await expect(loadConfig({ cwd: root })).rejects.toMatchObject({
      code: 'InvalidConfig',
      problems: ['pipelines.1: there is no file b.ts'],
      where: join(root, 'sluice.config.mjs'),
    });
  });

  test('says how the requirements are made that are not there', async () => {
    await project(
      "export default { project: 'p', pipelines: ['a.mjs'], python: { requirements: 'requirements.txt' } };",
    );
    await expect(loadConfig({ cwd: root })).rejects.toMatchObject({
      problems: ['python.requirements: there is no file requirements.txt'],
      fix: expect.stringContaining('uv pip compile --generate-hashes requirements.in -o requirements.txt'),
    });
  });

  test('says that a default export is missing', async () => {
    await project("export const config = { project: 'p' };");
    await expect(loadConfig({ cwd: root })).rejects.toMatchObject({ problems: ['it has no default export'] });
  });

  test('says what a config that throws says', async () => {
    await project("throw new Error('no secret set');");
    await expect(loadConfig({ cwd: root })).rejects.toMatchObject({
      code: 'InvalidConfig',
      problems: [expect.stringContaining('no secret set')],
    });
  });

  test('without any config says how to make one', async () => {
    await expect(loadConfig({ cwd: root })).rejects.toMatchObject({
      code: 'InvalidConfig',
      fix: expect.stringContaining('sluice init'),
    });
  });
});
