// Words around text from outside.

export const strings = {
  // They follow a link on its line, hence the space.
  linkLeadsTo: (target: string) => ` (leads to ${target})`,
  linkNotOpened: (host: string) => ` (not opened: leads to ${host})`,
} as const;
