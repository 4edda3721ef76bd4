import type { Command } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { completionModel } from '../completion/model.ts';
import { zshScript } from '../completion/zsh.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `sluice completion SHELL`: the script that a shell reads. */
export function completionCommand(shell: string, program: Command): ExitCode {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell as keyof typeof scripts] : undefined;
  if (script === undefined)
    throw new UsageError(`There is no completion for "${shell}".`, `There is: ${Object.keys(scripts).join(', ')}.`);
  process.stdout.write(script(completionModel(program)));
  return ExitCode.done;
}
