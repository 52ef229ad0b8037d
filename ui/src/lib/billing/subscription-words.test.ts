import { describe, expect, it } from 'vitest';
import { fakeBilling } from '../backend/fake-billing';
import type { SubscriptionStatus } from '../bindings/SubscriptionStatus';
import type { SubscriptionView } from '../bindings/SubscriptionView';
import { subscriptionWords } from './subscription-words';

const ZONE = 'Europe/Lisbon';
const NOW = Date.parse('2026-11-20T14:02:00Z');
const DAY = 86_400_000;

function view(status: SubscriptionStatus, isCanceling = false): SubscriptionView {
  const { subscription } = fakeBilling(status, isCanceling, NOW);
  if (subscription === null) throw new Error('there is one');
  return subscription;
}

describe('a subscription in plain words', () => {
  it.each([
    ['trialing', 'warn', 'On trial', 'Trial ends', 'leave a way to pay'],
    ['active', 'ok', 'Active', 'Renews', 'There is nothing to do'],
    ['past_due', 'warn', 'Payment failed', 'Period ends', 'Check your way to pay'],
    ['unpaid', 'bad', 'Unpaid', 'Period ends', 'Pay it from the e-mail'],
    ['incomplete', 'bad', 'Waiting for the first payment', 'Period ends', 'Confirm the first payment'],
    ['paused', 'bad', 'Paused', 'Period ends', 'Leave one with your provider'],
    ['canceled', 'bad', 'Ended', 'Ended', 'ask your provider for a new subscription'],
    ['incomplete_expired', 'bad', 'Never began', 'Ended', 'Ask your provider for a new subscription'],
  ] as const)('%s says what it means and what to do', (status, tone, called, date, step) => {
    const words = subscriptionWords(view(status), NOW, ZONE);
    expect([words.tone, words.status, words.dates[0]?.name]).toEqual([tone, called, date]);
    expect(words.meaning.join(' ')).toContain(step);
  });

  it('one that does not renew says when it ends', () => {
    const words = subscriptionWords(view('active', true), NOW, ZONE);
    expect(words.tone).toBe('warn');
    expect(words.dates).toEqual([{ name: 'Ends', date: '14 Dec' }]);
    expect(words.meaning).toEqual([expect.stringContaining('does not renew')]);
    expect(subscriptionWords(view('past_due', true), NOW, ZONE).meaning).toHaveLength(2);
  });

  it('one that ended says until when one may export, and when that is over', () => {
    const ended = view('canceled');
    const open = subscriptionWords(ended, NOW, ZONE);
    expect(open.dates).toEqual([
      { name: 'Ended', date: '16 Nov' },
      { name: 'Export until', date: '16 Dec' },
    ]);
    expect(open.meaning[0]).toContain('Until 16 Dec you can export');
    const over = subscriptionWords(ended, NOW + 40 * DAY, ZONE);
    expect([over.tone, over.dates.length]).toEqual(['quiet', 1]);
    expect(over.meaning[0]).toContain('The time to export ended');
  });
});
