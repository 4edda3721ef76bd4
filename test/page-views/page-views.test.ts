import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageLink } from '../../packages/ui/src/route.ts';
import { findChromium } from '../../tools/chromium.ts';
import { violations } from '../harness/browser.ts';
import { pageAnswers } from './answers.ts';
import { dataset, model } from './artifacts.ts';
import { type PagesServer, servePages } from './pages-server.ts';
import { recordedAt } from './recorded.ts';

const run = (name: string) => pageLink({ page: 'run', id: `delays/${name}` });
const step = (name: string, path: string) => pageLink({ page: 'step', run: `delays/${name}`, step: path });

/** Every page, by the name of its picture, and what it has to say. */
const pages: readonly (readonly [name: string, link: string, text: string])[] = [
  ['runs', pageLink({ page: 'runs' }), '2,003 runs'],
  ['runs-none', pageLink({ page: 'runs', state: 'failed' }), 'No run fits'],
  ['run-training', run('training'), 'airport'],
  ['run-asking', run('asking'), 'awaits approval'],
  ['run-blocked', run('blocked'), 'is blocked by its gates'],
  ['run-rolling-out', run('rolling-out'), 'rolling out'],
  ['run-deployed', run('deployed'), 'Result'],
  ['run-failed', run('failed'), "KeyError: 'sched_dep_time'"],
  ['run-large', pageLink({ page: 'run', id: 'large/keys' }), '302 of 2,002 are listed'],
  ['run-missing', run('nowhere'), 'There is no such thing'],
  ['step', step('training', 'airport=LGA/delay'), 'worker lost'],
  ['step-evidence', step('rejected', 'holdout'), 'worse ← 0 → better'],
  ['step-replay', step('rejected', 'recent-traffic'), 'requests that fail on the candidate only'],
  ['endpoints', pageLink({ page: 'endpoints' }), 'steady'],
  ['endpoint', pageLink({ page: 'endpoint', name: 'flight-delays' }), 'sluice rollback flight-delays'],
  ['endpoint-rolling-out', pageLink({ page: 'endpoint', name: 'moving' }), 'canary 50 %'],
  ['artifact-dataset', pageLink({ page: 'artifact', digest: dataset.link.digest }), 'dep_delay'],
  ['artifact-model', pageLink({ page: 'artifact', digest: model.link.digest }), 'made by'],
  ['no-such-page', '#/nowhere', 'There is no such page'],
];

