// Words of the studio's own fields: what they are, how they are defined, and what leads have of them.

import type { CustomKind } from '../bindings/CustomKind';
import type { FormProblem } from '../fields/field-form';
import { count, counted } from '../format/number';

export const KIND_NAMES: Readonly<Record<CustomKind, string>> = {
  text: 'Text',
  number: 'Number',
  date: 'Date',
  yes_no: 'Yes or no',
  choice: 'Choice',
};

/** What it is good for, beside its name. */
export const KIND_NOTES: Readonly<Record<CustomKind, string>> = {
  text: 'One line, up to 200 characters',
  number: 'With up to three decimals',
  date: 'A day of the calendar',
  yes_no: 'One of the two, or not known',
  choice: 'One of your options',
};

export const strings = {
  yes: 'Yes',
  no: 'No',
  none: 'None',
  /** A field, or an option, that comes with the next change of the studio. */
  unknownField: 'Unknown field',
  unknownOption: 'Unknown option',

  /** Above those of a lead. */
  title: 'Studio’s fields',
  notInUse: 'not in use any more',
  notInUseNote: 'This field is not in use any more. What leads have of it is kept.',
  /** Where a date is typed as text; elsewhere the system draws its own. */
  dateHint: '2026-01-31',
  numberHint: '12.5',
  more: (n: number) => `${counted(n, 'more field', 'more fields')}`,

  inUse: 'Fields in use',
  inUseNote:
    'What your studio wants to know of each lead, besides what everybody does. They are on every lead’s page, in filters, imports and exports.',
  noneInUse:
    'There are no fields yet. Add one for what you ask every lead: a wedding day, a number of guests, a package.',
  archived: 'Not in use',
  archivedNote: 'Leads keep what they have of these fields, and their pages show it. Nobody is asked for it any more.',
  columns: { order: 'Order', name: 'Field', list: 'In the list', act: 'Action' },
  retiredOptions: (n: number) => `${count(n)} retired`,
  inList: (field: string) => `${field}: a column in the list of leads`,
  up: (field: string) => `Move ${field} up`,
  down: (field: string) => `Move ${field} down`,
  edit: 'Edit',
  editOf: (field: string) => `Edit ${field}`,
  archive: 'Archive',
  archiveOf: (field: string) => `Archive ${field}`,
  restore: 'Use again',
  restoreOf: (field: string) => `Use again: ${field}`,
  add: 'New field',
  offline: 'You are offline. Fields can be changed when the server can be reached again.',

  newTitle: 'New field',
  editTitle: (field: string) => `Edit ${field}`,
  name: 'Name',
  kind: 'Kind',
  kindForGood: 'The kind stays as it is: leads have values of it.',
  kindOnce: 'It can’t be changed later.',
  options: 'Options',
  optionsNote:
    'In the order in which they are offered. A retired one is not offered any more; leads that have it keep it.',
  option: (n: number) => `Option ${count(n)}`,
  addOption: 'Add an option',
  optionUp: (option: string) => `Move ${option} up`,
  optionDown: (option: string) => `Move ${option} down`,
  removeOption: (option: string) => `Remove ${option}`,
  retireOption: (option: string) => `Retire ${option}`,
  offerOption: (option: string) => `Offer ${option} again`,
  retired: 'retired',
  showInList: 'A column in the list of leads',
  create: 'Add field',
  save: 'Save',
  problems: {
    name_empty: 'A field needs a name.',
    long: 'At most 60 characters.',
    control: 'There is an invisible control character in it. Type it again rather than paste it.',
    name_taken: 'Another field in use has this name.',
    option_empty: 'An option needs a name.',
    option_twice: 'Another option has this name.',
    no_options: 'A choice needs at least one option.',
    many_options: 'At most 100 options, retired ones included.',
  } satisfies Record<FormProblem, string>,
  tooMany: 'There are 50 fields, those not in use included. There can be no more.',
  nameTakenBack: (field: string) => `Another field is called ${field} now. Rename that one first.`,
  refused: 'Somebody may have changed the fields meanwhile. Look at them again, and try once more.',
  added: (field: string) => `${field} added`,
  saved: (field: string) => `${field} saved`,
  wasArchived: (field: string) => `${field} is not in use any more`,
  wasRestored: (field: string) => `${field} is in use again`,
  undo: 'Undo',

  filter: {
    any: 'Any',
    filled: 'Filled in',
    empty: 'Empty',
    startsWith: 'Begins with',
    from: 'From',
    to: 'To',
    begins: (text: string) => `begins with ${text}`,
    since: (from: string) => `from ${from}`,
    until: (to: string) => `up to ${to}`,
    range: (from: string, to: string) => `${from} – ${to}`,
    notANumber: 'This is not a number.',
    notADay: 'This is not a day. Write it as 2026-01-31.',
    noOptions: 'There is no option to choose from.',
  },
} as const;
