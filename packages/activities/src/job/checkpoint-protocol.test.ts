import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { logPath } from './process/log-path.ts';
import { type AttemptOptions, type Bench, bench, failureOf, inputOf, script, startAttempt } from './testing/attempt.ts';

vi.setConfig({ testTimeout: 120_000 });
let on: Bench;
beforeEach(async () => {
  on = await bench();
});
afterEach(() => on.close());

const { ref } = inputOf('train', 1);
const logOf = (attempt: number) => readFile(logPath(on.context.stateDir, ref.workflowId, ref.step, attempt), 'utf8');

const SAVE = `
def save(step, text, name=None, **more):
    folder = os.path.join(spec["checkpoints"], name or f"step-{step}")
    os.makedirs(folder)
    open(os.path.join(folder, "state"), "w").write(text)
    tell(type="checkpoint", step=step, path=folder, **more)
start = spec["resume"]["step"] if spec["resume"] else None
`;

/** Attempts of one trainer: the body of \`if\` for each. */
async function attempts(bodies: readonly string[]): Promise<AttemptOptions> {
  const cases = bodies.map((body, index) => `if spec["attempt"] == ${index + 1}:\n${body.replaceAll(/^/gm, '    ')}`);
  return { kind: 'step', spec: { kind: 'step', run: await script(on, SAVE + cases.join('\n')), resume: 'anyway' } };
}

const report = `tell(type="result", value=[start, open(os.path.join(spec["resume"]["path"], "state")).read()])`;

test('a trainer of any language that starts over cannot replace the checkpoint it should have resumed from', async () => {
  const options = await attempts([
    `save(4000, "older"); save(5000, "newest"); sys.exit(75)`,
    `save(1, "over"); save(2, "over"); time.sleep(600)`,
    report,
  ]);
  expect((await failureOf(startAttempt(on, 1, options).outcome)).type).toBe('Preempted');
  const failure = await failureOf(startAttempt(on, 2, options).outcome);
  expect(failure.type).toBe('ProtocolError');
  expect(failure.message).toMatch(/step 1 is behind step 5000, which this attempt resumed from; that one stays/);
  expect(await logOf(2)).toMatch(/\[error\] The checkpoint of step 1 is behind step 5000/);
  const { result } = await startAttempt(on, 3, options).outcome;
  expect(result).toMatchObject({ value: [5000, 'newest'] });
});

test('processes that each announce their own shard of a step are told, and the whole one before stays', async () => {
  const options = await attempts([
    `save(99, "whole"); sys.exit(75)`,
    `save(100, "shard 2", "a", rank=2); time.sleep(600)`,
    report,
    `save(100, "shard 0", "a"); save(100, "shard 1", "b"); time.sleep(600)`,
  ]);
  await failureOf(startAttempt(on, 1, options).outcome);
  const ranked = await failureOf(startAttempt(on, 2, options).outcome);
  expect(ranked.type).toBe('ProtocolError');
  expect(ranked.message).toMatch(/Rank 2 announced a checkpoint of step 100; only rank 0 may/);
  expect((await startAttempt(on, 3, options).outcome).result).toMatchObject({ value: [99, 'whole'] });
  const unranked = await failureOf(startAttempt(on, 4, options).outcome);
  expect(unranked.type).toBe('ProtocolError');
  expect(unranked.message).toMatch(/second checkpoint of step 100 has other files than the first/);
});

test('the same step with the same files may be announced again', async () => {
  const options = await attempts([
    `save(10, "ten", "a"); save(10, "ten", "b"); save(20, "twenty"); sys.exit(75)`,
    report,
  ]);
  const failure = await failureOf(startAttempt(on, 1, options).outcome);
  expect(failure).toMatchObject({ type: 'Preempted', details: { progress: { checkpoint: 20 } } });
  expect((await startAttempt(on, 2, options).outcome).result).toMatchObject({ value: [20, 'twenty'] });
});
