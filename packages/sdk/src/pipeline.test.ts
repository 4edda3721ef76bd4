import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ErrorCode } from './errors.ts';
import { pipeline, pipelineDefinition } from './pipeline.ts';
import { currentRuntime, type Runtime, useRuntime } from './runtime.ts';

const params = z.object({ n: z.int().default(1) });
const run = async ({ n }: { n: number }) => n;

describe('a pipeline', () => {
  it('is a function whose name is the workflow type', () => {
    const flights = pipeline({ name: 'flight-delays', params, run });
    expect(typeof flights).toBe('function');
    expect(flights.name).toBe('flight-delays');
  });

  it('hands itself and what it was started with to the runtime', async () => {
    const calls: unknown[] = [];
    const runtime = {
      run: async (definition: unknown, args: unknown) => {
        calls.push(definition, args);
        return 7;
      },
    } as unknown as Runtime;
    const restore = useRuntime(runtime);
    try {
      expect(await pipeline({ name: 'p', params, run })({ n: 2 })).toBe(7);
    } finally {
      restore();
    }
    expect(calls).toEqual([{ name: 'p', params, run }, [{ n: 2 }]]);
  });

  it('can be told from anything else that a file exports', () => {
    expect(pipelineDefinition(pipeline({ name: 'p', params, run }))?.name).toBe('p');
    for (const other of [run, {}, null, undefined, 'p', class {}]) expect(pipelineDefinition(other)).toBeNull();
  });

  it.each<[string, object]>([
    ['"my pipeline" is not usable', { name: 'my pipeline' }],
    ['undefined is not usable', { name: undefined }],
    ['"sluiceEndpoint" is taken', { name: 'sluiceEndpoint' }],
    ['"endpoint" is taken', { name: 'endpoint' }],
    ['params is not a schema', { params: { n: 'number' } }],
    ['params is not a schema', { params: undefined }],
    ['run is undefined, not a function', { run: undefined }],
    ['there is no "schedule"', { schedule: '@daily' }],
  ])('cannot be: %s', (message, wrong) => {
    expect(() => pipeline({ name: 'p', params, run, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: ErrorCode.InvalidStep, message: expect.stringContaining(message) }),
    );
  });
});

describe('the runtime', () => {
  it('is whichever was installed last, and the former one after that', () => {
    const [a, b] = [{} as Runtime, {} as Runtime];
    const backToNone = useRuntime(a);
    const backToA = useRuntime(b);
    expect(currentRuntime()).toBe(b);
    backToA();
    expect(currentRuntime()).toBe(a);
    backToNone();
    expect(() => currentRuntime()).toThrow(expect.objectContaining({ code: ErrorCode.NoRuntime }));
  });
});
