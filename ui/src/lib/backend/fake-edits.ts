// Edits of the desk in memory: shown at once, kept until the server has done them, merged, refused, decided. The rules are
// those of the real one (ADR 16), as far as a screen can see them.

import type { Acted } from '../bindings/Acted';
import type { BulkChange } from '../bindings/BulkChange';
import type { ConflictChoice } from '../bindings/ConflictChoice';
import type { ConflictRow } from '../bindings/ConflictRow';
import type { CustomValue } from '../bindings/CustomValue';
import type { FieldChange } from '../bindings/FieldChange';
import type { FieldConflict } from '../bindings/FieldConflict';
import type { FieldEdit } from '../bindings/FieldEdit';
import type { FieldValue } from '../bindings/FieldValue';
import type { Lead } from '../bindings/Lead';
import type { LeadEdit } from '../bindings/LeadEdit';
import type { LeadEditRecord } from '../bindings/LeadEditRecord';
import type { LeadField } from '../bindings/LeadField';
import type { LeadCreated } from '../bindings/LeadCreated';
import type { LeadId } from '../bindings/LeadId';
import type { LeadState } from '../bindings/LeadState';
import type { MergePreview } from '../bindings/MergePreview';
import type { NewLead } from '../bindings/NewLead';
import type { OperationId } from '../bindings/OperationId';
import type { OutboxAct } from '../bindings/OutboxAct';
import type { OutboxCounts } from '../bindings/OutboxCounts';
import type { OutboxRefusal } from '../bindings/OutboxRefusal';
import type { OutboxRow } from '../bindings/OutboxRow';
import type { PendingMerge } from '../bindings/PendingMerge';
import type { StageEvent } from '../bindings/StageEvent';
import { problemOf } from '../edit/check';
import {
  changesOf,
  editOf,
  fieldKey,
  LEAD_FIELDS,
  sameField,
  sameValue,
  valueOf,
  withValue,
} from '../edit/lead-fields';
import { errorView } from './error-view';
import type { FakeOptions } from './fake-options';

/** As the desk: more than anybody selects. */
const MOST_LEADS = 10_000;
/** How long the server takes. */
const SERVER_MS = 250;
const MINUTE_MS = 60_000;

/** What edits need of the desk. */
export interface EditedDesk {
  find(id: LeadId): Lead | undefined;
  put(lead: Lead): void;
  add(lead: Lead): void;
  remove(id: LeadId): void;
  isOnline(): boolean;
  conversationsOf(id: LeadId): number;
  /** Leads and outbox changed. */
  changed(): void;
  memberId: string;
}

interface FakeAct {
  id: OperationId;
  at: number;
  leadId: LeadId;
  changes: FieldChange[];
  refusal: OutboxRefusal | null;
  /** It added the lead. */
  isCreation?: boolean;
  /** Of a merge: the lead that went. Its own half is an act of its own, done with this one. */
  mergedId: LeadId | null;
}

/** What was done, to be taken back. */
interface Done {
  edits: [LeadId, FieldChange[]][];
  settled: Conflict | null;
}

type Conflict = Omit<FieldConflict, 'theirs'>;

export class FakeEdits {
  #acts: FakeAct[] = [];
  #conflicts: Conflict[] = [];
  /** Leads as the server told them, while edits are shown on top. */
  readonly #told = new Map<LeadId, Lead>();
  readonly #undo = new Map<string, Done>();
  readonly #history = new Map<LeadId, LeadEditRecord[]>();
  /** Whose conversations are another's by a merge. */
  readonly #survivors = new Map<LeadId, LeadId>();
  readonly #creations = new Map<string, LeadId>();
  readonly #moves = new Map<LeadId, StageEvent[]>();
  #made = 0;
  #isSending = false;

  constructor(
    private readonly desk: EditedDesk,
    private readonly options: FakeOptions,
  ) {}

  edit(id: LeadId, edit: LeadEdit): Acted {
    const changes = changesOf(edit);
    for (const { field, to } of changes) if (problemOf(field, to) !== null) throw errorView('invalid_input');
    if (this.desk.find(id) === undefined) throw errorView('not_found');
    return this.#do([[id, changes]]);
  }

