// Words of editing leads: fields, what is wrong with what was typed, what was done, conflicts.

import type { ConflictChoice } from '../bindings/ConflictChoice';
import type { LeadState } from '../bindings/LeadState';
import type { Problem } from '../edit/check';
import type { FixedField } from '../edit/lead-fields';
import { counted } from '../format/number';

/** Those that every studio has, as they stand in front of a value; `fieldName` knows the others, too. */
export const FIELD_NAMES: Readonly<Record<FixedField, string>> = {
  name: 'Name',
  email: 'E-mail',
  phone: 'Phone',
  stage_id: 'Stage',
  owner_id: 'Owner',
  tags: 'Tags',
  notes: 'Notes',
  value_minor: 'Value',
  state: 'State',
};

export const STATE_NAMES: Readonly<Record<LeadState, string>> = {
  active: 'Active',
  archived: 'Archived',
  deleted: 'Deleted',
};

export const strings = {
  edit: (field: string) => `Edit ${field}`,
  change: (field: string, value: string) => `${field}: ${value}. Change it`,
  none: 'None',
  save: 'Save',
  giveUp: 'Give up',
  placeholders: {
    phone: '+44 7700 900118',
    email: 'name@example.com',
    value_minor: '420',
    tags: 'Add a tag',
  } as Partial<Record<FixedField, string>>,
  notesHint: 'Ctrl+Enter saves, Esc gives up',
  tagsHint: 'Enter takes a tag, Ctrl+Enter saves',
  problems: {
    name_empty: 'A lead needs a name.',
    name_long: 'At most 200 characters.',
    control: 'There is an invisible control character in it. Type it again rather than paste it.',
    email: 'This is not an e-mail address.',
    phone: 'Begin with + and the country code, as in +44 7700 900118.',
    tags_many: 'At most 50 tags.',
    tag_empty: 'A tag needs a name.',
    tag_long: 'A tag has at most 60 characters.',
    tag_twice: 'This tag is there already.',
    notes_long: 'The notes are too long: at most 65,536 bytes.',
    notes_zero: 'There is a character in it that can’t be stored. Type it again rather than paste it.',
    value: 'This is not an amount. Write it as 420 or 420.50.',
    text_long: 'At most 200 characters.',
    number: 'This is not a number that can be kept. Write it as 1250.5, with up to three decimals.',
    date: 'This is not a day. Write it as 2026-01-31.',
    choice: 'This is none of the options.',
  } satisfies Record<Problem, string>,
  refused: 'This can’t be used here. Change it and try again.',
  /** Before the value that the field has now. */
  meanwhile: 'Changed meanwhile:',
  meanwhileAdvice: 'Esc keeps that. If you save, you decide between the two.',
  meanwhileEmpty: 'emptied',
  unsent: 'Not on the server yet',

  removeTag: (tag: string) => `Remove ${tag}`,
  createTag: (tag: string) => `Add “${tag}”`,
  suggestions: 'Tags',
  noTags: 'No lead has a tag yet.',
  noTagFound: 'No tag has these letters.',

  undo: 'Undo',
  undone: 'Taken back',
  nothingUndone: 'Nothing was taken back: it was changed again since',
  undoOver: 'This can’t be taken back any more',
  saved: (field: string) => `${field} changed`,
  movedTo: (n: number, stage: string) => `${counted(n, 'lead', 'leads')} moved to ${stage}`,
  assignedTo: (n: number, owner: string) => `${counted(n, 'lead', 'leads')} assigned to ${owner}`,
  toPool: (n: number) => `${counted(n, 'lead is', 'leads are')} unassigned now`,
  tagAdded: (n: number, tag: string) => `${tag} added to ${counted(n, 'lead', 'leads')}`,
  tagRemoved: (n: number, tag: string) => `${tag} removed from ${counted(n, 'lead', 'leads')}`,
  archived: (n: number) => `${counted(n, 'lead', 'leads')} archived`,
  deleted: (n: number) => `${counted(n, 'lead', 'leads')} moved to the bin`,
  restored: (n: number) => `${counted(n, 'lead', 'leads')} restored`,
  archive: 'Archive',
  delete: 'Delete',
  restore: 'Restore',
  deleteForbidden:
    'Your role may not delete leads or bring them back from the bin. Ask a manager, an owner or an admin.',
  soAlready: 'Nothing changed: all of them are so already',
  tooMany: 'At most 10,000 leads can be changed at once',
  tooManyAdvice: 'Select fewer, or narrow the view by a filter.',

  leads: (n: number) => counted(n, 'lead', 'leads'),
  bulk: { stage: 'Stage', owner: 'Owner', add_tag: 'Add tag', remove_tag: 'Remove tag' },
  bulkForbidden: 'Your role may change leads one by one only. Ask a manager, an owner or an admin.',
  editForbidden: 'Your role may not change leads.',
  chooseStage: (n: number | null) => (n === null || n === 1 ? 'Stage' : `Stage of ${counted(n, 'lead', 'leads')}`),
  chooseOwner: (n: number | null) => (n === null || n === 1 ? 'Owner' : `Owner of ${counted(n, 'lead', 'leads')}`),
  chooseTag: (n: number) => `Add a tag to ${counted(n, 'lead', 'leads')}`,
  chooseTagToRemove: (n: number) => `Remove a tag from ${counted(n, 'lead', 'leads')}`,

  conflicts: (n: number) => `${counted(n, 'field was', 'fields were')} changed by somebody else too`,
  conflictsText: 'Theirs stands until you decide.',
  toConflict: 'Decide',
  conflict: 'Somebody else changed this too',
  conflictOf: (field: string) => `${field}: somebody else changed this too`,
  choices: { yours: 'Yours', theirs: 'Theirs', both: 'Both' } satisfies Record<ConflictChoice, string>,
  bothNote: 'theirs first, yours below',
  yoursAt: (time: string) => `written ${time}`,
  theirsNow: 'what the lead holds now',
  seen: 'When you changed it, it was:',
  decide: 'Decide',
  decided: {
    yours: (field: string) => `${field}: yours stands`,
    theirs: (field: string) => `${field}: theirs stands`,
    both: (field: string) => `${field}: both are kept`,
  } satisfies Record<ConflictChoice, (field: string) => string>,
  conflictGone: 'This was decided already',
} as const;
