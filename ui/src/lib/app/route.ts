// Which screen the address names, and back. Pure.
// The address carries opaque ids only: never a name, a number or a word that was searched. `searched` is the one part
// of a route that is not in its address: it lives until one goes elsewhere or back.

export const SETTINGS_SECTIONS = ['appearance', 'security', 'fields', 'members', 'billing', 'about'] as const;
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number];

export type Route =
  | { screen: 'inbox'; conversationId: string | null; messageId: string | null; searched?: string }
  | { screen: 'leads' }
  | { screen: 'lead'; leadId: string }
  | { screen: 'outbox'; part?: 'conflicts' }
  | { screen: 'settings'; section: SettingsSection };

export const HOME: Route = { screen: 'inbox', conversationId: null, messageId: null };

export function formatRoute(route: Route): string {
  switch (route.screen) {
    case 'inbox': {
      if (route.conversationId === null) return '#/inbox';
      const message = route.messageId === null ? '' : `?message=${encodeURIComponent(route.messageId)}`;
      return `#/inbox/${encodeURIComponent(route.conversationId)}${message}`;
    }
    case 'leads':
      return '#/leads';
    case 'lead':
      return `#/leads/${encodeURIComponent(route.leadId)}`;
    case 'outbox':
      return route.part === undefined ? '#/outbox' : '#/outbox/conflicts';
    case 'settings':
      return `#/settings/${route.section}`;
  }
}

/** Anything that is not an address of ours leads home. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [screen, rest] = path.split('/');
  const id = rest === undefined || rest === '' ? null : decode(rest);
  if (screen === 'inbox') {
    const messageId = id === null ? null : new URLSearchParams(search).get('message');
    return { screen, conversationId: id, messageId };
  }
  if (screen === 'leads') return id === null ? { screen } : { screen: 'lead', leadId: id };
  if (screen === 'outbox') return id === 'conflicts' ? { screen, part: id } : { screen };
  if (screen === 'settings') {
    return { screen, section: SETTINGS_SECTIONS.find((section) => section === id) ?? 'appearance' };
  }
  return HOME;
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null; // a lone % typed by hand
  }
}
