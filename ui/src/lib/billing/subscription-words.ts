// What a subscription's state is called, what it means, and what to do next. Pure: now and the zone are passed in.

import type { SubscriptionView } from '../bindings/SubscriptionView';
import { shortDate } from '../format/time';
import { strings } from '../strings/billing';

export type BillingTone = 'ok' | 'warn' | 'bad' | 'quiet';

export interface SubscriptionWords {
  tone: BillingTone;
  status: string;
  /** Sentences: what it means, and the next step. */
  meaning: string[];
  /** Name and day of what comes next, or came last. */
  dates: { name: string; date: string }[];
}

export function subscriptionWords(
  { subscription, standing }: SubscriptionView,
  now: number,
  timeZone: string,
): SubscriptionWords {
  const { status, cancel_at_period_end: isCanceling } = subscription;
  const day = (at: number): string => shortDate(at, now, timeZone);
  const periodEnd = day(subscription.current_period_end);
  const words = { status: strings.statuses[status], meaning: [strings.meanings[status] as string] };

  if (typeof standing === 'object') {
    const until = day(standing.ended.export_until);
    const isOpen = standing.ended.export_until > now;
    const dates = [];
    if (subscription.ended_at !== null) dates.push({ name: strings.ended, date: day(subscription.ended_at) });
    if (isOpen) dates.push({ name: strings.exportUntil, date: until });
    return {
      ...words,
      tone: isOpen ? 'bad' : 'quiet',
      meaning: [isOpen ? strings.exportOpen(until) : strings.exportOver(until), ...words.meaning],
      dates,
    };
  }
  switch (standing) {
    case 'good': {
      const name = isCanceling ? strings.ends : status === 'trialing' ? strings.trialEnds : strings.renews;
      return {
        ...words,
        tone: isCanceling || status === 'trialing' ? 'warn' : 'ok',
        meaning: isCanceling ? [strings.meaningCanceling] : words.meaning,
        dates: [{ name, date: periodEnd }],
      };
    }
    case 'payment_due':
    case 'on_hold': {
      const name = isCanceling ? strings.ends : strings.periodEnds;
      const meaning = isCanceling ? [...words.meaning, strings.meaningCanceling] : words.meaning;
      return { ...words, meaning, tone: standing === 'on_hold' ? 'bad' : 'warn', dates: [{ name, date: periodEnd }] };
    }
  }
}
