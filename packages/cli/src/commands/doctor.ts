import { type Finding, findings } from '../doctor/findings.ts';
import { ExitCode } from '../exit-code.ts';
import { table } from '../follow/format.ts';
import type { Io } from './io.ts';
import type { CommonOptions } from './project.ts';

/** `sluice doctor` */
export async function doctorCommand(options: CommonOptions, io: Io): Promise<ExitCode> {
  const all: Finding[] = [];
  for await (const finding of findings(options)) {
    all.push(finding);
    io.object({ type: 'finding', ...finding });
  }
  const rows = table(all.map(({ level, what, detail }) => [level, what, detail]));
  all.forEach(({ level, fix }, index) => {
    const role = level === 'ok' ? 'good' : level === 'note' ? 'warn' : 'bad';
    const line = rows[index] ?? '';
    io.line(`${io.paint(role, line.slice(0, level.length))}${line.slice(level.length)}`);
    if (fix !== null) io.line(`         ${io.paint('quiet', 'fix')} ${fix}`);
  });
  const problems = all.filter(({ level }) => level === 'problem').length;
  io.line();
  io.line(
    problems === 0
      ? io.paint('good', 'Nothing stands in the way.')
      : io.paint('bad', `${problems} ${problems === 1 ? 'problem' : 'problems'}.`),
  );
  return problems === 0 ? ExitCode.done : ExitCode.failed;
}