  create(lead: NewLead): LeadCreated {
    if (this.options.editError !== null)
      throw errorView(this.options.editError, true, '51ed17ed-0f1e-4b0b-9a52-c7a1f0b3e6d4');
    if (problemOf('name', { text: lead.name }) !== null) throw errorView('invalid_input');
    this.#made += 1;
    // No number of a lead that was made up.
    const id = `added-no-${this.#made}`;
    const at = Date.now();
    const { first_touch } = lead;
    const times = { created_at: at, updated_at: at, last_activity_at: at };
    const campaign = first_touch.campaign ?? null;
    this.desk.add({ ...lead, ...times, id, state: 'active', campaign, last_touch: first_touch });
    this.#acts.push({ id: this.#id(), at, leadId: id, changes: [], refusal: null, isCreation: true, mergedId: null });
    const undo = `undo-${this.#made}`;
    this.#creations.set(undo, id);
    this.desk.changed();
    this.#send();
    return { lead_id: id, undo };
  }

  change(ids: readonly LeadId[], change: BulkChange): Acted {
    if (ids.length > MOST_LEADS) throw errorView('invalid_input');
    const edits: [LeadId, FieldChange[]][] = [];
    for (const id of ids) {
      const lead = this.desk.find(id);
      if (lead !== undefined) edits.push([id, [bulkChange(lead, change)]]);
    }
    if (edits.some(([, changes]) => changes.some(({ field, to }) => problemOf(field, to) !== null)))
      throw errorView('invalid_input');
    return this.#do(edits);
  }

  undo(act: string): Acted {
    const added = this.#creations.get(act);
    if (added !== undefined) {
      this.#creations.delete(act);
      this.#acts = this.#acts.filter((one) => one.leadId !== added);
      this.desk.remove(added);
      this.desk.changed();
      return { changed: 1, undo: null };
    }
    const done = this.#undo.get(act);
    if (done === undefined) throw errorView('not_found');
    this.#undo.delete(act);
    const back = done.edits.map(([id, changes]): [LeadId, FieldChange[]] => {
      return [id, changes.map(({ field, from, to }) => ({ field, from: to, to: from }))];
    });
    const { changed } = this.#do(back);
    if (done.settled === null) return { changed, undo: null };
    this.#conflicts.push(done.settled);
    this.desk.changed();
    return { changed: Math.max(1, changed), undo: null };
  }

  settle(leadId: LeadId, operationId: OperationId, field: LeadField, choice: ConflictChoice): Acted {
    const conflict = this.#conflicts.find((one) => one.operation_id === operationId && sameField(one.field, field));
    const lead = this.desk.find(leadId);
    if (conflict === undefined || lead === undefined) throw errorView('not_found');
    let acted: Acted = { changed: 0, undo: null };
    if (choice !== 'theirs') {
      const theirs = valueOf(lead, field);
      const to = choice === 'yours' ? conflict.yours : both(field, theirs, conflict.yours);
      if (to === null) throw errorView('invalid_input');
      acted = this.edit(leadId, editOf(field, theirs, to));
    }
    this.#conflicts = this.#conflicts.filter((one) => one !== conflict);
    const edits = this.#undo.get(acted.undo ?? '')?.edits ?? [];
    this.#undo.delete(acted.undo ?? '');
    const undo = this.#undoable({ edits, settled: conflict });
    this.desk.changed();
    return { changed: acted.changed, undo };
  }

  preview(leadId: LeadId, duplicateId: LeadId): MergePreview {
    const lead = this.desk.find(leadId);
    const duplicate = this.desk.find(duplicateId);
    if (lead === undefined || duplicate === undefined) throw errorView('not_found');
    const isGone = lead.state === 'deleted' || duplicate.state === 'deleted';
    const problem = leadId === duplicateId ? 'same' : isGone ? 'deleted' : null;
    return {
      lead_id: leadId,
      lead_name: lead.name,
      duplicate_id: duplicateId,
      duplicate_name: duplicate.name,
      changes: problem === null ? takenOver(lead, duplicate) : [],
      conversations: this.desk.conversationsOf(duplicateId),
      problem,
    };
  }

