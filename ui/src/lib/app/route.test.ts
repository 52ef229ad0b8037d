import { describe, expect, it } from 'vitest';
import { HOME, formatRoute, parseRoute, type Route } from './route';

const ROUTES: [string, Route][] = [
  ['#/inbox', HOME],
  ['#/inbox/c1', { screen: 'inbox', conversationId: 'c1', messageId: null }],
  ['#/inbox/c1?message=m9', { screen: 'inbox', conversationId: 'c1', messageId: 'm9' }],
  ['#/leads', { screen: 'leads' }],
  ['#/leads/l1', { screen: 'lead', leadId: 'l1' }],
  ['#/outbox', { screen: 'outbox' }],
  ['#/outbox/conflicts', { screen: 'outbox', part: 'conflicts' }],
  ['#/settings/security', { screen: 'settings', section: 'security' }],
  ['#/settings/billing', { screen: 'settings', section: 'billing' }],
];

describe('route', () => {
  it.each(ROUTES)('%s is read and written the same', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(formatRoute(route)).toBe(hash);
  });

  it('an id with signs of its own comes back whole', () => {
    const route: Route = { screen: 'inbox', conversationId: 'a/b?c#d', messageId: 'x&y=z' };
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it('what was searched is in no address', () => {
    const route: Route = { screen: 'inbox', conversationId: 'c1', messageId: 'm9', searched: 'saturday' };
    expect(formatRoute(route)).toBe('#/inbox/c1?message=m9');
  });

  it.each(['', '#', '#/', '#/nowhere', '#/pipeline/1', '#/inbox/%E0%A4%A'])('%s leads home', (hash) => {
    expect(parseRoute(hash)).toEqual(HOME);
  });

  it('an unknown section of the settings is the first one', () => {
    expect(parseRoute('#/settings/weather')).toEqual({ screen: 'settings', section: 'appearance' });
  });
});
