import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// Preloaded into every Node process of the command: the files it loads, a URL a line.
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(process.env.SLUICE_TEST_LOADED, `${url}\n`);
    return next(url, context);
  },
});
