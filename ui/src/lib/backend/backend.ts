// The desk, as the screens see it. `tauri.ts` talks to the real one, `fake.ts` is one in memory for fast tests.
// A rejected promise always carries an `ErrorView`.

import type { Acted } from '../bindings/Acted';
import type { BillingView } from '../bindings/BillingView';
import type { BulkChange } from '../bindings/BulkChange';
import type { ConflictChoice } from '../bindings/ConflictChoice';
import type { ConflictRow } from '../bindings/ConflictRow';
import type { ConversationId } from '../bindings/ConversationId';
import type { ConversationPage } from '../bindings/ConversationPage';
import type { ConversationRow } from '../bindings/ConversationRow';
import type { CustomFieldForm } from '../bindings/CustomFieldForm';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { DeskEvent } from '../bindings/DeskEvent';
import type { DeviceId } from '../bindings/DeviceId';
import type { DeviceList } from '../bindings/DeviceList';
import type { ExportRequest } from '../bindings/ExportRequest';
import type { ExportScope } from '../bindings/ExportScope';
import type { Folder } from '../bindings/Folder';
import type { FolderCounts } from '../bindings/FolderCounts';
import type { Healed } from '../bindings/Healed';
import type { ImportFile } from '../bindings/ImportFile';
import type { ImportPlan } from '../bindings/ImportPlan';
import type { ImportRow } from '../bindings/ImportRow';
import type { InvitationId } from '../bindings/InvitationId';
import type { KnownLead } from '../bindings/KnownLead';
import type { LeadCreated } from '../bindings/LeadCreated';
import type { LeadDetail } from '../bindings/LeadDetail';
import type { LeadEdit } from '../bindings/LeadEdit';
import type { LeadField } from '../bindings/LeadField';
import type { LeadFilter } from '../bindings/LeadFilter';
import type { LeadId } from '../bindings/LeadId';
import type { LeadPage } from '../bindings/LeadPage';
import type { LeadQuery } from '../bindings/LeadQuery';
import type { MemberId } from '../bindings/MemberId';
import type { MembersView } from '../bindings/MembersView';
import type { MergePreview } from '../bindings/MergePreview';
import type { MessageAnchor } from '../bindings/MessageAnchor';
import type { MessagePage } from '../bindings/MessagePage';
import type { NewLead } from '../bindings/NewLead';
import type { OperationId } from '../bindings/OperationId';
import type { OutboxCounts } from '../bindings/OutboxCounts';
import type { OutboxRow } from '../bindings/OutboxRow';
import type { Replied } from '../bindings/Replied';
import type { Role } from '../bindings/Role';
import type { SavedView } from '../bindings/SavedView';
import type { SearchResults } from '../bindings/SearchResults';
import type { SessionView } from '../bindings/SessionView';
import type { SignInAgainRequest } from '../bindings/SignInAgainRequest';
import type { SignInRequest } from '../bindings/SignInRequest';
import type { SignOutEnd } from '../bindings/SignOutEnd';
import type { StartView } from '../bindings/StartView';
import type { SyncStatus } from '../bindings/SyncStatus';
import type { UnsentAudit } from '../bindings/UnsentAudit';

export interface Backend {
  /** Where to begin; never touches the network. */
  start(): Promise<StartView>;
  signIn(request: SignInRequest): Promise<SessionView>;
  /**
   * A new session for the open account, once the server does not know the one there was: the sync goes on, and nothing is
   * erased. Rejects with `another_member` for anybody else than whose data is here.
   */
  signInAgain(request: SignInAgainRequest): Promise<void>;
  /** Opens the locked cache; `passphrase` only where the key is in an envelope. Never touches the network. */
  unlock(passphrase: string | null): Promise<SessionView>;
  lock(): Promise<void>;
  /**
   * Ends the session on the server when it can be reached, and erases cache and key here; first sends the audit entries
   * that wait. The answer says how it ended: with `keep` perhaps not at all.
   */
  signOut(unsent: UnsentAudit): Promise<SignOutEnd>;
  session(): Promise<SessionView>;
  setLockAfterMinutes(minutes: number): Promise<void>;
  setLockWithScreen(locks: boolean): Promise<void>;
  /** Tells the desk that somebody is there, so that it does not lock. Called at most every ten seconds. */
  userActive(): Promise<void>;

  /** What the studio pays, as far as it has come to this computer; rejects where the role may not see it. */
  billing(): Promise<BillingView>;

  syncStatus(): Promise<SyncStatus>;
  /** Tries again at once: on focus, on network return, on the user's wish. */
  syncNow(): Promise<void>;

  leadPage(query: LeadQuery, offset: number, limit: number): Promise<LeadPage>;
  leadCount(filter: LeadFilter): Promise<number>;
  leadDetail(id: LeadId): Promise<LeadDetail>;
  viewList(): Promise<SavedView[]>;
  /** Creates it, or replaces the one with the same id. */
  viewSave(view: SavedView): Promise<void>;
  viewDelete(id: string): Promise<void>;

