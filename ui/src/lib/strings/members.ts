import type { MailProblem } from '../bindings/MailProblem';
import type { Role } from '../bindings/Role';
import { strings as app } from './app';

/** What each role may do, in a sentence. */
const ROLE_NOTES: Readonly<Record<Role, string>> = {
  owner: 'Answers for the studio: everything, owners included.',
  admin: 'Runs the technical side: everything, but changes nothing about owners.',
  manager: 'Runs the team: all leads, export and deletion. Does not manage members.',
  sales: 'Sees their own leads and the unassigned ones.',
};

const PROBLEMS: Readonly<Record<MailProblem, string>> = {
  unreachable: 'the mail server does not answer',
  untrusted: 'the mail server can’t prove who it is',
  incompatible: 'the mail server offers no encryption, or no way to sign in',
  busy: 'the mail server can’t take it now',
  refused: 'the mail server refuses it, as a rule because there is no such address',
  sign_in_refused: 'the mail server refuses the server’s name and password',
  folder_unwritable: 'the server can’t write its mail folder',
  link_lost: 'the server’s key was replaced',
  unknown: 'for a reason that this version does not know',
};

export const strings = {
  members: 'People',
  membersNote: 'Who works here, and what each may do.',
  columns: { name: 'Name', email: 'E-mail', role: 'Role', act: 'Action' },
  you: 'you',
  roleOf: (name: string) => `Role of ${name}`,
  roleName: (role: Role) => `${app.roles[role].charAt(0).toUpperCase()}${app.roles[role].slice(1)}`,
  roleNotes: ROLE_NOTES,
  lastOwner: 'A studio keeps at least one owner. Make somebody else an owner first.',
  ownersOnly: 'Only an owner changes something about an owner.',
  roleChanged: (name: string, role: Role) => `${name}: ${app.roles[role]} now`,
  undo: 'Undo',
  lower: 'Give up your role?',
  lowerText: (role: Role) =>
    role === 'admin'
      ? 'You will change nothing about owners any more. Only an owner can give it back to you.'
      : 'You will not manage members any more. Only an owner or an admin can give it back to you.',
  lowerConfirm: (role: Role) => `Become ${app.roles[role]}`,

  remove: 'Remove',
  removeOf: (name: string) => `Remove ${name}`,
  removeTitle: (name: string) => `Remove ${name}?`,
  removeText:
    'They are signed out at once, and their devices erase their copy of the data as soon as they reach the server. Their leads become unassigned; the history keeps their name.',
  leave: 'Leave',
  leaveOf: (studio: string) => `Leave ${studio}`,
  leaveTitle: (studio: string) => `Leave ${studio}?`,
  leaveText:
    'You are signed out on every device, and the data here is erased. Your leads become unassigned; the history keeps your name. Somebody has to invite you to come back.',
  removed: (name: string) => `${name} was removed`,

  invitations: 'Invitations',
  invitationsNote: 'A link is mailed to them. It works once, for seven days.',
  noInvitations: 'Nobody is invited just now.',
  invite: 'Invite somebody',
  inviteTitle: 'Invite somebody',
  email: 'E-mail',
  emailWrong: 'This does not look like an e-mail address.',
  role: 'Role',
  send: 'Send invitation',
  invited: (email: string) => `${email} was invited`,
  noMail: 'This server sends no mail, so nobody can be invited. Ask whoever runs it to set up mail.',
  invitationColumns: { email: 'E-mail', role: 'Role', state: 'Mail', act: 'Actions' },
  waiting: 'Sending',
  sent: (time: string) => `Sent · ${time}`,
  postponed: (problem: MailProblem) => `Could not be sent yet: ${PROBLEMS[problem]}. The server tries again.`,
  failed: (problem: MailProblem) => `Could not be sent: ${PROBLEMS[problem]}. Send it again.`,
  expired: 'Expired. Send it again.',
  until: (date: string) => `until ${date}`,
  by: (name: string) => `by ${name}`,
  sendAgain: 'Send again',
  sendAgainTo: (email: string) => `Send again to ${email}`,
  sentAgain: (email: string) => `A new link goes to ${email}`,
  withdraw: 'Withdraw',
  withdrawOf: (email: string) => `Withdraw the invitation of ${email}`,
  withdrawn: (email: string) => `The invitation of ${email} was withdrawn`,

  offline: 'Members and invitations need the server. They will be here when you are online again.',
  forbidden: 'Owners and admins manage members',
  forbiddenText: 'Ask one of them to invite somebody or to change a role.',
} as const;
