import type { Paint } from '../follow/colours.ts';
import type { CodeEvent } from './code-events.ts';

/** What `sluice dev` prints of a change of the code. */
export function codeText(event: CodeEvent, paint: Paint): string {
  switch (event.type) {
    case 'code': {
      const text = `new runs begin on build ${paint('step', event.build)} of the code`;
      return event.openRuns === 0 ? text : `${text}; ${goOn(event.openRuns)} on ${event.former}`;
    }
    case 'code-broken': {
      const { code, message, where, fix } = event.problem;
      const rest = event.build === null ? 'no run can begin' : `open runs go on with build ${event.build}`;
      return [
        `${paint('bad', 'the code as it is saved cannot run')}: ${code} ${message}`,
        ...(where === null ? [] : [`  where  ${where}`]),
        ...(fix === null ? [] : [`  fix    ${fix}`]),
        `  new runs are refused until it is mended; ${rest}`,
      ].join('\n');
    }
    case 'pipeline-left-out': {
      const { code, message, fix } = event.problem;
      return `${paint('bad', 'not served')}: ${code} ${message}${fix === null ? '' : `\n  fix    ${fix}`}`;
    }
    case 'code-mended':
      return `${paint('good', 'the code can run again')}; new runs begin on build ${paint('step', event.build)}`;
    case 'build-serves':
      return `${goOn(event.openRuns)} on build ${event.build} of the code`;
    case 'build-ended':
      return `build ${event.build} has no open runs any more and is not served any longer`;
    case 'builds-wait':
      return paint(
        'warn',
        `too many builds have open runs: those of ${event.builds.join(', ')} wait until others have ended`,
      );
    case 'runs-moved':
      return `${event.runs.join(', ')}: the code it began on is lost; it goes on with build ${event.build}`;
    case 'config-changed':
      return event.settings.length === 0
        ? 'sluice.config.ts is as it was at the start again'
        : paint('warn', `sluice.config.ts: ${event.settings.join(', ')} changed; start sluice dev again for that`);
  }
}

function goOn(runs: number): string {
  return runs === 1 ? '1 open run goes on' : `${runs} open runs go on`;
}
