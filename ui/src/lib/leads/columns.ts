// The columns of the lead list, in order.

import type { LeadColumn } from '../bindings/LeadColumn';

export type ColumnId = LeadColumn | 'phone' | 'campaign';

export const COLUMNS: readonly { id: ColumnId; sort: LeadColumn | null }[] = [
  { id: 'name', sort: 'name' },
  { id: 'stage', sort: 'stage' },
  { id: 'phone', sort: null },
  { id: 'owner', sort: 'owner' },
  { id: 'source', sort: 'source' },
  { id: 'campaign', sort: null },
  { id: 'value', sort: 'value' },
  { id: 'created_at', sort: 'created_at' },
  { id: 'last_activity_at', sort: 'last_activity_at' },
];

/** The columns of the studio's own fields, by which nobody sorts, stand before this one. */
export const OWN_BEFORE: ColumnId = 'created_at';
