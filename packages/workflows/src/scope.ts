import { AsyncLocalStorage } from '@temporalio/workflow';

/** One `map` branch. */
export interface Scope {
  readonly map: string;
  readonly key: string;
}

const storage = new AsyncLocalStorage<readonly Scope[]>();

/** The `map` branches the running code stands in, outermost first. */
export function currentScopes(): readonly Scope[] {
  return storage.getStore() ?? [];
}

/** Runs `body` inside one more `map` branch. */
export function inScope<Value>(scope: Scope, body: () => Promise<Value>): Promise<Value> {
  return storage.run([...currentScopes(), scope], body);
}
