// What the studio pays: Settings → Billing.

import type { InvoiceStatus } from '../bindings/InvoiceStatus';
import type { SubscriptionStatus } from '../bindings/SubscriptionStatus';
import { counted } from '../format/number';

export const strings = {
  subscription: 'Subscription',
  plan: 'Plan',
  status: 'Status',
  seats: 'Seats',
  seatsOf: (n: number) => counted(n, 'member', 'members'),
  reference: 'Reference',
  renews: 'Renews',
  trialEnds: 'Trial ends',
  ends: 'Ends',
  ended: 'Ended',
  periodEnds: 'Period ends',
  exportUntil: 'Export until',

  statuses: {
    trialing: 'On trial',
    active: 'Active',
    past_due: 'Payment failed',
    canceled: 'Ended',
    unpaid: 'Unpaid',
    incomplete: 'Waiting for the first payment',
    incomplete_expired: 'Never began',
    paused: 'Paused',
  } satisfies Record<SubscriptionStatus, string>,

  /** What it means and what to do next. */
  meanings: {
    trialing: 'To go on after the trial, leave a way to pay with your provider before it ends.',
    active: 'It renews by itself. There is nothing to do.',
    past_due:
      'The last payment did not succeed and will be tried again. Check your way to pay with your provider, so that the next try does.',
    canceled: 'To come back, ask your provider for a new subscription.',
    unpaid:
      'The last invoice was not paid, and no other try will be made. Pay it from the e-mail it came with, or ask your provider.',
    incomplete:
      'Confirm the first payment from the e-mail it came with. If that does not happen within a day, the subscription does not begin.',
    incomplete_expired: 'The first payment was not made in time. Ask your provider for a new subscription.',
    paused: 'The trial ended with no way to pay. Leave one with your provider to go on.',
  } satisfies Record<SubscriptionStatus, string>,
  /** Instead, where it was decided that it ends. */
  meaningCanceling: 'It does not renew. To keep it, tell your provider before it ends.',
  exportOpen: (until: string) => `Until ${until} you can export what is here: Leads, then Export.`,
  exportOver: (until: string) => `The time to export ended on ${until}. Ask your provider what can still be had.`,

  none: 'No subscription is recorded for this studio',
  noneText: 'If there is one, your provider can have it shown here.',
  noneYet: 'This comes with the first sync.',
  offline: (since: string) => `Offline. What is shown is as of ${since}.`,
  offlineNever: 'Offline. Nothing is known yet.',
  cardNote: 'Frontdesk never holds card numbers. What you pay with is between you and Stripe.',

  invoices: 'Invoices',
  noInvoices: 'No invoice is recorded yet.',
  columns: { number: 'Number', date: 'Date', amount: 'Amount', status: 'Status', reference: 'Reference' },
  draftNumber: 'Draft',
  invoiceStatuses: {
    draft: 'Draft',
    open: 'To be paid',
    paid: 'Paid',
    uncollectible: 'Not collected',
    void: 'Void',
  } satisfies Record<InvoiceStatus, string>,
  paidOf: (amount: string) => `${amount} paid`,
  copy: 'Copy',
  copied: 'Copied',
  /** After `copy` and `copied`. */
  referenceOf: (what: string) => `the reference of ${what}`,
  theSubscription: 'the subscription',
} as const;
