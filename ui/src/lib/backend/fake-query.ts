// Filter and order of the lead list, folders of the inbox and pages of a thread, as the cache does them in SQL.

import type { ConversationRow } from '../bindings/ConversationRow';
import type { CustomTest } from '../bindings/CustomTest';
import type { CustomValue } from '../bindings/CustomValue';
import type { Folder } from '../bindings/Folder';
import type { Lead } from '../bindings/Lead';
import type { LeadFilter } from '../bindings/LeadFilter';
import type { LeadSort } from '../bindings/LeadSort';
import type { Member } from '../bindings/Member';
import type { Message } from '../bindings/Message';
import type { MessageAnchor } from '../bindings/MessageAnchor';
import type { Stage } from '../bindings/Stage';
import { folded } from '../fields/field-form';

export function leadMatches(lead: Lead, filter: LeadFilter): boolean {
  const within = (at: number, from: number | null, before: number | null): boolean =>
    (from === null || at >= from) && (before === null || at < before);
  return (
    lead.state === filter.state &&
    (filter.stages.length === 0 || filter.stages.includes(lead.stage_id)) &&
    (filter.owners.length === 0 ||
      filter.owners.some((o) => (o === 'unassigned' ? lead.owner_id === null : lead.owner_id === o.member))) &&
    (filter.sources.length === 0 || filter.sources.includes(lead.source)) &&
    (filter.tags.length === 0 || filter.tags.some((tag) => lead.tags.includes(tag))) &&
    filter.custom.every(({ field_id, test }) => passes(lead.custom[field_id], test)) &&
    within(lead.created_at, filter.created_from, filter.created_before) &&
    within(lead.last_activity_at, filter.active_from, filter.active_before)
  );
}

function passes(value: CustomValue | undefined, test: CustomTest): boolean {
  if (test === 'empty') return value === undefined;
  if (value === undefined) return false;
  if (test === 'filled') return true;
  const between = <T extends number | string>(at: T, { from, to }: { from: T | null; to: T | null }): boolean =>
    (from === null || at >= from) && (to === null || at <= to);
  if ('starts_with' in test) return 'text' in value && folded(value.text).startsWith(folded(test.starts_with));
  if ('number' in test) return 'number' in value && between(value.number, test.number);
  if ('date' in test) return 'date' in value && between(value.date, test.date);
  if ('yes_no' in test) return 'yes_no' in value && value.yes_no === test.yes_no;
  return 'choice' in value && (test.choice.length === 0 || test.choice.includes(value.choice));
}

export function compareLeads(sort: LeadSort, stages: Stage[], members: Member[]): (a: Lead, b: Lead) => number {
  const position = new Map(stages.map((stage) => [stage.id, stage.position]));
  const memberName = new Map(members.map((member) => [member.id, member.name]));
  const key = (lead: Lead): string | number => {
    switch (sort.column) {
      case 'name':
        return lead.name.toLowerCase();
      case 'stage':
        return position.get(lead.stage_id) ?? 0;
      case 'owner':
        return lead.owner_id === null ? '' : (memberName.get(lead.owner_id) ?? '');
      case 'source':
        return lead.source;
      case 'value':
        return lead.value_minor ?? -1;
      case 'created_at':
        return lead.created_at;
      case 'last_activity_at':
        return lead.last_activity_at;
    }
  };
  const sign = sort.descending ? -1 : 1;
  return (a, b) => {
    const x = key(a);
    const y = key(b);
    if (x === y) return a.id < b.id ? -1 : 1;
    return x < y ? -sign : sign;
  };
}

export function isInFolder(row: ConversationRow, folder: Folder): boolean {
  if (folder === 'snoozed' || folder === 'archived') return row.status === folder;
  if (row.status !== 'open') return false;
  if (folder === 'open') return true;
  if (folder === 'unread') return row.unread_count > 0;
  if (folder === 'unassigned') return row.assignee_id === null;
  return row.assignee_id === folder.mine;
}

export function sliceThread(
  thread: Message[],
  anchor: MessageAnchor,
  limit: number,
): { messages: Message[]; has_older: boolean; has_newer: boolean } {
  const at = (id: string): number => thread.findIndex((m) => m.id === id);
  let start: number;
  let end: number;
  if (anchor === 'newest') {
    end = thread.length;
    start = end - limit;
  } else if ('before' in anchor) {
    end = at(anchor.before);
    start = end - limit;
  } else if ('after' in anchor) {
    start = at(anchor.after) + 1;
    end = start + limit;
  } else {
    start = at(anchor.around) - Math.floor(limit / 2);
    end = start + limit;
  }
  start = Math.max(0, start);
  end = Math.min(thread.length, end);
  return { messages: thread.slice(start, end), has_older: start > 0, has_newer: end < thread.length };
}
