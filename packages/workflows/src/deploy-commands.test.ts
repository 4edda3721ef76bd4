import { expect, it } from 'vitest';
import { commandsFor } from './deploy-commands.ts';

const subject = {
  run: 'life/a',
  step: 'shop',
  endpoint: 'shop',
  candidate: `sha256:${'0123456789abcdef'.repeat(4)}`,
  round: 1,
};
const bound = 'life/a --step shop --endpoint shop --candidate 0123456789ab';

it('every command names run, step, endpoint and candidate', () => {
  expect(commandsFor(subject, 'awaiting-approval')).toEqual([
    `sluice approve ${bound}`,
    `sluice override ${bound} --reason '…'`,
    `sluice reject ${bound} --reason '…'`,
  ]);
});

it('nothing offers to approve what is blocked', () => {
  expect(commandsFor(subject, 'blocked').join()).not.toContain('approve');
});

it('a question that is asked anew has its round in the command', () => {
  for (const command of commandsFor({ ...subject, round: 2 }, 'blocked')) expect(command).toContain(' --round 2 ');
});

it.each([
  ["it's", `'it'\\''s'`],
  ['airport=EWR/shop', `'airport=EWR/shop'`],
  ['städte', `'städte'`],
  ['$(reboot)', `'$(reboot)'`],
  ['-x', `'-x'`],
])('what a shell would read otherwise is quoted: %s', (step, shown) => {
  expect(commandsFor({ ...subject, step }, 'blocked')[0]).toContain(`--step ${shown} `);
});
