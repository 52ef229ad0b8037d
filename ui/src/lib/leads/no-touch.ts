// Where a lead came from that was added by hand: nowhere that is known.

import type { Touch } from '../bindings/Touch';

export const NO_TOUCH: Touch = {
  utm_source: null,
  utm_medium: null,
  utm_campaign: null,
  utm_content: null,
  utm_term: null,
  gclid: null,
  fbclid: null,
  ctwa_clid: null,
  form: null,
  ad: null,
  campaign: null,
  referred_by: null,
};
