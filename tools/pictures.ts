import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { describeError, SluiceError } from '@sluice/sdk';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { call } from '../test/harness/called.ts';
import { findChromium } from './chromium.ts';
import { terminalSvg } from './pictures/terminal-svg.ts';

/**
 * Makes the pictures of the README from a real run, so that they stay true: the steps of one and the evidence of its question as
 * `sluice ui` shows them, light and dark, and what `sluice status` prints of it.
 *
 * Begin the demo, and while its third run waits for a decision:
 * `node tools/pictures.ts --ui http://127.0.0.1:… --run flight-delays/demo-3 --steps flight-delays/demo-2`
 */

const root = join(import.meta.dirname, '..');
const { values: flags } = parseArgs({
  options: {
    /** Address that `sluice dev` or `sluice ui` says. */
    ui: { type: 'string' },
    run: { type: 'string' },
    /** Run whose steps over time are pictured, if that is another one. */
    steps: { type: 'string' },
    project: { type: 'string', default: join(root, 'examples/flight-delays') },
    out: { type: 'string', default: join(root, 'docs/pictures') },
  },
});
const WIDTH = 1280;
const COLUMNS = 100;

async function main(): Promise<void> {
  const { ui, run } = flags;
  if (!ui || !run) {
    throw new SluiceError('Usage', 'Give --ui URL and --run ID.', { fix: 'sluice dev says the URL of its page.' });
  }
  await mkdir(flags.out, { recursive: true });
  await writeFile(
    join(flags.out, 'terminal.svg'),
    terminalSvg(await statusOf(run), COLUMNS, 'sluice status of a run that awaits approval'),
  );
  const profile = await mkdtemp(join(tmpdir(), 'sluice-pictures-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await findChromium(),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    viewport: { width: WIDTH, height: 900 },
    deviceScaleFactor: 1.5,
  });
  try {
    for (const theme of ['light', 'dark'] as const) await pagesOf(context, `${ui.replace(/\/$/, '')}/`, run, theme);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function pagesOf(context: BrowserContext, ui: string, run: string, theme: 'light' | 'dark'): Promise<void> {
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  const timeline = await open(page, ui, flags.steps ?? run);
  await timeline.screenshot({ path: join(flags.out, `steps-${theme}.png`) });
  await open(page, ui, run);
  const question = page.getByRole('region', { name: /^Question of / });
  if ((await question.count()) > 0)
    await question.first().screenshot({ path: join(flags.out, `question-${theme}.png`) });
  else console.log(`${run} asks nothing now: no picture of a question`);
  await page.close();
}

/** @returns the run's steps over time */
async function open(page: Page, ui: string, run: string): Promise<Locator> {
  await page.goto(`${ui}#/run/${encodeURIComponent(run)}`);
  await page
    .getByText(run.slice(run.lastIndexOf('/') + 1))
    .first()
    .waitFor();
  const timeline = page.getByRole('table', { name: 'Steps over time' });
  await timeline.waitFor();
  // It stays above everything else, and would lie over what is pictured by itself.
  await page
    .locator('header')
    .first()
    .evaluate(({ style }) => style.setProperty('position', 'static'));
  return timeline;
}

/** What the command prints at a terminal of {@link COLUMNS} characters. */
async function statusOf(run: string): Promise<string> {
  const program = join(root, 'packages/cli/src/main.ts');
  const env = { ...process.env, FORCE_COLOR: '1', COLUMNS: String(COLUMNS) };
  delete (env as NodeJS.ProcessEnv).NO_COLOR;
  const args = [program, 'status', run];
  const { exit, out, err } = await call(process.execPath, args, { cwd: resolve(flags.project), env });
  if (exit !== 0) throw new SluiceError('Unreachable', `sluice status ended with ${exit}: ${err.trim()}`);
  const lines = out.trimEnd().split('\n');
  const evidence = lines.findIndex((line) => /^\s+gate\s+metric/.test(stripVTControlCharacters(line)));
  // The evidence has a picture of its own.
  return [`$ sluice status ${run}`, ...(evidence < 0 ? lines : [...lines.slice(0, evidence), '  …'])].join('\n');
}

try {
  await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
