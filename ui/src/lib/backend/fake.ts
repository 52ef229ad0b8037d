// A desk in memory, for fast tests, for development in a browser, and for the accessibility run. It behaves like the
// real one as far as a screen can see: pages, order, events, errors. Never part of a release.

import type { ConversationRow } from '../bindings/ConversationRow';
import type { DeskEvent } from '../bindings/DeskEvent';
import type { Device } from '../bindings/Device';
import type { EndedDevice } from '../bindings/EndedDevice';
import type { ExportScope } from '../bindings/ExportScope';
import type { Folder } from '../bindings/Folder';
import type { Changed } from '../bindings/Changed';
import type { Lead } from '../bindings/Lead';
import type { LeadId } from '../bindings/LeadId';
import type { LeadFilter } from '../bindings/LeadFilter';
import type { LeadQuery } from '../bindings/LeadQuery';
import type { Member } from '../bindings/Member';
import type { Message } from '../bindings/Message';
import type { SavedView } from '../bindings/SavedView';
import type { SessionView } from '../bindings/SessionView';
import type { SignOutEnd } from '../bindings/SignOutEnd';
import type { UnsentCounts } from '../bindings/UnsentCounts';
import type { SyncStatus } from '../bindings/SyncStatus';
import type { Backend } from './backend';
import { errorView } from './error-view';
import { EVERY_LEAD } from './every-lead';
import { fakeBilling } from './fake-billing';
import * as data from './fake-data';
import { FakeEdits } from './fake-edits';
import { FakeExports } from './fake-exports';
import { FakeFields } from './fake-fields';
import { FakeImports } from './fake-imports';
import { FakeMembers } from './fake-members';
import { DEFAULTS, optionsFromLocation, type FakeOptions } from './fake-options';
import { compareLeads, isInFolder, leadMatches, sliceThread } from './fake-query';
import { FakeReplies } from './fake-replies';
import { foundIn, searchFake } from './fake-search';

export type { FakeOptions } from './fake-options';

/** Where the real one would put what it can't read. */
const FOLDER = '/home/asha/.local/share/app.frontdesk.desktop/accounts/0197c0de-5a1e-7000-8000-3f6b5a90e1f2';

export function fakeFromLocation(search: string): Backend {
  return createFake(optionsFromLocation(search));
}

