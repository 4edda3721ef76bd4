import type { Scope } from '@sluice/sdk';
import { AsyncLocalStorage } from '@temporalio/workflow';

const storage = new AsyncLocalStorage<readonly Scope[]>();

/** The `map` branches the running code stands in, outermost first. */
export function currentScopes(): readonly Scope[] {
  return storage.getStore() ?? [];
}

/** Runs `body` inside one more `map` branch. */
export function inScope<Value>(scope: Scope, body: () => Promise<Value>): Promise<Value> {
  return storage.run([...currentScopes(), scope], body);
}
