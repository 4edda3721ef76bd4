import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundledModules } from './bundled-modules.ts';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url));

/** Built-ins for which Temporal puts its own harmless versions into the sandbox. */
const allowed = ['assert', 'url', 'util'];

describe('what goes into the workflow sandbox with @sluice/sdk and @sluice/workflows', () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await bundledModules(fixture('workflows'));
  });

  it('is these packages and no others', () => {
    const ours = bundle.packages.filter((name) => !name.startsWith('@temporalio/'));
    expect(ours).toEqual(['long', 'ms', 'nexus-rpc', 'packages/sdk', 'packages/workflows', 'test/sandbox']);
  });

  it('is no built-in of Node', () => {
    const found = [...bundle.builtins].filter(([name]) => !allowed.includes(name));
    expect(found).toEqual([]);
  });

  it('is nothing of the client, the worker, the activities or the test server', () => {
    for (const name of ['client', 'worker', 'activity', 'testing', 'core-bridge']) {
      expect(bundle.packages).not.toContain(`@temporalio/${name}`);
    }
  });

  it('is every file of both packages that is not a test, so that nothing escapes this check', () => {
    const seen = bundle.files.filter((file) => /packages\/(sdk|workflows)\/src/.test(file));
    expect(seen.length).toBeGreaterThan(40);
  });

  it('is small: noted here, not judged', () => {
    const code = bundle.code.replace(/\/\/# sourceMappingURL=.*$/s, '');
    const own = bundle.files.filter((file) => /packages\/(sdk|workflows)\/src/.test(file)).length;
    const all = bundle.files.length;
    console.log(`workflow bundle: ${Math.round(code.length / 1024)} KiB of code, ${own} of ${all} modules are ours`);
    expect(code.length).toBeGreaterThan(0);
  });
});

describe('this check', () => {
  it.each([
    ['with-builtin', /disallowed modules|Webpack finished with errors/],
    ['with-client', /disallowed modules:\s+- '@temporalio\/client'/],
    ['with-activities', /disallowed modules|Webpack finished with errors/],
  ])('would see it: a workflow file %s cannot be bundled', async (name, message) => {
    await expect(bundledModules(fixture(name))).rejects.toThrow(message);
  });
});
