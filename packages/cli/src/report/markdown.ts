import { formatMoney, formatNumber, shortDigest } from '@sluice/ui/shared';
import type { EvaluationPart, Row, RunReport } from './data.ts';
import { findings, judgedSteps } from './findings.ts';
import { cutText } from './limits.ts';
import { byHarm } from './rows.ts';
import { deploySentence, headline, numbersOf, rowSentence, tally, utc } from './words.ts';

/** Characters that GitHub takes for one comment, with room for what a workflow puts around it. */
export const MOST_CHARACTERS = 60_000;

const signs = { pass: '✅', inconclusive: '⚠️', error: '❌', fail: '❌' } as const;

/** Rows of one table, cases of one evaluation and requests of one replay: halved until all fits. */
interface Room {
  readonly rows: number;
  readonly cases: number;
  readonly characters: number;
  readonly steps: number;
}

/** The report as Markdown for a pull request: the same order as the page, shorter. */
export function reportMarkdown(report: RunReport): string {
  for (let room: Room = { rows: 40, cases: 3, characters: 600, steps: 20 }; ; ) {
    const text = document(report, room);
    if (text.length <= MOST_CHARACTERS || room.rows <= 2) return text.slice(0, MOST_CHARACTERS);
    const half = (value: number) => Math.max(1, Math.floor(value / 2));
    room = {
      rows: half(room.rows),
      cases: half(room.cases),
      characters: half(room.characters),
      steps: half(room.steps),
    };
  }
}

function document(report: RunReport, room: Room): string {
  const { verdict, text } = headline(report);
  const { run, cost } = report;
  const lines = [
    `## ${signs[verdict]} ${said(run.id)}: ${verdict}`,
    '',
    `**${said(text)}**`,
    '',
    `${tally(report)}. Started ${utc(run.startedAt)}${run.by === null ? '' : ` by ${said(run.by)}`}${run.commit === null ? '' : ` from \`${shortDigest(run.commit)}\`${run.dirty ? ' with changes' : ''}`}.`,
    '',
    ...decisions(report),
    ...against(report, room),
    ...first(report.evaluations, room, 'evaluations', (part) => evaluation(part, room)),
    ...first(report.replays, room, 'replays', (part) => [
      `### Replay: ${said(part.step)} ${signs[part.verdict]}`,
      '',
      part.counts.map(([name, value]) => `${said(name)} ${said(value)}`).join(' · '),
      '',
      ...(part.bound === null ? [] : [said(part.bound), '']),
      ...part.regressions
        .slice(0, room.cases)
        .map(({ id, route, why }) => `- ${said(id)} ${said(route)}: ${said(cutTo(why ?? '', room))}`),
      '',
    ]),
    ...first(report.data, room, 'datasets', (part) => [
      `### Data: ${said(part.step)} ${signs[part.verdict]}`,
      '',
      ...rowsTable(part.checks, room),
    ]),
    ...first(report.rollouts, room, 'rollouts', (part) => [
      `### Rollout on ${said(part.endpoint)}: ${said(part.state.replaceAll('-', ' '))}`,
      '',
      ...(part.reason === null ? [] : [said(cutTo(part.reason, room)), '']),
      ...(part.evidence.length === 0 ? [] : rowsTable(part.evidence, room)),
      '',
    ]),
    ...(cost === null
      ? []
      : [
          `Cost: ${cost.amount === null ? `unknown (${said(cost.why ?? 'no price')})` : formatMoney(cost.amount, cost.currency)}.`,
          '',
        ]),
    ...report.missing.map((one) => `- ${said(one)}`),
    `<sub>Read ${utc(report.at)}. The whole report: \`sluice report ${said(run.id)} --open\`</sub>`,
    '',
  ];
  return lines.join('\n').replace(/\n{3,}/g, '\n\n');
}

function decisions(report: RunReport): string[] {
  return report.deploys.flatMap((deploy) => [
    ...(report.deploys.length > 1 ? [`- ${said(deploySentence(deploy))}`] : []),
    ...deploy.decisions.map(
      ({ decision, by, reason, at }) =>
        `- **${decision}** by ${said(by)} at ${utc(Date.parse(at))}${reason === null ? '' : `: ${said(reason)}`}`,
    ),
    ...(deploy.open === null ? [] : ['', '```sh', ...deploy.open.commands.map(code), '```']),
    '',
  ]);
}

