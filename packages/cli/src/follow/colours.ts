import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** What a colour means, everywhere in the command's output. */
const roles = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  step: 'cyan',
  name: 'bold',
  quiet: 'dim',
  link: ['underline', 'blue'],
} as const satisfies Record<string, Style>;

export type Role = keyof typeof roles;
export type Paint = (role: Role, text: string) => string;

/** Colours for a stream that can show them: a terminal, and `NO_COLOR` is not set. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const on = !env.NO_COLOR && (forced || (stream.isTTY === true && env.TERM !== 'dumb'));
  return on ? (role, text) => styleText(roles[role], text, { validateStream: false }) : plainPaint;
}

export const plainPaint: Paint = (_role, text) => text;
