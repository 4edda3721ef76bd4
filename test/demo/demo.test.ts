import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openBrowser, violations } from '../harness/browser.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

it('the demo deploys two versions through a killed trainer, has replay block the third, and fails no live request', {
  timeout: 600_000,
}, async () => {
  const { stdout } = await run(process.execPath, ['tools/demo.ts', '--yes'], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 32 * 1024 * 1024,
  });
  expect(stdout).toMatch(/^first version +deployed /m);
  expect(stdout).toMatch(/^second version +deployed +\d+ s +[12] preempted +approve by /m);
  expect(stdout).toMatch(/^planted regression +rejected +\d+ s +0 preempted +reject by /m);
  expect(stdout).toMatch(/preemptions 1\/50, (resumed at step \d+|started over)/);
  expect(stdout).toMatch(/^Traffic: +\d{3,} requests all the while, 0 failed/m);
  await readReport(stdout);
});

/** The report that a worker attached to the third run, as MLflow gave it out, from which somebody has to decide. */
async function readReport(stdout: string): Promise<void> {
  const [, said] = /^planted regression in report: (\S+)$/m.exec(stdout) ?? [];
  const asked = stdout.split('\n').find((line) => line.startsWith('the webhook is told blocked:'));
  expect(said).toMatch(/\/#\/experiments\/\d+\/runs\/\w+\/artifacts\/report\.html\?/);
  expect(asked).toContain(`its report: ${said}`);
  const [, path = ''] = /^Report of the planted regression, kept from MLflow: (.+)$/m.exec(stdout) ?? [];
  const browser = await openBrowser();
  const shots = process.env.SLUICE_TEST_SCREENSHOTS;
  try {
    for (const width of [1400, 400]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
        const page = await context.newPage();
        await page.goto(pathToFileURL(path).href);
        const words = await page.locator('main').textContent();
        expect(words).toContain('was rejected for endpoint flight-delays');
        expect(words).toContain('What speaks against it');
        expect(words).toContain('it fails requests that production answers');
        await page.locator('details').evaluateAll((all) => {
          for (const one of all) one.setAttribute('open', '');
        });
        if (shots) await page.screenshot({ path: join(shots, `demo-${width}-${colorScheme}.png`), fullPage: true });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(await violations(page)).toEqual([]);
        await context.close();
      }
    }
  } finally {
    await browser.close();
  }
}