function against(report: RunReport, room: Room): string[] {
  const all = findings(report);
  const counting = all.filter(({ row }) => row.counts);
  const shown = counting.slice(0, Math.min(8, room.rows));
  const beside = all.length - counting.length;
  if (all.length === 0) return [`All ${judgedSteps(report).length} steps that judge pass.`, ''];
  return [
    '### What speaks against it',
    '',
    ...(shown.length === 0 ? ['Nothing that counts.'] : []),
    ...shown.map(
      ({ step, row }) =>
        `- ${signs[row.verdict]} **${said(step)}** ${said(rowSentence(row))}${row.note === undefined ? '' : `: ${said(cutTo(row.note, room))}`}`,
    ),
    ...(counting.length > shown.length ? [`- and ${formatNumber(counting.length - shown.length)} more`] : []),
    ...(beside > 0 ? ['', `${formatNumber(beside)} beside these cannot sink the verdict alone.`] : []),
    '',
  ];
}

function evaluation(part: EvaluationPart, room: Room): string[] {
  const cases = part.worst
    .slice(0, room.cases)
    .flatMap((one) => [
      `**${said(one.id)}**${one.category === null ? '' : ` ${said(one.category)}`}`,
      '',
      '| | |',
      '|---|---|',
      ...(one.input === null ? [] : [`| input | ${said(cutTo(one.input, room))} |`]),
      ...(one.expected === null ? [] : [`| expected | ${said(cutTo(one.expected, room))} |`]),
      ...(one.old === null ? [] : [`| old | ${said(cutTo(one.old.text, room))} |`]),
      `| new | ${said(cutTo(one.new.text, room))} |`,
      '',
    ]);
  return [
    `### Evaluation: ${said(part.step)} ${signs[part.verdict]}`,
    '',
    ...rowsTable(part.evidence, room),
    ...(cases.length === 0 ? [] : ['<details><summary>Cases that lost most</summary>', '', ...cases, '</details>', '']),
  ];
}

function rowsTable(rows: readonly Row[], room: Room): string[] {
  if (rows.length === 0) return [];
  const shown = byHarm(rows).slice(0, room.rows);
  const compared = rows.some(({ baseline, effect }) => baseline != null || effect != null);
  const heads = ['', 'measured', ...(compared ? ['old', 'new', 'difference'] : ['value']), 'asked for', 'n'];
  return [
    `| ${heads.join(' | ')} |`,
    `|${heads.map((head) => (['old', 'new', 'value', 'difference', 'n'].includes(head) ? '---:' : '---')).join('|')}|`,
    ...shown.map((row) => {
      const name = row.slice === undefined ? said(row.metric) : `**${said(row.slice)}** ${said(row.metric)}`;
      const numbers = numbersOf(row);
      const difference = numbers.interval === null ? numbers.effect : `${numbers.effect} (${numbers.interval})`;
      const values = compared ? [numbers.old ?? '', numbers.new ?? '', difference ?? ''] : [numbers.new ?? ''];
      const cells = [
        signs[row.verdict],
        name,
        ...values,
        said(row.threshold ?? ''),
        row.n == null ? '' : formatNumber(row.n),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    ...(rows.length > shown.length ? ['', `${formatNumber(rows.length - shown.length)} more rows are left out.`] : []),
    '',
  ];
}

function first<Part>(parts: readonly Part[], room: Room, name: string, lines: (part: Part) => string[]): string[] {
  const shown = parts.slice(0, room.steps).flatMap(lines);
  return parts.length > room.steps ? [...shown, `${parts.length - room.steps} more ${name} are left out.`, ''] : shown;
}

function cutTo(text: string, room: Room): string {
  const { text: shown, cut } = cutText(text, room.characters);
  return cut === 0 ? shown : `${shown}…`;
}

/** Somebody else's words on one line: nothing in them is markup, a mention or a link. */
function said(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
      .replace(/\s+/g, ' ')
      .replace(/[&<>"'`*_{}[\]()#+!|~\\$]/g, (sign) => `&#${sign.charCodeAt(0)};`)
      // Neither somebody's name nor an address is made of what a model answered.
      .replace(/@(?=\w)/g, '@&#8203;')
      .replace(/:\/\//g, ':&#8203;//')
      .replace(/\bwww\./gi, (sign) => `${sign.slice(0, 3)}&#8203;.`)
  );
}

function code(command: string): string {
  return command.replaceAll('`', "'").replace(/[\r\n]+/g, ' ');
}