export function createFake(given: Partial<FakeOptions> = {}): Backend {
  const options: FakeOptions = { ...DEFAULTS, now: Date.now(), ...given };
  const size: data.FakeSize = { leads: options.leads, open: options.open };
  const chosen = data.MEMBERS[options.isSales ? 2 : options.isOwner ? 1 : 0];
  if (chosen === undefined) throw new Error('the studio has members');
  const me: Member = options.isAdmin ? { ...chosen, role: 'admin' } : chosen;
  const staff = data.MEMBERS.map((member) => (member.id === me.id ? me : member));
  const listeners = new Set<(event: DeskEvent) => void>();
  const readHere = new Set<string>();
  let phase = options.phase;
  let keyStore = options.keyStore;
  let healed = options.healed;
  let isAltered = options.isAltered;
  let lockAfterMinutes = 5;
  let locksWithScreen = true;
  let devices: Device[] = options.isOnlyDevice ? data.devices(options.now).slice(0, 1) : data.devices(options.now);
  let ended: EndedDevice[] = options.isOnlyDevice ? [] : data.endedDevices(options.now);
  let views: SavedView[] = [
    { id: 'view-mine', name: 'My open leads', query: query({ owners: [{ member: me.id }] }) },
    { id: 'view-won', name: 'Won', query: query({ stages: ['stage-won'] }) },
  ];
  let status: SyncStatus = {
    connection: options.problem
      ? 'stopped'
      : options.isOffline
        ? 'offline'
        : options.isConnecting
          ? 'connecting'
          : 'online',
    since: options.now - 22 * 60_000,
    up_to_date_at: options.firstSync ? null : options.now,
    first_sync: options.firstSync,
    unreadable_changes: options.unreadableChanges,
    clock_skew_ms: options.clockSkewMs,
    problem: options.problem ? errorView(options.problem, false, '7f3a91c4-52be-4f4d-8d0e-3b5a90e1f276') : null,
  };

  // Built at the first use, so that a sign-in screen costs nothing.
  let leads: Lead[] | null = null;
  const messages = new Map<number, Message[]>();
  let conversations: ConversationRow[] | null = null;

  const places = new Map<LeadId, number>();
  const allLeads = (): Lead[] => {
    if (leads !== null) return leads;
    leads = Array.from({ length: size.leads }, (_, n) => data.leadAt(n, options.now)).filter(
      (lead) => !options.isSales || lead.owner_id === me.id || lead.owner_id === null,
    );
    for (const [place, lead] of leads.entries()) places.set(lead.id, place);
    edits.begin([...leads]);
    if (leads.length > 0) replies.begin();
    return leads;
  };
  const leadOf = (id: LeadId): Lead | undefined => allLeads()[places.get(id) ?? -1];
  const threadOf = (lead: Lead): Message[] => {
    const n = data.numberOf(lead.id);
    let thread = messages.get(n);
    // Of the lead as it was made: an edit moves no message.
    if (thread === undefined) messages.set(n, (thread = data.messagesOf(n, data.leadAt(n, options.now))));
    return thread;
  };
  const allConversations = (): ConversationRow[] =>
    (conversations ??= allLeads()
      // None with one that was added here.
      .filter((lead) => !Number.isNaN(data.numberOf(lead.id)) && data.hasConversation(data.numberOf(lead.id)))
      .map((lead) => {
        const found = data.conversationAt(data.numberOf(lead.id), lead, threadOf(lead), size);
        const survivor = leadOf(edits.survivorOf(lead.id)) ?? lead;
        return { ...found, lead_id: survivor.id, lead_name: survivor.name };
      })
      .sort((a, b) => b.last_message_at - a.last_message_at));
  const row = (c: ConversationRow): ConversationRow => ({
    ...c,
    unread_count: readHere.has(c.id) ? 0 : c.unread_count,
    has_draft: replies.draft(c.id) !== null,
  });
  const inFolder = (folder: Folder): ConversationRow[] =>
    allConversations()
      .map(row)
      .filter((c) => isInFolder(c, folder) && leadOf(c.lead_id)?.state !== 'deleted');

  function emit(event: DeskEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  /** The look through the file has found it altered. */
  function closeAltered(): void {
    isAltered = false;
    emit('altered');
    phase = 'locked';
    emit('locked');
  }

  async function answer<T>(make: () => T): Promise<T> {
    if (options.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, options.latencyMs));
    return make();
  }

  /** A call that needs the open cache. */
  function opened<T>(make: () => T): Promise<T> {
    return answer(() => {
      if (phase !== 'open') throw errorView(phase === 'locked' ? 'locked' : 'signed_out');
      return make();
    });
  }

  /** A call that needs the rows in it. */
  function read<T>(make: () => T): Promise<T> {
    return opened(() => {
      if (options.readError) throw errorView(options.readError, true, '51c0de77-0f1e-4b0b-9a52-c7a1f0b3e6d4');
      return make();
    });
  }

  function online<T>(make: () => T): Promise<T> {
    return answer(() => {
      if (status.connection !== 'online') throw errorView('server_unreachable', true, 'req-0ff11e00');
      return make();
    });
  }

  const changed = (what: Partial<Changed>): void => {
    const nothing = {
      leads: false,
      conversations: false,
      messages: false,
      studio: false,
      billing: false,
      outbox: false,
    };
    emit({ changed: { ...nothing, ...what } });
  };
  const edits = new FakeEdits(
    {
      find: leadOf,
      put: (lead) => {
        allLeads()[places.get(lead.id) ?? -1] = lead;
        conversations = null;
      },
      conversationsOf: (id) => allConversations().filter((c) => c.lead_id === id).length,
      add: (lead) => {
        places.set(lead.id, allLeads().push(lead) - 1);
        conversations = null;
      },
      remove: (id) => {
        leads = allLeads().filter((lead) => lead.id !== id);
        places.clear();
        for (const [place, lead] of leads.entries()) places.set(lead.id, place);
        conversations = null;
      },
      isOnline: () => status.connection === 'online',
      changed: () => changed({ leads: true, conversations: true, outbox: true }),
      memberId: me.id,
    },
    options,
  );
  const conversationOf = (id: string): ConversationRow | undefined => allConversations().find((c) => c.id === id);
  const replies = new FakeReplies(
    {
      thread: (id) => threadOf(data.leadAt(data.numberOf(id), options.now)),
      leadName: (id) => conversationOf(id)?.lead_name ?? '',
      isClosed: (id) => conversationOf(id)?.reply_bar !== null,
      isOnline: () => status.connection === 'online',
      changed: () => {
        conversations = null;
        changed({ conversations: true, messages: true, outbox: true });
      },
      memberId: me.id,
    },
    options,
  );
  let isFirstOpened = false;
  /** What a colleague did to the first lead while it was open comes with the next sync. */
  function meetColleague(): void {
    if (!options.hasColleague || !isFirstOpened) return;
    edits.tell(data.leadId(0), 'phone', { text: '+447700900204' });
    edits.tell(data.leadId(0), 'notes', { text: 'Two adults, three children.' });
  }

  const exports = new FakeExports(options.exportError, (progress) => emit({ export_progressed: progress }));
  const imports = new FakeImports(options, data.STAGES, (progress) => emit({ import_progressed: progress }));
  const mayImport = (): void => {
    if (!data.permissions(me.role).includes('bulk_edit_leads')) throw errorView('not_allowed');
  };

  /** How many they were. */
  function revoke(isMeant: (device: Device) => boolean): number {
    if (options.revokeError) throw errorView(options.revokeError, true, 'req-0ff11e01');
    const meant = devices.filter(isMeant);
    devices = devices.filter((device) => !meant.includes(device));
    const over = meant.map((device): EndedDevice => ({
      ...device,
      ended_at: options.now,
      ended_because: 'revoked',
    }));
    // What ran out is ended by it too, since then.
    const before = ended.map((device): EndedDevice => {
      return device.ended_because === 'ran_out' && isMeant(device) ? { ...device, ended_because: 'revoked' } : device;
    });
    ended = [...over, ...before];
    return meant.length;
  }
  const fields = new FakeFields(options);
  const members = new FakeMembers(staff, me, options);

  const session = (): SessionView => ({
    studio: data.STUDIO,
    me,
    members: staff,
    stages: data.STAGES,
    tags: data.TAGS,
    fields: fields.list(),
    permissions: data.permissions(me.role),
    key_store: keyStore,
    lock_after_minutes: lockAfterMinutes,
    locks_with_screen: locksWithScreen,
  });

  function idsOf(scope: ExportScope): LeadId[] {
    if (scope !== 'all' && 'selection' in scope) return scope.selection;
    const isMeant = (lead: Lead): boolean =>
      scope === 'all' ? lead.state !== 'deleted' : leadMatches(lead, scope.view.filter);
    return allLeads().flatMap((lead) => (isMeant(lead) ? [lead.id] : []));
  }

  function findLead(id: string): Lead {
    const lead = leadOf(id);
    if (lead === undefined) throw errorView('not_found');
    return lead;
  }

  function unsent(): UnsentCounts {
    const { waiting, refused } = edits.counts();
    const answers = replies.counts();
    return {
      audit: options.unsentAudit,
      edits: waiting + refused + answers.waiting + answers.refused,
      drafts: answers.drafts,
    };
  }

  function leave(end: SignOutEnd): SignOutEnd {
    phase = 'signed_out';
    keyStore = options.keyStore;
    emit({ signed_out: end });
    return end;
  }

  if (options.isRevoked) {
    setTimeout(() => leave({ erased: { lost: unsent() } }), 200);
  }

  if (options.firstSyncRuns) {
    const timer = setInterval(() => {
      const before = status.first_sync;
      if (before === null) return clearInterval(timer);
      const done = before.rows_done + before.rows_per_s / 2;
      const rest = before.rows_total - done;
      status =
        rest <= 0
          ? { ...status, first_sync: null, up_to_date_at: Date.now() }
          : {
              ...status,
              first_sync: { ...before, rows_done: done, remaining_s: Math.ceil(rest / before.rows_per_s) },
            };
      emit({ status_changed: status });
    }, 500);
  }

  return {
    start: () =>
      answer(() => {
        if (options.startError) throw errorView(options.startError, true, 'req-57a127');
        return {
          phase,
          key_store: keyStore,
          server_url: 'https://desk.lumen.example',
          prefill_email: null,
          prefill_password: null,
          app_version: '0.1.0',
        };
      }),
    signIn: (request) =>
      answer(() => {
        if (options.signInError) throw errorView(options.signInError, true, '51910a00-ddc7-48be-a8b4-6015e4162d92');
        if (!URL.canParse(request.server_url)) throw errorView('invalid_server_url');
        if (request.password === 'wrong') throw errorView('invalid_credentials', false, 'req-51910b');
        if (options.keyStore === 'passphrase' && request.passphrase === null) throw errorView('passphrase_needed');
        if (request.passphrase !== null && request.passphrase.length < 12) throw errorView('passphrase_too_short');
        keyStore = request.passphrase === null ? 'keyring' : 'passphrase';
        phase = 'open';
        return session();
      }),
    signInAgain: (request) =>
      answer(() => {
        if (options.signInError) throw errorView(options.signInError, true, '51910a00-ddc7-48be-a8b4-6015e4162d92');
        if (request.password === 'wrong') throw errorView('invalid_credentials', false, 'req-51910b');
        if (request.email !== me.email) throw errorView('another_member');
        status = { ...status, connection: 'online', since: options.now, problem: null };
        emit({ status_changed: status });
      }),
    unlock: (passphrase) =>
      answer(() => {
        if (options.unlockError) throw errorView(options.unlockError, false, 'req-10cced');
        if (keyStore === 'passphrase' && passphrase === null) throw errorView('passphrase_needed');
        if (keyStore === 'passphrase' && passphrase === 'wrong') throw errorView('passphrase_wrong');
        phase = 'open';
        return session();
      }),
    lock: () =>
      answer(() => {
        phase = 'locked';
        emit('locked');
      }),
    signOut: (wish) =>
      answer(() => {
        const isClosed = phase !== 'open' && keyStore === 'passphrase';
        const left = isClosed ? null : unsent();
        if (options.isUnreadable) return leave({ set_aside: { folder: FOLDER } });
        const isNothing = left !== null && left.audit + left.edits + left.drafts === 0;
        if (wish === 'keep' && !isNothing) return { unsent: { left } };
        return leave({ erased: { lost: left } });
      }),
    session: () =>
      opened(() => {
        if (isAltered) setTimeout(closeAltered);
        return session();
      }),
    setLockAfterMinutes: (minutes) =>
      opened(() => {
        lockAfterMinutes = minutes;
      }),
    setLockWithScreen: (locks) =>
      opened(() => {
        locksWithScreen = locks;
      }),
    userActive: () => answer(() => undefined),

    billing: () =>
      read(() => {
        if (!options.isOwner) throw errorView('not_found');
        return fakeBilling(options.billing, options.isCanceling, options.now);
      }),

    syncStatus: () => answer(() => status),
    syncNow: () =>
      answer(() => {
        if (status.connection === 'online') {
          meetColleague();
          status = { ...status, up_to_date_at: status.first_sync ? null : Date.now() };
          emit({ status_changed: status });
        }
      }),

    leadPage: ({ filter, sort }, offset, limit) =>
      read(() => ({
        offset,
        rows: allLeads()
          .filter((lead) => leadMatches(lead, filter))
          .sort(compareLeads(sort, data.STAGES, data.MEMBERS))
          .slice(offset, offset + limit)
          .map((lead) => ({ ...lead, is_unsent: edits.unsentOf(lead.id).length > 0 })),
      })),
    leadCount: (filter) => read(() => allLeads().filter((lead) => leadMatches(lead, filter)).length),
    leadDetail: (id) =>
      read(() => {
        const lead = findLead(id);
        const n = data.numberOf(id);
        if (Number.isNaN(n)) {
          const nothing = { conversations: [], conflicts: [], edits: edits.historyOf(id), merges: edits.mergesOf(id) };
          return { lead, ...nothing, stage_events: edits.movesOf(id), unsent: edits.unsentOf(id) };
        }
        isFirstOpened ||= n === 0;
        return {
          lead,
          conversations: allConversations()
            .filter((c) => c.lead_id === id)
            .map(row),
          stage_events: [...edits.movesOf(id), ...data.stageEventsOf(n, data.leadAt(n, options.now))],
          unsent: edits.unsentOf(id),
          conflicts: edits.conflictsOf(lead),
          edits: edits.historyOf(id),
          merges: edits.mergesOf(id),
        };
      }),
    viewList: () => read(() => views),
    viewSave: (view) =>
      read(() => {
        views = views.some((v) => v.id === view.id)
          ? views.map((v) => (v.id === view.id ? view : v))
          : [...views, view];
      }),
    viewDelete: (id) =>
      read(() => {
        views = views.filter((v) => v.id !== id);
      }),

    leadCreate: (lead) =>
      read(() => {
        const isOthers = lead.owner_id !== null && lead.owner_id !== me.id;
        if (options.isSales && isOthers) throw errorView('not_allowed');
        return edits.create(lead);
      }),
    leadKnown: (email, phone) =>
      read(() => {
        const isSame = (lead: Lead): boolean =>
          (email !== null && lead.email?.toLowerCase() === email.toLowerCase()) ||
          (phone !== null && lead.phone === phone);
        const known = allLeads().find(isSame);
        return known === undefined ? null : { lead_id: known.id, name: known.name };
      }),
    leadEdit: (id, edit) => read(() => edits.edit(id, edit)),
    leadsChange: (scope, change) =>
      read(() => {
        if (!data.permissions(me.role).includes('bulk_edit_leads')) throw errorView('not_allowed');
        return edits.change(idsOf(scope), change);
      }),
    mergePreview: (leadId, duplicateId) => read(() => edits.preview(leadId, duplicateId)),
    leadsMerge: (leadId, duplicateId) =>
      read(() => {
        if (!data.permissions(me.role).includes('delete_leads')) throw errorView('not_allowed');
        edits.merge(leadId, duplicateId);
      }),
    undo: (act) => read(() => edits.undo(act)),
    conflictSettle: (leadId, operationId, field, choice) =>
      read(() => edits.settle(leadId, operationId, field, choice)),
    conflictPage: (offset, limit) => read(() => (allLeads(), edits.conflictPage(offset, limit))),
    outboxPage: (offset, limit) =>
      read(() => {
        allLeads();
        return [...edits.page(0, Number.POSITIVE_INFINITY), ...replies.rows()].slice(offset, offset + limit);
      }),
    outboxCounts: () =>
      read(() => {
        allLeads();
        const [changes, answers] = [edits.counts(), replies.counts()];
        return {
          ...changes,
          waiting: changes.waiting + answers.waiting,
          refused: changes.refused + answers.refused,
        };
      }),
    outboxRetry: (id) =>
      read(() => {
        if (replies.has(id)) replies.retry(id);
        else edits.retry(id);
      }),
    outboxReplace: (id, leadId, edit) => read(() => edits.replace(id, leadId, edit)),
    outboxDiscard: (id) =>
      read(() => {
        if (replies.has(id)) replies.discard(id);
        else edits.discard(id);
      }),
    healedFind: () => read(() => healed),
    healedDismiss: () =>
      read(() => {
        healed = null;
      }),

    conversationPage: (folder, offset, limit) =>
      read(() => ({ offset, rows: inFolder(folder).slice(offset, offset + limit) })),
    conversation: (id) =>
      read(() => {
        const found = allConversations().find((c) => c.id === id);
        if (found === undefined) throw errorView('not_found');
        return row(found);
      }),
    folderCounts: () =>
      read(() => ({
        open: inFolder('open').length,
        unread: inFolder('unread').length,
        mine: inFolder({ mine: me.id }).length,
        unassigned: inFolder('unassigned').length,
        snoozed: inFolder('snoozed').length,
        archived: inFolder('archived').length,
      })),
    messagePage: (id, anchor, limit, searched) =>
      read(() => {
        const found = allConversations().find((c) => c.id === id);
        if (found === undefined) throw errorView('not_found');
        const slice = sliceThread(threadOf(findLead(data.leadId(data.numberOf(id)))), anchor, limit);
        return {
          ...slice,
          history_incomplete: status.first_sync !== null,
          found: searched === null ? [] : foundIn(slice.messages, searched),
          unsent: replies.unsentOf(slice.messages),
        };
      }),
    conversationMarkRead: (id) =>
      read(() => {
        if (readHere.has(id)) return;
        readHere.add(id);
        changed({ conversations: true });
      }),

    reply: (id, body) =>
      read(() => {
        if (conversationOf(id) === undefined) throw errorView('not_found');
        readHere.add(id);
        return replies.reply(id, body);
      }),
    replyTakeBack: (id) => read(() => replies.takeBack(id)),
    draft: (id) => read(() => (allLeads(), replies.draft(id))),
    draftSave: (id, body) => read(() => replies.save(id, body)),

    presenceLook: () => opened(() => undefined),
    presenceColleagues: () =>
      opened(() => {
        if (!options.isWatched || status.connection !== 'online') return [];
        return staff.filter((member) => member.id !== me.id && !member.is_former).map((member) => member.id);
      }),

    search: (text, limit) => read(() => searchFake(text, limit, allLeads(), threadOf, status.first_sync === null)),

    exportStart: (request) =>
      read(() => {
        if (options.isSales) throw errorView('export_forbidden');
        return exports.begin(idsOf(request.scope).length, `leads.${request.format}`);
      }),
    exportCancel: (exportId) => answer(() => exports.cancel(exportId)),

    importOpen: () => read(() => (mayImport(), imports.open())),
    importSetHeadings: (_, hasHeadings) => read(() => imports.setHeadings(hasHeadings)),
    importCheck: (_, plan) => read(() => imports.check(plan, allLeads()[0])),
    importRun: (_, plan) => read(() => (mayImport(), imports.run(plan))),
    importCancel: () => answer(() => imports.cancel()),
    importSaveRefused: () => read(() => imports.saveRefused()),

    deviceList: () => online(() => ({ devices, ended })),
    deviceRevoke: (id) => online(() => void revoke((device) => device.id === id)),
    deviceRevokeOthers: () => online(() => revoke((device) => !device.is_current)),

    memberList: () =>
      online(() => {
        if (options.memberListError) throw errorView(options.memberListError, true, 'req-3e3be1');
        return members.view();
      }),
    memberChangeRole: (id, role) => online(() => members.changeRole(id, role)),
    memberRemove: (id) => online(() => members.remove(id)),
    invitationCreate: (email, role) => online(() => members.invite(email, role)),
    invitationSend: (id) => online(() => members.send(id)),
    invitationWithdraw: (id) => online(() => members.withdraw(id)),

    customFieldSave: (id, form) =>
      online(() => {
        if (!data.permissions(me.role).includes('manage_fields')) throw errorView('not_allowed');
        fields.save(id, form);
        changed({ studio: true });
      }),

    openLink: () => answer(() => undefined),
    windowReady: () => answer(() => undefined),

    listen: (onEvent) => {
      listeners.add(onEvent);
      return Promise.resolve(() => listeners.delete(onEvent));
    },
  };
}

function query(filter: Partial<LeadFilter>): LeadQuery {
  return { filter: { ...EVERY_LEAD, ...filter }, sort: { column: 'last_activity_at', descending: true } };
}
