// Words of adding a lead.

export const strings = {
  title: 'New lead',
  open: 'New lead',
  name: 'Name',
  phone: 'Phone',
  email: 'E-mail',
  stage: 'Stage',
  owner: 'Owner',
  value: 'Value',
  valueIn: (currency: string) => `Value in ${currency}`,
  source: 'Source',
  tags: 'Tags',
  notes: 'Notes',
  add: 'Add lead',
  /** Before a name that opens its page. */
  known: 'Already here:',
  knownOpen: (name: string) => `Already here: open ${name}`,
  added: (name: string) => `${name} added`,
  offline: 'You are offline. The lead is on this computer at once, and sent when the server can be reached.',
  forbidden: 'Your role may not add leads.',
} as const;
