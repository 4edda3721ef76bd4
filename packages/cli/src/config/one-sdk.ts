import { registerHooks } from 'node:module';

let registered = false;

/**
 * From here on, `@sluice/sdk` is one module wherever it is imported from: steps find the runtime that this process
 * installs even if a pipeline repository has a copy of its own. A repository without `zod` gets the command's.
 */
export function useOneSdk(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      const ours = { ...context, parentURL: import.meta.url };
      if (specifier === '@sluice/sdk') return next(specifier, ours);
      if (specifier !== 'zod') return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(specifier, ours);
      }
    },
  });
}
