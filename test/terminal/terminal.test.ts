import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { widthOf } from '../../packages/cli/src/text/width.ts';
import { installed } from '../../tools/apt.ts';
import { followed, printed } from './scenes.ts';
import { terminal } from './tmux.ts';

/** `SLUICE_UPDATE_CAPTURES=1` writes what is seen instead of comparing with it: look at the difference before it is kept. */
const update = process.env.SLUICE_UPDATE_CAPTURES === '1';

beforeAll(() => installed(['tmux']));

const scenes = [...Object.keys(printed), ...Object.keys(followed)].flatMap((scene) =>
  [80, 140].map((columns) => ({ scene, columns })),
);

describe('the terminal', () => {
  it.each(scenes)('shows $scene at $columns columns as it was recorded', async ({ scene, columns }) => {
    const screen = await terminal(scene, columns);
    onTestFinished(async () => void (await screen.close()));
    await screen.until('drawn');
    const seen = `${await screen.capture()}\n`;
    const file = fileURLToPath(new URL(`captures/${scene}-${columns}.txt`, import.meta.url));
    if (update) await writeFile(file, seen);
    expect(seen).toBe(await readFile(file, 'utf8'));
    for (const line of seen.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  it('keeps no spinner and nothing else of the live lines after Ctrl-C', async () => {
    const screen = await terminal('follow-map', 80);
    onTestFinished(async () => void (await screen.close()));
    await screen.until('drawn');
    expect(await screen.capture()).toContain('⠋');
    await screen.press('C-c');
    await screen.until('ended');
    const left = await screen.capture();
    expect(left).not.toMatch(/⠋|━|Ctrl-C/);
    expect(left.split('\n').at(-1)).toBe('The run goes on.');
  });
});
