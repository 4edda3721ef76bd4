import { CaptureWriter } from '../capture-writer.ts';

/** Writes 200 entries of about 1 KB and prints the counts; run under a file-size limit, writes fall short. */
process.on('SIGXFSZ', () => undefined);
const writer = new CaptureWriter({
  dir: process.argv[2] ?? '',
  segmentBytes: 1_000_000,
  segmentMs: 60_000,
  retention: { bytes: 1e9, ms: 1e9 },
});
for (let i = 0; i < 200; i += 1) {
  const entry = { id: `r${i}`, at: new Date().toISOString(), body: 'x'.repeat(1000) };
  writer.record('digits', entry);
  if (i % 10 === 9) await writer.flush();
}
await writer.close();
process.stdout.write(JSON.stringify(writer.takeReports()));