describe('the pages of sluice ui in a browser', () => {
  let server: PagesServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await servePages(await pageAnswers());
    browser = await chromium.launch({
      executablePath: await findChromium(),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** A tab that remembers what went wrong in it. */
  async function tab(
    width: number,
    colorScheme: 'light' | 'dark',
  ): Promise<{ page: Page; context: BrowserContext; wrong: string[] }> {
    // axe is put into the page, which its policy would not let in.
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.clock.setSystemTime(recordedAt);
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('console', (message) => {
      const missing = message.text().includes('404');
      if (['error', 'warning'].includes(message.type()) && !missing) wrong.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) wrong.push(`asked another host: ${request.url()}`);
    });
    return { page, context, wrong };
  }

  async function open(page: Page, link: string, text: string): Promise<void> {
    await page.goto(`${server.url}/${link}`);
    await page.locator('main').getByText(text).first().waitFor({ state: 'attached' });
  }

  describe.each([1400, 400])('%i pixels wide', (width) => {
    it.each(['light', 'dark'] as const)(
      'are free of what axe finds, fit in, and ask nobody else (%s)',
      async (theme) => {
        const { page, context, wrong } = await tab(width, theme);
        const found: string[] = [];
        for (const [name, link, text] of pages) {
          await open(page, link, text);
          const folder = process.env.SLUICE_TEST_SCREENSHOTS;
          if (folder) await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          if (wide > width) found.push(`${name}: ${wide} pixels wide`);
          found.push(...(await violations(page)).map((one) => `${name}: ${one}`));
        }
        expect(found).toEqual([]);
        expect(wrong).toEqual([]);
        await context.close();
      },
    );
  });

  it('show names that are markup as they are, under the policy of the command', async () => {
    const context = await browser.newContext({ viewport: { width: 1000, height: 900 } });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    for (const link of [
      run('hostile'),
      step('hostile', 'x'),
      pageLink({ page: 'artifact', digest: dataset.link.digest }),
    ]) {
      await open(page, link, '<script>');
      expect(await page.title()).not.toBe('owned');
      expect(await page.locator('main script, main img').count()).toBe(0);
    }
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it('can be gone through by keyboard: skip link, a run, its map, back', async () => {
    const { page, context } = await tab(1400, 'light');
    await open(page, pageLink({ page: 'runs' }), '2,003 runs');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    await open(page, pageLink({ page: 'run', id: 'large/keys' }), 'station');
    const map = page.getByRole('button', { name: 'station' });
    await map.focus();
    await page.keyboard.press('Enter');
    expect(await map.getAttribute('aria-expanded')).toBe('true');
    const key = page.getByRole('link', { name: 's0017 / model' });
    await key.waitFor();
    expect(await page.locator('tr.inside').first().textContent()).toContain('s0017');
    expect(await map.evaluate((button) => getComputedStyle(button).outlineStyle)).toBe('solid');
    await page.goBack();
    await page.getByText('2,003 runs').waitFor();
    await context.close();
  });

  it('keep a filter in the link, so that it can be sent to somebody', async () => {
    const { page, context } = await tab(1400, 'light');
    await open(page, pageLink({ page: 'runs' }), '2,003 runs');
    await page.getByLabel('state').selectOption('failed');
    await page.getByText('No run fits').waitFor();
    expect(new URL(page.url()).hash).toBe('#/runs?state=failed');
    await page.getByLabel('state').selectOption('');
    await page.getByText('2,003 runs').waitFor();
    await page.getByLabel('text').pressSequentially('ana', { delay: 150 });
    expect(new URL(page.url()).hash).toBe('#/runs?text=ana');
    expect(await page.getByLabel('text').evaluate((box) => document.activeElement === box)).toBe(true);
    await context.close();
  });

  it('change when something happens and ask nothing meanwhile; say since when the server is away, and stay', async () => {
    const { page, context } = await tab(1400, 'dark');
    await open(page, run('training'), 'airport');
    const stream = server.asked.filter(({ path }) => path.startsWith('/api/live'));
    expect(stream.at(-1)?.path).toBe('/api/live?run=delays%2Ftraining');
    const before = server.asked.length;
    const answers = await pageAnswers();
    server.send('run', answers.get('/api/run?id=delays/asking'));
    await page.getByText('awaits approval').waitFor();
    expect(server.asked.length).toBe(before);

    server.send('trouble', { code: 'Unreachable', message: 'Temporal does not answer.', where: null, fix: null });
    await page.getByText('Temporal does not answer.').waitFor();
    expect(await page.getByText(/Away since \d\d:\d\d:\d\d/).count()).toBe(1);
    expect(await page.getByText('awaits approval').count()).toBe(1);
    server.send('run', answers.get('/api/run?id=delays/rolling-out'));
    await page.getByText('Away since').waitFor({ state: 'detached' });

    server.away();
    await page.getByText('sluice ui does not answer.').waitFor();
    expect(await page.getByRole('heading', { name: 'Steps' }).count()).toBe(1);
    server.back();
    await expect
      .poll(
        () => {
          server.send('run', answers.get('/api/run?id=delays/asking'));
          return page.getByText('Away since').count();
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe(0);
    await context.close();
  });

  it('ask for a step again when its run has changed, however often it changes, at most every other second', async () => {
    const { page, context } = await tab(1400, 'light');
    await open(page, step('training', 'airport=LGA/delay'), 'worker lost');
    const steps = () => server.asked.filter(({ path }) => path.startsWith('/api/step'));
    const before = steps().length;
    const view = (await pageAnswers()).get('/api/run?id=delays/training');
    const askedAgain = () => {
      server.send('run', view);
      return steps().length - before;
    };
    await expect.poll(askedAgain, { timeout: 60_000, interval: 100 }).toBeGreaterThan(2);
    const times = steps()
      .slice(before)
      .map(({ at }) => at);
    // Both clocks are this machine's: what is asked may arrive a little late, never seconds early.
    for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBeGreaterThan(1500);
    await context.close();
  });

  it('are painted at once with 2,000 runs and with a run of 2,000 keys', async () => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const page = await context.newPage();
    const large = [
      [pageLink({ page: 'runs' }), '2,003 runs'],
      [pageLink({ page: 'run', id: 'large/keys' }), '302 of 2,002 are listed'],
    ] as const;
    for (const [link, text] of large) {
      await page.goto('about:blank');
      await open(page, link, text);
      // Since the navigation, by the browser's own clock, until what was asked for could be seen.
      const painted = await page.evaluate(
        () => new Promise<number>((seen) => requestAnimationFrame(() => setTimeout(() => seen(performance.now())))),
      );
      console.info(`${text}: seen after ${Math.round(painted)} ms`);
      // A second of a machine with nothing else to do; this one may be five times as busy.
      expect(painted).toBeLessThan(5000);
    }
    await context.close();
  });
});
