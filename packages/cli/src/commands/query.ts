import { ExitCode } from '../exit-code.ts';
import { answers } from '../query/answers.ts';
import { type Answers, answerLines, BEAT } from '../query/lines.ts';
import { Session } from '../query/session.ts';
import { version } from '../version.ts';
import { type CommonOptions, loadProject } from './project.ts';

/** Of the questions and answers; the Python package asks for it. */
const PROTOCOL = 1;

/**
 * `sluice query`: answers questions on its standard input until that ends, for as long as a notebook is open. Nothing
 * but answers goes to its standard output, whatever the project's config prints.
 */
export async function queryCommand(options: CommonOptions): Promise<ExitCode> {
  const { stdout, stderr } = process;
  const write = stdout.write;
  const own: Answers = { write: write.bind(stdout), once: stdout.once.bind(stdout) };
  stdout.write = stderr.write.bind(stderr) as typeof write;
  try {
    const loaded = await loadProject(options);
    const session = new Session(loaded, options);
    const { project } = loaded.config;
    own.write(
      `${JSON.stringify({ protocol: PROTOCOL, version: version(), beat: BEAT, project, root: loaded.root })}\n`,
    );
    await answerLines(process.stdin, own, answers(session));
    return ExitCode.done;
  } finally {
    stdout.write = write;
  }
}