  /** Adds a lead: on disk and shown once it resolves. Rejects with `invalid_input`, or `not_allowed` for a colleague’s. */
  leadCreate(lead: NewLead): Promise<LeadCreated>;
  /** The lead that has this address or this number already, in any of its forms. */
  leadKnown(email: string | null, phone: string | null): Promise<KnownLead | null>;
  /**
   * What was done is on disk and shown once it resolves, and is sent when the server can be reached. Rejects with
   * `invalid_input` for a value that no lead may have; then nothing was changed.
   */
  leadEdit(id: LeadId, edit: LeadEdit): Promise<Acted>;
  /** The same change to many leads, all of it or nothing. Those that are so already are passed over. */
  leadsChange(scope: ExportScope, change: BulkChange): Promise<Acted>;
  /** What a merge would do: `problem` says where it can't be done. */
  mergePreview(leadId: LeadId, duplicateId: LeadId): Promise<MergePreview>;
  /** Merges the duplicate into the lead. It can't be undone. */
  leadsMerge(leadId: LeadId, duplicateId: LeadId): Promise<void>;
  /** Takes an act back, once, as far as nobody has changed the same fields since. */
  undo(act: string): Promise<Acted>;
  /** `not_found` when it was decided already. */
  conflictSettle(leadId: LeadId, operationId: OperationId, field: LeadField, choice: ConflictChoice): Promise<Acted>;
  /** Fields that somebody else changed too, the lead with the newest first. */
  conflictPage(offset: number, limit: number): Promise<ConflictRow[]>;
  /** What waits and what was refused, the oldest first. */
  outboxPage(offset: number, limit: number): Promise<OutboxRow[]>;
  outboxCounts(): Promise<OutboxCounts>;
  /** Sends a refused act again. */
  outboxRetry(id: OperationId): Promise<void>;
  /** Puts an edit in the place of a refused act, in one step. `not_found` where that was not refused, or is gone. */
  outboxReplace(id: OperationId, leadId: LeadId, edit: LeadEdit): Promise<Acted>;
  /** Gives a refused act up: what it did here is taken back. */
  outboxDiscard(id: OperationId): Promise<void>;
  /** What was found of the cache and made good, until somebody has taken note of it. */
  healedFind(): Promise<Healed | null>;
  healedDismiss(): Promise<void>;

  conversationPage(folder: Folder, offset: number, limit: number): Promise<ConversationPage>;
  conversation(id: ConversationId): Promise<ConversationRow>;
  folderCounts(): Promise<FolderCounts>;
  /** `searched`: the words by which a message was found; where they stand in the page is told, too. */
  messagePage(id: ConversationId, anchor: MessageAnchor, limit: number, searched: string | null): Promise<MessagePage>;
  /** Remembers on this device that the newest message was shown. */
  conversationMarkRead(id: ConversationId): Promise<void>;

  /**
   * Answers a lead. The message is on disk and shown once it resolves, the draft is gone, and it is sent when the server can
   * be reached. Rejects with `invalid_input` for a text that no message may have, or where nobody is answered.
   */
  reply(conversationId: ConversationId, body: string): Promise<Replied>;
  /** Takes a reply back; its text is a draft again. `not_found` once it may have left this computer. */
  replyTakeBack(id: OperationId): Promise<void>;
  /** What was typed in a conversation and not sent. */
  draft(conversationId: ConversationId): Promise<string | null>;
  /** Keeps what was typed, on this computer alone; an empty text is none. */
  draftSave(conversationId: ConversationId, body: string): Promise<void>;

  /** Where the member is: colleagues who see the lead are told while the server can be reached. */
  presenceLook(leadId: LeadId | null): Promise<void>;
  /** Colleagues on a lead's page, as far as is known. */
  presenceColleagues(leadId: LeadId): Promise<MemberId[]>;

  search(text: string, limit: number): Promise<SearchResults>;

  /** Opens the native dialog; null when it was cancelled, else the id under which progress is told. */
  exportStart(request: ExportRequest): Promise<string | null>;
  exportCancel(exportId: string): Promise<void>;

  /** Opens the native dialog; null when it was cancelled, else what is in the file. Nothing is added. */
  importOpen(): Promise<ImportFile | null>;
  importSetHeadings(importId: string, hasHeadings: boolean): Promise<ImportFile>;
  /** The first rows as they would be. Events tell what all of them come to. */
  importCheck(importId: string, plan: ImportPlan): Promise<ImportRow[]>;
  /** Begins to add them; events tell how it goes on. */
  importRun(importId: string, plan: ImportPlan): Promise<void>;
  /** What was added by then stays. */
  importCancel(importId: string): Promise<void>;
  /** Opens the native dialog; null when it was cancelled, else how many rows were written. */
  importSaveRefused(importId: string, plan: ImportPlan): Promise<number | null>;

  /** Needs the network. */
  deviceList(): Promise<DeviceList>;
  deviceRevoke(id: DeviceId): Promise<void>;
  /** Every one but this. How many they were. */
  deviceRevokeOthers(): Promise<number>;

  /** These need the network, and a role that manages members. */
  memberList(): Promise<MembersView>;
  memberChangeRole(id: MemberId, role: Role): Promise<void>;
  memberRemove(id: MemberId): Promise<void>;
  /** Has a link mailed by which they become a member. */
  invitationCreate(email: string, role: Role): Promise<void>;
  /** Has a new link mailed, in the place of the one before. */
  invitationSend(id: InvitationId): Promise<void>;
  invitationWithdraw(id: InvitationId): Promise<void>;

  /**
   * Defines one of the studio's own fields, or changes it. Needs the network, and a role that manages fields. Rejects with
   * `invalid_input` where it can't be so, `not_allowed` where the role may not.
   */
  customFieldSave(id: CustomFieldId, form: CustomFieldForm): Promise<void>;

  /** Opens an https, mailto or tel link in the system's own program, and nothing else. */
  openLink(url: string): Promise<void>;

  /** The first screen is drawn: the window may appear. */
  windowReady(): Promise<void>;

  /** Calls back on every event until the returned function is called. */
  listen(onEvent: (event: DeskEvent) => void): Promise<() => void>;
}