  merge(leadId: LeadId, duplicateId: LeadId): void {
    const { problem, changes } = this.preview(leadId, duplicateId);
    if (problem !== null) throw errorView('invalid_input');
    this.#checkMayWrite();
    const duplicate = this.desk.find(duplicateId);
    if (duplicate === undefined) throw errorView('not_found');
    const act = this.#added(leadId, changes, Date.now());
    act.mergedId = duplicateId;
    if (!this.#told.has(duplicateId)) this.#told.set(duplicateId, duplicate);
    this.#survivors.set(duplicateId, leadId);
    this.#show(leadId);
    this.#show(duplicateId);
    this.desk.changed();
    this.#send();
  }

  /** The lead that one has become. */
  survivorOf(id: LeadId): LeadId {
    return this.#survivors.get(id) ?? id;
  }

  mergesOf(id: LeadId): PendingMerge[] {
    return this.#acts.flatMap(({ id: operationId, leadId, mergedId, refusal }) => {
      if (mergedId === null || (leadId !== id && mergedId !== id)) return [];
      const other = mergedId === id ? leadId : mergedId;
      return {
        operation_id: operationId,
        is_duplicate: mergedId === id,
        is_refused: refusal !== null,
        other_id: other,
        other_name: this.desk.find(other)?.name ?? null,
      };
    });
  }

  /** What staff made of it, the newest first. */
  historyOf(id: LeadId): LeadEditRecord[] {
    return this.#history.get(id) ?? [];
  }

  conflictPage(offset: number, limit: number): ConflictRow[] {
    const leads = [...new Set(this.#conflicts.map((one) => one.lead_id))];
    const rows = leads.flatMap((id) => {
      const lead = this.desk.find(id);
      if (lead === undefined) return [];
      return this.conflictsOf(lead).map((conflict) => ({ lead_name: lead.name, conflict }));
    });
    return rows.slice(offset, offset + limit);
  }

  replace(id: OperationId, leadId: LeadId, edit: LeadEdit): Acted {
    const refused = this.#acts.find((one) => one.id === id && one.refusal !== null);
    if (refused === undefined || this.desk.find(leadId) === undefined) throw errorView('not_found');
    for (const { field, to } of changesOf(edit)) if (problemOf(field, to) !== null) throw errorView('invalid_input');
    this.#checkMayWrite();
    this.discard(id);
    return this.edit(leadId, edit);
  }

  page(offset: number, limit: number): OutboxRow[] {
    const blocked = new Set<LeadId>();
    const rows = this.#acts.map((act): OutboxRow => {
      const isHeld = act.refusal === null && blocked.has(act.leadId);
      if (act.refusal !== null) blocked.add(act.leadId);
      return {
        id: act.id,
        at: act.at,
        state: act.refusal !== null ? { refused: act.refusal } : isHeld ? 'held' : 'waiting',
        act: act.isCreation
          ? { lead_created: { lead_id: act.leadId, name: this.desk.find(act.leadId)?.name ?? '' } }
          : this.#toldAs(act),
      };
    });
    return rows.slice(offset, offset + limit);
  }

  counts(): OutboxCounts {
    const refused = this.#acts.filter((act) => act.refusal !== null).length;
    return { waiting: this.#acts.length - refused, refused, conflicts: this.#conflicts.length };
  }

  #toldAs(act: FakeAct): OutboxAct {
    const lead_name = this.desk.find(act.leadId)?.name ?? null;
    if (act.mergedId === null) return { lead_edited: { lead_id: act.leadId, lead_name, changes: act.changes } };
    const duplicate_name = this.desk.find(act.mergedId)?.name ?? null;
    return { leads_merged: { lead_id: act.leadId, lead_name, duplicate_name } };
  }

  retry(id: OperationId): void {
    const act = this.#acts.find((one) => one.id === id);
    if (act === undefined) throw errorView('not_found');
    act.refusal = null;
    this.desk.changed();
    this.#send();
  }

  discard(id: OperationId): void {
    const act = this.#acts.find((one) => one.id === id && one.refusal !== null);
    if (act === undefined) throw errorView('not_found');
    this.#acts = this.#acts.filter((one) => one !== act);
    if (act.mergedId !== null) {
      this.#survivors.delete(act.mergedId);
      this.#show(act.mergedId);
    }
    if (act.isCreation) {
      this.#acts = this.#acts.filter((one) => one.leadId !== act.leadId);
      this.desk.remove(act.leadId);
    } else if (this.#told.has(act.leadId)) this.#show(act.leadId);
    this.desk.changed();
    this.#send();
  }

  unsentOf(id: LeadId): LeadField[] {
    if (this.#acts.some((act) => act.leadId === id && act.isCreation)) {
      const custom = Object.keys(this.desk.find(id)?.custom ?? {});
      return [...LEAD_FIELDS, ...custom.map((field) => ({ custom: field }))];
    }
    const fields = this.#acts
      .filter((act) => act.leadId === id)
      .flatMap((act) => act.changes.map(({ field }) => field));
    return [...new Map(fields.map((field) => [fieldKey(field), field])).values()];
  }

  conflictsOf(lead: Lead): FieldConflict[] {
    return this.#conflicts
      .filter((one) => one.lead_id === lead.id)
      .map((one) => ({ ...one, theirs: valueOf(lead, one.field) }))
      .filter((one) => !sameValue(one.yours, one.theirs));
  }

  /** Moves of the stage that the server knows, the newest first. */
  movesOf(id: LeadId): StageEvent[] {
    return this.#moves.get(id) ?? [];
  }

  /** A colleague changes a lead, and it comes with the next sync. */
  tell(id: LeadId, field: LeadField, value: FieldValue): void {
    const lead = this.#told.get(id) ?? this.desk.find(id);
    if (lead === undefined) return;
    this.#told.set(id, withValue(lead, field, value));
    this.#show(id);
    this.desk.changed();
  }

  /** What was there before the start. */
  begin(leads: readonly Lead[]): void {
    const { now, waitingEdits, hasRefused, hasConflicts, hasFieldConflict, putAway, isFirstPutAway } = this.options;
    for (let n = 0; n < putAway; n += 1) {
      const lead = leads[20 + n];
      if (lead !== undefined) this.desk.put({ ...lead, state: n % 3 === 2 ? 'deleted' : 'archived' });
    }
    if (isFirstPutAway !== null && leads[0] !== undefined) this.desk.put({ ...leads[0], state: isFirstPutAway });
    const at = (minutes: number): number => now - minutes * MINUTE_MS;
    const made = (lead: Lead | undefined, field: LeadField, to: FieldValue, minutes: number): FakeAct | null => {
      if (lead === undefined) return null;
      this.#add(lead.id, [{ field, from: valueOf(lead, field), to }], at(minutes));
      return this.#acts.at(-1) ?? null;
    };
    const refuse = (act: FakeAct | null, refusal: OutboxRefusal): void => {
      if (act !== null) act.refusal = refusal;
    };
    if (hasRefused) {
      refuse(made(leads[2], 'email', { text: 'beatriz@sousa.example' }, 190), { invalid: 'email' });
      refuse(made(leads[3], 'owner_id', { owner: 'member-vik' }, 128), 'forbidden');
      made(leads[3], 'notes', { text: 'Wants the Saturday slot, and asked for parking again.' }, 126);
      refuse(
        this.#added('lead-gone', [{ field: 'notes', from: { text: '' }, to: { text: GONE_NOTE } }], at(71)),
        'not_found',
      );
    }
    for (let n = 0; n < waitingEdits; n += 1) {
      const lead = leads[6 + n];
      const change = WAITING[n % WAITING.length];
      if (lead !== undefined && change !== undefined) made(lead, change.field, change.to, waitingEdits - n);
    }
    const first = leads[0];
    if (first !== undefined) this.#history.set(first.id, someHistory(first, at));
    if (first !== undefined) {
      const overtaken = (field: LeadField, seen: FieldValue, yours: FieldValue, theirs: FieldValue): void => {
        this.#conflicts.push({ operation_id: this.#id(), lead_id: first.id, field, seen, yours, at: at(96) });
        const lead = this.desk.find(first.id);
        if (lead !== undefined) this.desk.put(withValue(lead, field, theirs));
      };
      const gold: FieldValue = { custom: { choice: 'option-gold' } };
      const silver: FieldValue = { custom: { choice: 'option-silver' } };
      if (hasFieldConflict) overtaken({ custom: 'field-package' }, { custom: null }, gold, silver);
      if (!hasConflicts) return;
      overtaken('phone', valueOf(first, 'phone'), { text: '+447700900733' }, { text: '+447700900204' });
      overtaken(
        'notes',
        { text: 'Prefers a morning slot.' },
        { text: 'Prefers a morning slot, never on Mondays. Bring the price list.' },
        { text: 'Prefers a morning slot. Two adults, three children.' },
      );
    }
  }

  #id(): OperationId {
    this.#made += 1;
    return `operation-${this.#made}`;
  }

  #checkMayWrite(): void {
    if (this.options.editError !== null)
      throw errorView(this.options.editError, true, '51ed17ed-0f1e-4b0b-9a52-c7a1f0b3e6d4');
  }

  #undoable(done: Done): string {
    this.#made += 1;
    const undo = `undo-${this.#made}`;
    this.#undo.set(undo, done);
    return undo;
  }

  #do(edits: readonly [LeadId, FieldChange[]][]): Acted {
    this.#checkMayWrite();
    const done: [LeadId, FieldChange[]][] = [];
    for (const [id, changes] of edits) {
      const lead = this.desk.find(id);
      if (lead === undefined) continue;
      const real = changes.filter(
        ({ field, from, to }) => !sameValue(from, to) && !sameValue(valueOf(lead, field), to),
      );
      if (real.length === 0) continue;
      const after = this.#add(id, real, Date.now());
      done.push([id, real.map(({ field }) => ({ field, from: valueOf(lead, field), to: valueOf(after, field) }))]);
    }
    if (done.length === 0) return { changed: 0, undo: null };
    const undo = this.#undoable({ edits: done, settled: null });
    this.desk.changed();
    this.#send();
    return { changed: done.length, undo };
  }

  /** Puts an act into the outbox and shows it; the lead with it. */
  #add(id: LeadId, changes: FieldChange[], at: number): Lead {
    this.#added(id, changes, at);
    return this.#show(id);
  }

  #added(leadId: LeadId, changes: FieldChange[], at: number): FakeAct {
    const lead = this.desk.find(leadId);
    if (lead !== undefined && !this.#told.has(leadId)) this.#told.set(leadId, lead);
    const act: FakeAct = { id: this.#id(), at, leadId, changes, refusal: null, mergedId: null };
    this.#acts.push(act);
    return act;
  }

  /** Shows a lead as the server told it, with the acts on top. */
  #show(id: LeadId): Lead {
    const told = this.#told.get(id);
    if (told === undefined) throw new Error('nothing was told of this lead');
    const acts = this.#acts.filter((act) => act.leadId === id || act.mergedId === id);
    const shown = acts.reduce((lead, act) => merged(lead, act.mergedId === id ? GONE : act.changes, act.at).lead, told);
    if (acts.length === 0) this.#told.delete(id);
    this.desk.put(shown);
    return shown;
  }

  /** The server does what waits, in its order, a moment later. */
  #send(): void {
    if (this.#isSending || !this.desk.isOnline() || this.#acts.every((act) => act.refusal !== null)) return;
    this.#isSending = true;
    setTimeout(() => {
      this.#isSending = false;
      const blocked = new Set<LeadId>();
      const sent = new Set<LeadId>();
      for (const act of [...this.#acts]) {
        if (act.refusal === null && !blocked.has(act.leadId)) {
          act.refusal = this.options.refusal;
          if (act.refusal === null) this.#done(act);
          sent.add(act.leadId);
        }
        if (act.refusal !== null) blocked.add(act.leadId);
      }
      for (const id of sent) if (this.#told.has(id)) this.#show(id);
      for (const id of this.#survivors.keys()) if (this.#told.has(id)) this.#show(id);
      this.desk.changed();
    }, SERVER_MS);
  }

  #done(act: FakeAct): void {
    if (act.isCreation) {
      this.#acts = this.#acts.filter((one) => one !== act);
      return;
    }
    let told = this.#told.get(act.leadId);
    if (told === undefined) return;
    if (this.options.isOvertaken) {
      for (const change of act.changes) told = withValue(told, change.field, theirs(change));
    }
    const { lead, conflicts } = merged(told, act.changes, act.at);
    if (lead.stage_id !== told.stage_id) {
      const move: StageEvent = {
        id: `stage-event-of-${act.id}`,
        lead_id: act.leadId,
        from_stage_id: told.stage_id,
        to_stage_id: lead.stage_id,
        member_id: this.desk.memberId,
        at: act.at,
      };
      this.#moves.set(act.leadId, [move, ...this.movesOf(act.leadId)]);
    }
    this.#told.set(act.leadId, lead);
    const duplicate = act.mergedId === null ? undefined : this.#told.get(act.mergedId);
    if (duplicate !== undefined) this.#told.set(duplicate.id, merged(duplicate, GONE, act.at).lead);
    this.#acts = this.#acts.filter((one) => one !== act);
    const outcomes = act.changes.map((change): FieldEdit => {
      return { ...change, outcome: conflicts.includes(change) ? 'conflict' : 'applied' };
    });
    const record = { id: act.id, lead_id: act.leadId, member_id: this.desk.memberId, at: act.at, changes: outcomes };
    this.#history.set(act.leadId, [record, ...this.historyOf(act.leadId)]);
    for (const { field, from, to } of conflicts) {
      this.#conflicts = this.#conflicts.filter((one) => one.lead_id !== act.leadId || !sameField(one.field, field));
      this.#conflicts.push({ operation_id: act.id, lead_id: act.leadId, field, seen: from, yours: to, at: act.at });
    }
  }
}

const GONE_NOTE = 'Rang twice, no answer. Try again on Thursday after five.';

/** Edits that wait, in turn. */
const WAITING: readonly { field: LeadField; to: FieldValue }[] = [
  { field: 'stage_id', to: { stage: 'stage-trial' } },
  { field: 'notes', to: { text: 'Two adults and a dog. The park, if it is dry.' } },
  { field: 'tags', to: { tags: ['Family', 'VIP'] } },
  { field: 'value_minor', to: { money: 64_000 } },
  { field: 'phone', to: { text: '+447700900555' } },
  { field: { custom: 'field-package' }, to: { custom: { choice: 'option-silver' } } },
];

/** The further from active, the later. */
const STATES: readonly LeadState[] = ['active', 'archived', 'deleted'];

/** What a merge makes of the one that goes. */
const GONE: FieldChange[] = [{ field: 'state', from: { state: 'active' }, to: { state: 'deleted' } }];

/** What a lead takes over from its duplicate: what it lacks, tags and notes of both. */
function takenOver(lead: Lead, duplicate: Lead): FieldChange[] {
  const notes = [lead.notes, duplicate.notes].filter((text) => text.trim() !== '');
  const united: Lead = {
    ...lead,
    email: lead.email ?? duplicate.email,
    phone: lead.phone ?? duplicate.phone,
    value_minor: lead.value_minor ?? duplicate.value_minor,
    tags: [...new Set([...lead.tags, ...duplicate.tags])],
    notes: [...new Set(notes)].join('\n\n'),
    custom: { ...duplicate.custom, ...lead.custom },
  };
  const custom = Object.keys(united.custom).map((id) => ({ custom: id }));
  return [...LEAD_FIELDS, ...custom].flatMap((field) => {
    const [from, to] = [valueOf(lead, field), valueOf(united, field)];
    return sameValue(from, to) ? [] : { field, from, to };
  });
}

/** Edits of days before, of every kind that a timeline tells. */
function someHistory(lead: Lead, at: (minutes: number) => number): LeadEditRecord[] {
  const edit = (n: number, memberId: string, minutes: number, changes: FieldEdit[]): LeadEditRecord => {
    return { id: `history-${n}`, lead_id: lead.id, member_id: memberId, at: at(minutes), changes };
  };
  return [
    edit(3, 'member-vik', 190, [
      {
        field: 'notes',
        from: { text: 'Prefers a morning slot.' },
        to: { text: 'Prefers an evening slot, after seven.' },
        outcome: 'conflict',
      },
      { field: 'tags', from: { tags: ['Family'] }, to: { tags: ['Family', 'VIP'] }, outcome: 'merged' },
    ]),
    edit(2, 'member-asha', 192, [
      { field: 'notes', from: { text: 'Prefers a morning slot.' }, to: { text: lead.notes }, outcome: 'applied' },
    ]),
    edit(1, 'member-paulo', 3000, [
      { field: 'value_minor', from: { money: null }, to: { money: 42_000 }, outcome: 'applied' },
      {
        field: { custom: 'field-package' },
        from: { custom: null },
        to: { custom: { choice: 'option-bronze' } },
        outcome: 'applied',
      },
      { field: 'state', from: { state: 'archived' }, to: { state: 'active' }, outcome: 'applied' },
    ]),
  ];
}

/** The rules of the merge; see ADR 16. */
function merged(now: Lead, changes: readonly FieldChange[], at: number): { lead: Lead; conflicts: FieldChange[] } {
  let lead = now;
  const conflicts: FieldChange[] = [];
  for (const change of changes) {
    const { field, from, to } = change;
    const held = valueOf(now, field);
    if (sameValue(to, held) || sameValue(to, from)) continue;
    if ('state' in to && 'state' in held) {
      const isFurther = STATES.indexOf(to.state) > STATES.indexOf(held.state);
      if (sameValue(from, held) || isFurther) lead = withValue(lead, field, to);
    } else if (sameValue(from, held) || field === 'stage_id') lead = withValue(lead, field, to);
    else if ('tags' in from && 'tags' in to && 'tags' in held) {
      const stays = held.tags.filter((tag) => !from.tags.includes(tag) || to.tags.includes(tag));
      const comes = to.tags.filter((tag) => !from.tags.includes(tag) && !held.tags.includes(tag));
      lead = withValue(lead, field, { tags: [...stays, ...comes] });
    } else conflicts.push(change);
  }
  if (lead !== now) lead = { ...lead, last_activity_at: Math.max(lead.last_activity_at, at) };
  return { lead, conflicts };
}

function bulkChange(lead: Lead, change: BulkChange): FieldChange {
  const made = (field: LeadField, to: FieldValue): FieldChange => ({ field, from: valueOf(lead, field), to });
  if ('stage' in change) return made('stage_id', { stage: change.stage });
  if ('owner' in change) return made('owner_id', { owner: change.owner });
  if ('state' in change) return made('state', { state: change.state });
  if ('add_tags' in change) return made('tags', { tags: [...new Set([...lead.tags, ...change.add_tags])] });
  return made('tags', { tags: lead.tags.filter((tag) => !change.remove_tags.includes(tag)) });
}

/** Theirs, and yours below; null for what can't be joined. */
function both(field: LeadField, theirs: FieldValue, yours: FieldValue): FieldValue | null {
  if (field !== 'notes' || !('text' in theirs) || !('text' in yours)) return null;
  return { text: `${theirs.text ?? ''}\n\n${yours.text ?? ''}` };
}

function theirsOf(value: CustomValue | null): CustomValue | null {
  if (value === null) return { text: 'Vik' };
  if ('number' in value) return { number: value.number + 1_500 };
  if ('choice' in value) return { choice: value.choice === 'option-gold' ? 'option-silver' : 'option-gold' };
  if ('yes_no' in value) return { yes_no: !value.yes_no };
  return 'date' in value ? null : { text: `${value.text} (Vik)` };
}

/** What a colleague makes of a field that is being edited here. */
function theirs({ field, from }: FieldChange): FieldValue {
  if ('tags' in from) return { tags: [...from.tags, 'Seen by Vik'] };
  if ('stage' in from) return { stage: 'stage-contacted' };
  if ('owner' in from) return { owner: from.owner === 'member-ines' ? null : 'member-ines' };
  if ('custom' in from) return { custom: theirsOf(from.custom) };
  if ('money' in from) return { money: (from.money ?? 0) + 5_000 };
  if ('state' in from) return { state: 'archived' };
  if (field === 'phone') return { text: '+447700900999' };
  if (field === 'email') return { text: 'vik.wrote@example.com' };
  return { text: `${from.text ?? ''} (Vik)`.trim() };
}
