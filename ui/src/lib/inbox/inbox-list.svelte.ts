// The conversation list, of one folder.

import { backend } from '../backend';
import type { Changed } from '../bindings/Changed';
import type { ConversationRow } from '../bindings/ConversationRow';
import type { Folder } from '../bindings/Folder';
import type { FolderCounts } from '../bindings/FolderCounts';
import type { MemberId } from '../bindings/MemberId';
import { session } from '../session/session.svelte';
import { FollowedList } from '../virtual/followed-list.svelte';
import { PagedRows, type RowSource } from '../virtual/paged-rows.svelte';

export type FolderName = keyof FolderCounts;

function folderOf(name: FolderName, me: MemberId): Folder {
  return name === 'mine' ? { mine: me } : name;
}

function conversationSource(name: FolderName, me: MemberId): RowSource<ConversationRow> {
  const folder = folderOf(name, me);
  return {
    count: async () => (await backend().folderCounts())[name],
    page: async (offset, limit) => (await backend().conversationPage(folder, offset, limit)).rows,
  };
}

class InboxList extends FollowedList<ConversationRow> {
  folder = $state.raw<FolderName>('open');

  constructor() {
    super(new PagedRows<ConversationRow>({ pageSize: 50 }));
  }

  protected source(): RowSource<ConversationRow> {
    return conversationSource(this.folder, session.view.me.id);
  }

  protected isTouchedBy({ conversations, leads }: Changed): boolean {
    return conversations || leads;
  }

  protected override forget(): void {
    super.forget();
    this.folder = 'open';
  }

  show(folder: FolderName): void {
    if (folder === this.folder) return;
    this.folder = folder;
    this.restart();
  }
}

export const inboxList = new InboxList();
