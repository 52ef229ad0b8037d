import { counted } from '../format/number';

export const strings = {
  title: 'Export leads',
  format: 'Format',
  formats: { csv: 'CSV', json: 'JSON', xlsx: 'Excel' },
  formatNotes: {
    csv: 'Opens in every spreadsheet; imports back without loss.',
    json: 'One object a lead, for programs.',
    xlsx: 'A workbook with typed columns.',
  },
  scope: 'Which leads',
  scopes: { all: 'All leads', view: 'This view', selection: 'Selection' },
  leadCount: (n: number) => counted(n, 'lead', 'leads'),
  nothing: 'There is nothing here to export.',
  nothingSelected: 'Nothing selected',
  columns: 'Every column is written: your studio’s own fields, opt-out and consent included.',
  notEncrypted:
    'The file is not encrypted. Keep it where only you can read it, and delete it when you no longer need it.',
  audited: 'The export is noted in your studio’s audit log.',
  choose: 'Choose file…',
  choosing: 'Waiting for the file dialog…',
  forbidden: 'Your role may not export. Ask a manager, an owner or an admin.',
  progress: 'Export',
  running: (file: string) => `Writing ${file}`,
  cancel: 'Cancel',
  cancelLabel: 'Cancel export',
  cancelled: 'Export cancelled',
  cancelledDetail: 'No file was written.',
  done: (n: number, file: string) => `${counted(n, 'lead', 'leads')} written to ${file}`,
  doneDetail: 'The file is not encrypted. Delete it when you no longer need it.',
  failed: 'The export failed',
  dismiss: 'Dismiss',
} as const;
