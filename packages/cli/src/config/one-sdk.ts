import { registerHooks } from 'node:module';

let registered = false;

/**
 * From here on, `@sluice/sdk` is one module wherever it is imported from: steps find the runtime that this process
 * installs even if a pipeline repository has a copy of its own.
 */
export function useOneSdk(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      return specifier === '@sluice/sdk'
        ? next(specifier, { ...context, parentURL: import.meta.url })
        : next(specifier, context);
    },
  });
}
