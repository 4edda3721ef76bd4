import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { findChromium } from '../../tools/chromium.ts';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Temporal's own UI in a headless Chromium with a profile of its own. */
export interface TemporalUi {
  /** Opens a tab on the newest execution of a run. */
  open(workflowId: string): Promise<RunPage>;
  close(): Promise<void>;
}

/** A run's page, used as a person does: by what is written on it. */
export interface RunPage {
  readonly page: Page;
  /** Visible text of the run's current details, once it contains `expected`. */
  details(expected: string): Promise<string>;
  /** What the history's timeline says beside its bars, once it contains `expected`. */
  timeline(expected: string): Promise<string>;
  signal(name: string, input: object): Promise<void>;
  update(name: string, input: object): Promise<void>;
  /** Resets to a workflow task; signals and updates after it are applied again, as the UI does by default. */
  reset(eventId: number, reason: string): Promise<void>;
  /** Waits until the page says that the execution is in this status, such as `Completed`. */
  untilStatus(status: string): Promise<void>;
  /** Saves a picture if `SLUICE_TEST_SCREENSHOTS` names a folder. */
  picture(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function openTemporalUi(uiUrl: string): Promise<TemporalUi> {
  const profile = await mkdtemp(join(tmpdir(), 'sluice-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await findChromium(),
    headless: true,
    args: flags,
    viewport: { width: 1400, height: 1100 },
  });
  context.setDefaultTimeout(60_000);
  return {
    open: (workflowId) => openRun(context, `${uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function openRun(context: BrowserContext, url: string): Promise<RunPage> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByTestId('workflow-id-heading').waitFor();
  /** Address of a tab of the execution that is shown; a page asks for details once, when it is loaded. */
  const load = (tab: string) => page.goto(page.url().replace(/\/(history|user-metadata)\b.*$/, `/${tab}`));
  return {
    page,
    async details(expected) {
      await load('user-metadata');
      // The Markdown is rendered in a frame of its own; the summary has another one.
      const body = page.locator('iframe[title="output"]').last().contentFrame().locator('body');
      await body.getByText(expected).first().waitFor();
      return (await body.allInnerTexts()).join('\n');
    },
    async timeline(expected) {
      await load('history');
      await page.getByText(expected).first().waitFor();
      return (await page.locator('body').allInnerTexts()).join('\n');
    },
    async signal(name, input) {
      const dialog = await openDialog(page, 'Send a Signal');
      await choose(dialog, 'signal-select-button', name);
      await fillJson(dialog, input);
      await submit(dialog);
    },
    async update(name, input) {
      const dialog = await openDialog(page, 'Send an Update');
      await choose(dialog, 'update-select-button', name);
      await fillJson(dialog, input);
      await submit(dialog);
    },
    async reset(eventId, reason) {
      const dialog = await openDialog(page, 'Reset');
      await choose(dialog, 'workflow-reset-event-id-select-button', `${eventId} - WorkflowTaskCompleted`);
      await dialog.getByTestId('reset-reason').fill(reason);
      await submit(dialog);
    },
    untilStatus: (status) => page.getByText(status, { exact: true }).first().waitFor(),
    async picture(name) {
      const folder = process.env.SLUICE_TEST_SCREENSHOTS;
      if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
    },
    close: () => page.close(),
  };
}

/** The main button does it for a closed run; for a running one it is in the menu beside. */
async function openDialog(page: Page, action: string): Promise<Locator> {
  const item = page.getByRole('menuitem', { name: action, exact: true });
  const button = page.getByRole('button', { name: action, exact: true });
  const menu = page.getByRole('button', { name: 'More Actions' });
  await button.or(menu).first().waitFor();
  if (await button.isVisible()) await button.click();
  else {
    await menu.click();
    await item.click();
  }
  const dialog = page.locator('dialog[open]');
  await dialog.waitFor();
  return dialog;
}

async function choose(dialog: Locator, button: string, option: string): Promise<void> {
  await dialog.getByTestId(button).click();
  await dialog.getByRole('option').filter({ hasText: option }).first().click();
}

/** Laid out as the editor itself does when it is left: else the button under it would move while it is clicked. */
async function fillJson(dialog: Locator, input: object): Promise<void> {
  const editor = dialog.locator('[data-language="json"]');
  await editor.fill(JSON.stringify(input, null, 2));
  await editor.blur();
}

async function submit(dialog: Locator): Promise<void> {
  await dialog.getByTestId('confirm-modal-button').click();
  await dialog.waitFor({ state: 'hidden' });
}
