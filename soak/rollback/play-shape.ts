import { type Model, type RunStatus, taskQueue } from '@sluice/sdk';
import { untilState } from '../../test/harness/wait-for.ts';
import { endpointClient } from '../endpoint/endpoint-client.ts';
import { STAND_PROJECT, type Stand } from '../stand/stand.ts';
import { stable } from './cases.ts';
import { openWith, type Played, RATE } from './play.ts';

export const SHAPE = 'answers in another shape';

/**
 * A candidate whose answers have another shape is a good one to everything that looks at live traffic: 200, and in
 * time. What stops it is the gate of the replay, before it answers anybody.
 */
export async function playShape(stand: Stand): Promise<Played> {
  const endpoint = 'replayed';
  const client = endpointClient(stand.client, endpoint);
  const old = await stand.model({ name: `${endpoint}-old`, ...stable });
  await openWith(stand, client, endpoint, old);
  const from = stand.load.calls.length;
  stand.load.order({ type: 'call', endpoint, url: `${stand.url}/${endpoint}/invocations`, perSecond: RATE });
  try {
    await stand.jobs.up();
    const candidate = await stand.model({ name: `${endpoint}-new`, ...stable, misshapen: true });
    const digest = candidate.digest as Model['digest'];
    const model: Model = {
      ...{ kind: 'model', uri: candidate.uri, digest, bytes: candidate.bytes, step: 'made elsewhere', keys: {} },
      ...{ mlflowRunId: null, metrics: {}, lineage: { code: digest, hyper: digest, data: {}, parents: [] } },
    };
    const run = await stand.client.workflow.start('release', {
      workflowId: 'release/misshapen',
      taskQueue: taskQueue(STAND_PROJECT),
      args: [{ model, endpoint }],
    });
    const status: RunStatus = await untilState(run, 'blocked');
    await run.terminate();
    const calls = stand.load.calls.slice(from).filter((call) => call.endpoint === endpoint);
    const gate = status.gates[0]?.gates.find(({ verdict }) => verdict === 'fail');
    return {
      name: SHAPE,
      state: gate?.name === 'traffic' ? 'blocked' : `${status.state} by ${gate?.name}`,
      reason: gate?.evidence.find(({ metric }) => metric === 'regression')?.note ?? null,
      ...{ bad: 0, detected: null, after: 0 },
      badAnswers: calls.filter(({ version }) => version === candidate.id).length,
      requests: calls.length,
      others: calls.filter((call) => call.status !== 200),
    };
  } finally {
    stand.load.order({ type: 'leave', endpoint });
    await stand.jobs.stop();
  }
}
