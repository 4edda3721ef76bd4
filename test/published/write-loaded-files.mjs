import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// Preloaded into every Node process of the command: the files it loads, a URL a line, into the file of its own URL's
// `loaded`; not every process has the whole environment.
const loaded = new URL(import.meta.url).searchParams.get('loaded');

registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(loaded, `${url}\n`);
    return next(url, context);
  },
});
