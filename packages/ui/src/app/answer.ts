import type { Trouble } from '../api.ts';

/** What the command says to a question, or why not. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: Trouble };

/** Asks `sluice ui`; a path begins with `/api/`. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      headers: { accept: 'application/json' },
      ...(signal === undefined ? {} : { signal }),
    });
    const said: unknown = await response.json().catch(() => null);
    if (response.ok && said !== null) return { ok: true, value: said as T };
    return { ok: false, trouble: isTrouble(said) ? said : unreadable(response.status) };
  } catch {
    return { ok: false, trouble: away };
  }
}

/** The command itself does not answer. */
export const away: Trouble = {
  code: 'Unreachable',
  message: 'sluice ui does not answer.',
  where: null,
  fix: 'Is it still running? Start it again by: sluice ui.',
};

export function query(path: string, given: Readonly<Record<string, string | number | undefined>>): string {
  const kept = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  return `${path}?${new URLSearchParams(kept.map(([name, value]) => [name, String(value)]))}`;
}

export function isTrouble(said: unknown): said is Trouble {
  return typeof said === 'object' && said !== null && 'code' in said && 'message' in said;
}

function unreadable(status: number): Trouble {
  return {
    code: 'Unreadable',
    message: `sluice ui answered with ${status} and nothing that can be read.`,
    where: null,
    fix: 'Reload the page: it may be older than the command.',
  };
}
