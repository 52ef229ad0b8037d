// The filter that lets every active lead through.

import type { LeadFilter } from '../bindings/LeadFilter';

export const EVERY_LEAD: LeadFilter = {
  state: 'active',
  stages: [],
  owners: [],
  sources: [],
  tags: [],
  created_from: null,
  created_before: null,
  active_from: null,
  active_before: null,
  custom: [],
};
