import { count, counted, elapsed } from '../format/number';

export const strings = {
  title: 'Search and actions',
  placeholder: 'Search names, phones, e-mails and messages, or type an action',
  messages: 'Messages',
  leads: 'Leads',
  actions: 'Actions',
  allSearched: (messages: number, us: number) => `all ${count(messages)} searched in ${elapsed(us)}`,
  partlySearched: (messages: number) => `first sync still running: ${count(messages)} searched so far`,
  tooShort: 'type three letters to search messages',
  allLeads: (leads: number) => `all ${count(leads)} searched`,
  someLeads: (leads: number) => `first sync still running: ${count(leads)} searched so far`,
  noMessages: 'No message has these words',
  noLeads: 'No lead has this name, phone or e-mail',
  more: 'There may be more: another word narrows it down',
  noneYet: 'None among those looked at: longer words reach further',
  unassigned: 'Unassigned',
  found: (messages: number, leads: number, actions: number) =>
    [
      counted(messages, 'message', 'messages'),
      counted(leads, 'lead', 'leads'),
      counted(actions, 'action', 'actions'),
    ].join(', '),
} as const;
