// What the made-up studio pays. Never part of a release; the ids are nobody's.

import type { BillingView } from '../bindings/BillingView';
import type { Invoice } from '../bindings/Invoice';
import type { Standing } from '../bindings/Standing';
import type { SubscriptionStatus } from '../bindings/SubscriptionStatus';

const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;
const INVOICES = 14;

function standingOf(status: SubscriptionStatus, endedAt: number): Standing {
  switch (status) {
    case 'trialing':
    case 'active':
      return 'good';
    case 'past_due':
      return 'payment_due';
    case 'unpaid':
    case 'incomplete':
    case 'paused':
      return 'on_hold';
    case 'canceled':
    case 'incomplete_expired':
      return { ended: { export_until: endedAt + 30 * DAY_MS } };
  }
}

function invoiceAt(n: number, status: SubscriptionStatus, now: number): Invoice {
  const issued_at = now - 6 * DAY_MS - (INVOICES - n) * MONTH_MS;
  const isOpen = n === INVOICES && (status === 'past_due' || status === 'unpaid');
  const isVoid = n === 9;
  const total_minor = (n < 8 ? 5 : 6) * 1900;
  return {
    id: `invoice-${n}`,
    invoice_id: `in_1QbHk${String(n).padStart(2, '0')}LkdIwHu7ixl4OzzP`,
    number: `LUMEN-${String(n).padStart(4, '0')}`,
    status: isOpen ? 'open' : isVoid ? 'void' : 'paid',
    issued_at,
    period_start: issued_at,
    period_end: issued_at + MONTH_MS,
    currency: 'EUR',
    total_minor,
    paid_minor: isOpen ? 4000 : isVoid ? 0 : total_minor,
    payment_id: isOpen || isVoid ? null : `pi_3QbHk${String(n).padStart(2, '0')}LkdIwHu7ix28a3tq`,
    as_of: issued_at,
  };
}

export function fakeBilling(status: SubscriptionStatus | null, isCanceling: boolean, now: number): BillingView {
  if (status === null) return { subscription: null, invoices: [] };
  const isFinal = status === 'canceled' || status === 'incomplete_expired';
  const ended_at = isFinal ? now - 4 * DAY_MS : null;
  const never = status === 'trialing' || status === 'incomplete' || status === 'incomplete_expired';
  return {
    subscription: {
      subscription: {
        studio_id: 'studio-lumen',
        plan: 'Studio, monthly',
        status,
        seats: 6,
        current_period_end: now + 24 * DAY_MS,
        cancel_at_period_end: isCanceling,
        ended_at,
        customer_id: 'cus_QbHkfFeUfNV2Hib',
        subscription_id: 'sub_1QbHkoVLkdIwHu7ixeRlqHVz',
        as_of: now - 6 * DAY_MS,
      },
      standing: standingOf(status, ended_at ?? now),
    },
    invoices: never ? [] : Array.from({ length: INVOICES }, (_, i) => invoiceAt(INVOICES - i, status, now)),
  };
}
