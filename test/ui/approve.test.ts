import type { DeployResult } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { untilState, untilStatus } from '../harness/wait-for.ts';
import { openTemporalUi, type TemporalUi } from './temporal-ui.ts';

/** Both make the same model, so whichever comes second finds it deployed already. */
const params = { gates: 'none', trainer: { steps: 10 } };

describe("a run in Temporal's UI", () => {
  let project: ProjectStack;
  let ui: TemporalUi;

  beforeAll(async () => {
    project = await projectStack();
    ui = await openTemporalUi(project.stack.temporal.uiUrl ?? '');
  });
  afterAll(async () => {
    await ui?.close();
    await project?.close();
  });

  it('reads like a pipeline while it waits: steps, evidence, commands and what to send', async () => {
    const run = await project.start('life', params, 'ui-reading');
    const { gates, links } = await untilState(run, 'awaiting-approval');
    const candidate = gates[0]?.candidate.slice(7, 19);
    const page = await ui.open(run.workflowId);

    const details = await page.details('waits for approval');
    await page.picture('waiting');
    expect(details).toContain('life is awaiting-approval');
    expect(details).toMatch(new RegExp(`Candidate ${candidate} \\(version \\d+\\): the gates say pass`));
    // Evidence, then steps: one row each, cells apart by tabs.
    expect(details).toMatch(/rows\tnot null \(i\)\t1\t>= 1\tpass/);
    expect(details).toMatch(/candidate health\tartifact is whole\t\t\tpass/);
    expect(details).toMatch(/rows\textract\tdone\t[\d.]+ s\t\t\tpass\t200 rows/);
    expect(details).toMatch(/model\ttrain\tdone\t[\d.]+ s\t1\tstep 10/);
    expect(details).toMatch(/quality\tevaluate\tdone\t[\d.]+ s\t\t\tpass/);
    expect(details).toMatch(/shop\tdeploy\twaiting\tsince [\d:]{8}/);
    expect(details).toContain(`sluice approve life/ui-reading --step shop --endpoint shop --candidate ${candidate}`);
    expect(details).toContain(`sluice reject life/ui-reading --step shop --endpoint shop --candidate ${candidate}`);
    expect(details).toContain(
      `approve with {"by":"…","run":"life/ui-reading","step":"shop","endpoint":"shop","candidate":"${candidate}"}`,
    );
    expect(links.mlflow).toMatch(/\/#\/runs\/[0-9a-f]{32}$/);

    const timeline = await page.timeline('shop: waits for a decision');
    await page.picture('timeline');
    for (const bar of ['extract • rows', 'train • model', 'evaluate • quality', 'replay • traffic']) {
      expect(timeline).toContain(bar);
    }
    expect(timeline).toContain('registerCandidate • shop: register');
    expect(timeline).toContain('checkCandidate • shop: candidate health');
    await page.close();
    await run.signal('reject', { by: 'ana' });
    await run.result();
  });

  it('goes out on an approve signal that is sent from its page, and on none for another candidate', async ({
    expect,
  }) => {
    const run = await project.start('life', params, 'ui-signal');
    const { gates } = await untilState(run, 'awaiting-approval');
    const candidate = gates[0]?.candidate ?? '';
    const page = await ui.open(run.workflowId);

    await page.signal('approve', { by: 'eve', candidate: `sha256:${'f'.repeat(64)}` });
    const refused = await untilStatus(run, 'a refused decision', (seen) => seen.refused.length === 1);
    expect(refused).toMatchObject({ state: 'awaiting-approval', decisions: [], refused: [{ by: 'eve' }] });
    const told = await page.details('Decisions that did not count');
    await page.picture('refused');
    expect(told).toMatch(/approve by eve, .*candidate f{12} is not the one that waits/);

    await page.signal('approve', { by: 'ana', candidate });
    const result = (await run.result()) as DeployResult;
    expect(result).toMatchObject({ state: 'deployed', candidate });
    expect(result.decision).toMatchObject({ decision: 'approve', by: 'ana', via: 'signal', candidate });
    await page.untilStatus('Completed');
    const after = await page.details('life is deployed');
    await page.picture('deployed');
    expect(after).toMatch(/approve of [0-9a-f]{12} by ana, .* via signal/);
    await page.close();
  });

  it('goes out on an approve that is sent as an update from its page', async () => {
    const run = await project.start('life', params, 'ui-update');
    const { gates } = await untilState(run, 'awaiting-approval');
    const candidate = gates[0]?.candidate ?? '';
    const page = await ui.open(run.workflowId);
    await page.update('decide', { decision: 'approve', by: 'ana', candidate: candidate.slice(7, 19) });
    const result = (await run.result()) as DeployResult;
    expect(result).toMatchObject({ state: 'deployed', candidate });
    expect(result.decision).toMatchObject({ decision: 'approve', by: 'ana', via: 'update', candidate });
    await page.close();
  });
});
