import { readFile } from 'node:fs/promises';

/** One line of what the bench's trainer tells of itself; all attempts append to one file. */
export interface TrainerLine {
  readonly what: 'started' | 'ready' | 'step' | 'checkpoint' | 'done';
  /** Epoch seconds. */
  readonly at: number;
  readonly attempt: number;
  readonly step?: number;
  /** Seconds that a checkpoint kept the trainer from training. */
  readonly blocked?: number;
}

export async function readTrainerLog(path: string): Promise<TrainerLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  // A trainer that is killed may leave half a line.
  return text.split('\n').slice(0, -1).flatMap(parsed);
}

function parsed(line: string): TrainerLine[] {
  try {
    return [JSON.parse(line) as TrainerLine];
  } catch {
    return [];
  }
}

export interface Blocked {
  /** Seconds of each checkpoint. */
  readonly seconds: readonly number[];
  /** Seconds between being ready and the last line, over all attempts, checkpoints included. */
  readonly training: number;
  /** Steps a second while a checkpoint was being uploaded, or within the same time after it, over those before it. */
  readonly rateAfter: number | null;
}

/** How long checkpoints kept the trainer from training, and how long it trained in all. */
export function blockedOf(lines: readonly TrainerLine[]): Blocked {
  const attempts = [...new Set(lines.map(({ attempt }) => attempt))];
  const training = attempts.map((attempt) => {
    const mine = lines.filter((line) => line.attempt === attempt);
    const ready = mine.find(({ what }) => what === 'ready');
    return ready === undefined ? 0 : (mine.at(-1)?.at ?? ready.at) - ready.at;
  });
  return {
    seconds: lines.flatMap(({ blocked }) => blocked ?? []),
    training: training.reduce((sum, one) => sum + one, 0),
    rateAfter: rateAfterCheckpoints(lines),
  };
}

/** Seconds around a checkpoint that are compared. */
const AROUND = 4;

function rateAfterCheckpoints(lines: readonly TrainerLine[]): number | null {
  const ratios = lines.flatMap((line, index) => {
    if (line.what !== 'checkpoint' || line.blocked === undefined) return [];
    const near = (from: number, to: number) =>
      rateOf(
        lines.filter(({ what, attempt, at }) => what === 'step' && attempt === line.attempt && at >= from && at <= to),
      );
    const began = line.at - line.blocked;
    const [before, after] = [near(began - AROUND, began), near(line.at, line.at + AROUND)];
    return before === null || after === null || index === 0 ? [] : [after / before];
  });
  return ratios.length === 0 ? null : ratios.reduce((sum, one) => sum + one, 0) / ratios.length;
}

/** Steps a second between the first and the last of these lines. */
function rateOf(lines: readonly TrainerLine[]): number | null {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first?.step === undefined || last?.step === undefined || last.at - first.at < 1) return null;
  return (last.step - first.step) / (last.at - first.at);
}
