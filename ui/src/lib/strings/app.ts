export const strings = {
  navigation: 'Main',
  search: 'Search',
  inbox: 'Inbox',
  leads: 'Leads',
  outbox: 'Outbox',
  settings: 'Settings',
  skip: 'Skip to content',
  roles: { admin: 'admin', owner: 'owner', manager: 'manager', sales: 'sales' },
} as const;
