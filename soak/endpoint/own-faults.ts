import { setTimeout as delay } from 'node:timers/promises';
import { Update } from '@sluice/sdk';
import { Random } from '../harness/random.ts';
import { signal } from '../stand/part.ts';
import type { Ask, Lane } from './lane.ts';
import type { LanePlan } from './plan.ts';

/** Milliseconds in which an endpoint has to say no to what it cannot read. */
const REFUSED_WITHIN = 8000;

/** What a plan has befall one endpoint. @returns what is wrong with how it was taken */
export async function befall(lane: Lane, plan: LanePlan, main: Ask): Promise<string[]> {
  const random = new Random(plan.seed + 0.5);
  const extra = (name: string, more: Parameters<Lane['request']>[2] = {}) =>
    lane.request(`${plan.seed}-${name}`, 'healthy', more);
  switch (plan.fault) {
    case 'none':
      return [];
    case 'cancelled':
      await lane.client.cancel().catch(() => {});
      return [];
    case 'terminated':
      await lane.client.terminate().catch(() => {});
      lane.askAgain();
      return [];
    case 'reset':
      await lane.client.reset(random.next()).catch(() => {});
      lane.askAgain();
      return [];
    case 'asked again': {
      const ids = [main.request.id, `${main.request.id}~x`, `${main.request.id}~y`];
      await Promise.all(ids.map((id) => lane.client.ask(main.request, id).catch(() => {})));
      return [];
    }
    case 'old id asked again': {
      const old = lane.asks.find(({ outcome }) => outcome?.state === 'deployed') ?? main;
      await lane.client.ask(old.request, `${old.request.id}~again-${plan.seed}`).catch(() => {});
      return [];
    }
    case 'reordered': {
      const first = await extra('first');
      const second = await extra('second');
      const asking = lane.ask(second);
      await delay(200);
      await Promise.all([asking, lane.ask(first)]);
      return [];
    }
    case 'malformed':
      return malformed(lane);
    case 'rolled back by one':
      await lane.rollBack('ana', lane.leaving);
      return [];
    case 'rolled back by two at once': {
      const from = lane.leaving;
      await Promise.all([lane.rollBack('ana', from), lane.rollBack('zoe', from)]);
      return [];
    }
    case 'rolled back while rolling back': {
      const from = lane.leaving;
      const first = lane.rollBack('ana', from);
      await lane.moment({ phase: 'rolling back', after: 0 }, () => lane.phase === 'steady');
      await Promise.all([first, lane.rollBack('zoe', from)]);
      return [];
    }
    case 'superseded':
      await lane.ask(await extra('next', { onBusy: 'supersede' }));
      return [];
    case 'withdrawn':
      await lane.client.withdraw(main.request.id).catch(() => {});
      return [];
    case 'stable server killed':
      hit(lane, lane.seen?.stable?.id, 'SIGKILL');
      return [];
    case 'candidate server killed':
      hit(lane, main.request.candidate.id, 'SIGKILL');
      return [];
    case 'stable server paused':
      return pause(lane, lane.seen?.stable?.id, plan.down);
    case 'candidate server paused':
      return pause(lane, main.request.candidate.id, plan.down);
  }
}

function hit(lane: Lane, version: string | undefined, name: 'SIGKILL' | 'SIGSTOP'): number | null {
  const pid = lane.pidOf(version);
  if (signal(pid, name)) lane.hits.push(Date.now());
  return pid;
}

async function pause(lane: Lane, version: string | undefined, down: number): Promise<string[]> {
  const pid = hit(lane, version, 'SIGSTOP');
  await delay(down);
  signal(pid, 'SIGCONT');
  return [];
}

async function malformed(lane: Lane): Promise<string[]> {
  const wrong: [string, unknown[]][] = [
    [Update.rollout, []],
    [Update.rollout, [{ id: 7 }]],
    [Update.rollback, []],
    [Update.rollback, [{ by: '' }]],
  ];
  const said = await Promise.all(
    wrong.map(async ([name, args]) => {
      const answer = await lane.client.update(name, args, REFUSED_WITHIN).catch((error: unknown) => error);
      const refused =
        (answer as { accepted?: boolean }).accepted === false ||
        (answer as { name?: string }).name === 'WorkflowUpdateFailedError';
      return refused ? null : `${name} with ${JSON.stringify(args)} was not refused: ${answer}`;
    }),
  );
  return said.filter((one) => one !== null);
}
