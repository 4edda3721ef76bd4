import type { Model } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProjectStack, projectStack } from '../harness/project.ts';

let project: ProjectStack;
beforeAll(async () => {
  project = await projectStack();
});
afterAll(() => project.close());

describe('a training', () => {
  it('ends with the same model as its undisturbed twin', async () => {
    const one = await project.start('training', {});
    const two = await project.start('training', {});
    const [a, b] = (await Promise.all([one.result(), two.result()])) as [Model, Model];
    expect(a.digest).toBe(b.digest);
    expect(await one.logs('model')).toHaveLength(1);
  });
});
