import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ATTEMPT_ID, newAttemptId, ownerAlive } from './attempt-id.ts';
import { cleanWork, killLeftovers } from './leftovers.ts';

vi.setConfig({ testTimeout: 60_000 });
vi.setConfig({ hookTimeout: 60_000 });
let stateDir: string;
let worker: ChildProcess | null = null;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sluice-worker-'));
});
afterEach(async () => {
  worker?.kill('SIGKILL');
  worker = null;
  await rm(stateDir, { recursive: true, force: true });
});

/** Starts a worker whose trainer writes its pids to a file. @returns those pids, the leader's first */
async function startWorker(text: string): Promise<number[]> {
  const pids = join(stateDir, 'pids');
  const child = join(import.meta.dirname, '..', 'testing', 'worker-child.ts');
  worker = spawn(process.execPath, [child, stateDir, `echo $$ >${pids}; ${text}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return await vi.waitFor(
    async () => {
      const lines = (await readFile(pids, 'utf8')).trim().split('\n');
      expect(lines).toHaveLength(2);
      return lines.map(Number);
    },
    { timeout: 30_000 },
  );
}

const kill = (child: ChildProcess | null) =>
  new Promise<void>((done) => {
    child?.once('exit', () => done());
    child?.kill('SIGKILL');
  });

/** A zombie is dead, whoever forgets to collect it. */
function alive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a trainer dies with its worker, even by SIGKILL, with all of its group, and the next worker finds what is left', async () => {
  const [leader = 0, helper = 0] = await startWorker(
    `sleep 600 & echo $! >${join(stateDir, 'near')}; setsid sleep 600 & echo $! >>${join(stateDir, 'pids')}; wait`,
  );
  const near = Number(await readFile(join(stateDir, 'near'), 'utf8'));
  expect([alive(leader), alive(helper)]).toEqual([true, true]);
  expect(await killLeftovers()).toEqual([]); // its worker lives
  await cleanWork({ stateDir });
  expect(await readdir(join(stateDir, 'work'))).toHaveLength(1);

  await kill(worker);
  await vi.waitFor(() => expect([alive(leader), alive(near)]).toEqual([false, false]));
  expect(alive(helper)).toBe(true); // it has left the group
  await cleanWork({ stateDir });
  await vi.waitFor(() => expect(alive(helper)).toBe(false));
  expect(await readdir(join(stateDir, 'work'))).toEqual([]);
});

test('directories that a dead worker kept for later are removed, and those of a living one are not', async () => {
  const id = newAttemptId();
  const [host, , started, random] = id.split('-');
  const dead = [host, 2 ** 22 + 1, started, random].join('-');
  for (const name of [id, dead]) await mkdir(join(stateDir, 'spare', name, 'output'), { recursive: true });
  await cleanWork({ stateDir });
  expect(await readdir(join(stateDir, 'spare'))).toEqual([id]);
});

test('an id tells whether its worker lives', () => {
  const id = newAttemptId();
  expect(ownerAlive(id)).toBe(true);
  const [host, , started, random] = id.split('-');
  expect(ownerAlive([host, 2 ** 22 + 1, started, random].join('-'))).toBe(false); // no such pid
  expect(ownerAlive([host, process.pid, Number(started) - 1, random].join('-'))).toBe(false); // the pid came back
  expect(ownerAlive(`00000000-1-1-${random}`)).toBeNull(); // another machine than this one
  expect(ownerAlive('notes')).toBeNull();
  expect(hostname()).not.toBe('');
});

test('cleaning leaves alone what it does not know', async () => {
  await mkdir(join(stateDir, 'work', 'notes'), { recursive: true });
  await cleanWork({ stateDir });
  expect(await readdir(join(stateDir, 'work'))).toEqual(['notes']);
});

test('processes of another attempt are left alone', async () => {
  const mine = newAttemptId();
  const child = spawn('sleep', ['600'], { env: { ...process.env, [ATTEMPT_ID]: mine }, stdio: 'ignore' });
  await new Promise((done) => child.once('spawn', done));
  expect(await killLeftovers(newAttemptId())).toEqual([]);
  expect(
    await vi.waitFor(async () => {
      const pids = await killLeftovers(mine);
      expect(pids).toHaveLength(1);
      return pids;
    }),
  ).toEqual([child.pid]);
});
