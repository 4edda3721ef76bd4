import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { begun, Edited } from './kit.ts';

it('a run that waits ends on the code it began on, and one that is started after the edit has the new', async () => {
  const project = await Edited.copy();
  await project.start();
  const first = project.stack.code.build;
  const old = await project.run('go-old');
  await begun(old);

  await project.word('two');
  const next = await project.run('go-new'); // at once: it waits for the new code by itself
  await begun(next);
  const { build, former } = await project.said('code', ({ former }) => former !== null);
  expect([former, project.stack.code.build]).toEqual([first, build]);

  await project.go('go-old');
  await project.go('go-new');
  expect(await next.result()).toEqual({ word: 'two', first: 'two', second: 'two' });
  expect(await old.result()).toEqual({ word: 'one', first: 'one', second: 'one' });

  // Its code is let go of, and answers for the ended run when somebody asks.
  await project.said('build-ended', ({ build }) => build === first);
  expect(project.stack.code.served).toEqual([build]);
  const { stdout } = await project.sluice('status', old.workflowId);
  expect(stdout).toContain('say');
});

it('a save that cannot be loaded is told once and refuses new runs, until it is mended', async () => {
  const project = await Edited.copy();
  await project.start();
  const old = await project.run('go');
  await begun(old);
  for (const [text, says] of [
    ['export const word = (', /expected|words\.ts/],
    ["import { hostname } from 'node:os';\nexport const word = hostname();", /node:os/],
    ["throw new Error('not today');\nexport const word = 'x';", /not today/],
  ] as const) {
    await project.save('words.ts', text);
    const { code, stderr } = await project.sluice('run', 'waits', '--param', 'until=x');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(says);
    await project.said('code-broken', ({ problem }) => says.test(`${problem.message} ${problem.where}`));
  }
  expect(project.events.filter(({ type }) => type === 'code-broken')).toHaveLength(3);
  await project.word('two');
  const next = await project.run('go');
  await project.go('go');
  expect(await next.result()).toMatchObject({ word: 'two' });
  expect(await old.result()).toMatchObject({ word: 'one' });
});

it('open runs of two builds go on after the process that serves both was killed', async () => {
  const project = await Edited.copy();
  await project.start();
  const old = await project.run('go');
  await begun(old);
  await project.word('two');
  const next = await project.run('go');
  await begun(next);
  await project.stack.restart('worker control', 'SIGKILL');
  await project.go('go');
  expect(await old.result()).toMatchObject({ word: 'one', second: 'one' });
  expect(await next.result()).toMatchObject({ word: 'two', second: 'two' });
});

it('after a restart of the stack an open run goes on with its code, on the same addresses', async () => {
  const project = await Edited.copy();
  await project.start();
  const [address, { url }] = [project.stack.temporal.address, project.stack.gateway];
  const old = await project.run('go');
  await begun(old);
  await project.stop();
  await project.word('two');
  await project.start();
  expect([project.stack.temporal.address, project.stack.gateway.url]).toEqual([address, url]);
  const again = await project.handle(old.workflowId);
  const next = await project.run('go');
  await project.go('go');
  expect(await again.result()).toMatchObject({ word: 'one', second: 'one' });
  expect(await next.result()).toMatchObject({ word: 'two' });
});

it('a run whose build was lost goes on with the code there is', async () => {
  const project = await Edited.copy();
  await project.start();
  const old = await project.run('go');
  await begun(old);
  await project.stop();
  await rm(join(project.root, '.sluice/dev/builds'), { recursive: true });
  await project.save('other.ts', '');
  await project.start();
  await project.go('go');
  const again = await project.handle(old.workflowId);
  expect(await again.result()).toMatchObject({ word: 'one' });
});

it('retry after an edit goes on with the new code, or with that of the run when it is asked to', async () => {
  const project = await Edited.copy();
  await project.start();
  await project.go('go');
  const run = await project.run('go');
  expect(await run.result()).toEqual({ word: 'one', first: 'one', second: 'one' });
  await project.word('two');
  const retried = await project.sluice('retry', run.workflowId, '--from', 'say', '--wait');
  expect(retried.code, retried.stderr).toBe(0);
  expect(await run.result()).toEqual({ word: 'two', first: 'one', second: 'two' });
  const original = ['retry', run.workflowId, '--from', 'hold', '--code', 'original'];
  await project.word('three');
  const again = await project.sluice(...original, '--wait');
  expect(again.code, again.stderr).toBe(0);
  expect(await run.result()).toEqual({ word: 'two', first: 'two', second: 'two' });
});

it('a pipeline file that is added to the config is taken up, and of other settings it is said that they are not', async () => {
  const project = await Edited.copy();
  await project.start();
  const config = await readFile(join(project.root, 'sluice.config.ts'), 'utf8');
  await project.save(
    'more.ts',
    `import { pipeline } from '@sluice/sdk';
    import { z } from 'zod';
    export const more = pipeline({ name: 'more', params: z.object({}), run: async () => 'more' });`,
  );
  const added = config.replace("['pipelines.ts']", "['pipelines.ts', 'more.ts']");
  await project.save('sluice.config.ts', added);
  const { code, stdout } = await project.sluice('run', 'more', '--wait', '--json');
  expect([code, stdout]).toEqual([0, expect.stringContaining('"state":"done"')]);
  await project.save('sluice.config.ts', added.replace('slots: 8', 'slots: 9'));
  await project.said('config-changed', ({ settings }) => settings.join() === 'classes');
  expect((await project.sluice('run', 'more')).stdout).toMatch(/does not know the new classes/);
});
