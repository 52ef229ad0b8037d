export const strings = {
  retry: 'Try again',
  reopen: 'Sign in again',
  reportId: 'Report id',
  copy: 'Copy',
  copied: 'Copied',
} as const;
