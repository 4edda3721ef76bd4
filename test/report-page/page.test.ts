import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportPage } from '../../packages/cli/src/report/page/page.ts';
import { exampleReport, rolledBackReport } from '../../packages/cli/src/report/testing/example.ts';
import { hostileReport } from '../../packages/cli/src/report/testing/hostile.ts';
import { reportStyle } from '../../packages/ui/src/index.ts';
import { openBrowser, violations } from '../harness/browser.ts';

describe('the report of a run in a browser', () => {
  let browser: Browser;
  let folder: string;
  const link = (name: string) => pathToFileURL(join(folder, `${name}.html`)).href;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-report-'));
    const style = await reportStyle();
    await writeFile(join(folder, 'rejected.html'), reportPage(exampleReport(), style));
    await writeFile(join(folder, 'rolled-back.html'), reportPage(rolledBackReport(), style));
    await writeFile(join(folder, 'hostile.html'), reportPage(hostileReport(), style));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, width: number, colorScheme: 'light' | 'dark', bypassCSP: boolean) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(message.text()));
    page.on('dialog', (dialog) => wrong.push(`it asked: ${dialog.message()}`));
    page.on('request', (request) => request.url() !== link(name) && wrong.push(`it fetched ${request.url()}`));
    await page.goto(link(name));
    await page.locator('main h1').waitFor();
    return { page, context, wrong };
  }

  describe.each([1400, 400])('%i pixels wide', (width) => {
    it.each(['light', 'dark'] as const)('is free of what axe finds, folds open, and fits in (%s)', async (theme) => {
      for (const name of ['rejected', 'rolled-back', 'hostile']) {
        // axe is put into the page, which its policy would not let in.
        const { page, context, wrong } = await open(name, width, theme, true);
        await page.locator('details').evaluateAll((all) => {
          for (const one of all) one.setAttribute('open', '');
        });
        const shots = process.env.SLUICE_TEST_SCREENSHOTS;
        if (shots) await page.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`), fullPage: true });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(await violations(page)).toEqual([]);
        expect(wrong).toEqual([]);
        await context.close();
      }
    });
  });

  it('runs nothing and fetches nothing, whatever was answered, under a policy of its own', async () => {
    const { page, context, wrong } = await open('hostile', 1000, 'light', false);
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('script, img, iframe, object, embed, form, link, base').count()).toBe(0);
    expect(await page.locator('a[href]:not([href^="#"]):not([href^="http"])').count()).toBe(0);
    const inside = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      document.body.append(script);
      return document.title;
    });
    expect(inside).not.toBe('owned');
    expect(wrong.filter((one) => !one.includes('Content Security Policy') && !one.includes('Refused'))).toEqual([]);
    await context.close();
  });

  it('can be gone through by keyboard: skip link, what speaks against it, a fold', async () => {
    const { page, context } = await open('rejected', 1400, 'light', false);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the report');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('summaries');
    await page.keyboard.press('Enter');
    const target = decodeURIComponent(new URL(page.url()).hash.slice(1));
    expect(await page.locator(`[id="${target}"] h2`).textContent()).toContain('summaries');
    const fold = page.locator('summary', { hasText: 'more cases' }).first();
    await fold.focus();
    await page.keyboard.press('Enter');
    expect(await fold.evaluate((summary) => summary.parentElement?.hasAttribute('open'))).toBe(true);
    await context.close();
  });

  it('fits on a tablet and on a sheet of A4, tables as tables', async () => {
    for (const name of ['rejected', 'rolled-back']) {
      for (const [width, media] of [
        [800, 'screen'],
        [700, 'print'],
      ] as const) {
        const { page, context } = await open(name, width, 'light', false);
        await page.emulateMedia({ media });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        const head = page.locator('.evidence thead th', { hasText: 'measured' }).first();
        expect(await head.evaluate((one) => one.getBoundingClientRect().width)).toBeGreaterThan(50);
        await context.close();
      }
    }
  });

  it('is printed whole, on white, with what is folded on the screen', async () => {
    const { page, context } = await open('rejected', 1400, 'dark', false);
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    const last = page.locator('details .case').last();
    expect(await last.evaluate((one) => one.getBoundingClientRect().height)).toBeGreaterThan(20);
    expect((await page.pdf({ format: 'A4' })).byteLength).toBeGreaterThan(10_000);
    await context.close();
  });
});
