import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { childrenOf } from '../harness/children.ts';
import { stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowCode } from '../harness/workflow-code.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const keys = Array.from({ length: 501 }, (_, i) => `k${i}`);
let template: string;
let kit: Kit;
const codeOf = (version: string) =>
  ({ code: template.replace('%VERSION%', version) }) as Awaited<ReturnType<typeof workflowCode>>;

beforeAll(async () => {
  template = (await workflowCode(fileURLToPath(new URL('./children.ts', import.meta.url)))).code;
  kit = await workflowKit((project, client) => stubActivities(project, client), { bundle: codeOf('right') });
});
afterAll(() => kit.close());

it('a child that begins with changed code, and does not find its map, waits for the right one and leaves no failure', async () => {
  await kit.startWorker(codeOf('children wait'));
  const run = await kit.start('large', { keys });
  /** How often the task of the first child was tried; 0 when it has none, because one went well. */
  const tries = async () => {
    const [child = ''] = await childrenOf(kit.client, run.workflowId);
    return (await kit.client.workflow.getHandle(child).describe()).raw.pendingWorkflowTask?.attempt ?? 0;
  };
  await waitFor('a child to wait', async () => (await tries()) > 1);
  await kit.startWorker(codeOf('renamed'));
  const before = await tries();
  await waitFor('the changed code to be tried', async () => (await tries()) > before + 1);
  await kit.startWorker(codeOf('right'));
  expect(await run.result()).toBe(501);
});

it.each([
  ['named by chance', /could not find its keys again\. It came to one-\d+, which its parent had not begun/],
  ['keys by chance', /could not find its keys again/],
])('a part of a map whose code is %s is an error of its own, and no run that hangs', async (version, message) => {
  await kit.startWorker(codeOf(version));
  const run = await kit.start('large', { keys });
  const error: unknown = await run.result().catch((failed: { cause?: unknown }) => failed.cause);
  expect(error).toMatchObject({ type: 'MapFailed' });
  expect((error as Error).message).toMatch(message);
});
