export const strings = {
  notes: 'Notes',
  close: 'Close',
  cancel: 'Cancel',
  loading: 'Loading',
  resize: 'Resize panes',
  showPassword: 'Show',
  hidePassword: 'Hide',
} as const;
