// A lead that is being added: what was typed so far, what is the matter with it, and who has the same address or number.

import { asErrorView, backend } from '../backend';
import type { CustomField } from '../bindings/CustomField';
import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { ErrorView } from '../bindings/ErrorView';
import type { KnownLead } from '../bindings/KnownLead';
import type { NewLead } from '../bindings/NewLead';
import type { Source } from '../bindings/Source';
import { acts } from '../edit/acts.svelte';
import { POOL } from '../edit/choices';
import { readTyped, type TypedField } from '../edit/typed';
import { session } from '../session/session.svelte';
import { strings as editStrings } from '../strings/edit';
import { strings } from '../strings/new-lead';
import { spokenText } from '../text/spoken';
import { NO_TOUCH } from './no-touch';

/** What stands in the form. */
export interface NewLeadTyped {
  name: string;
  phone: string;
  email: string;
  stageId: string;
  /** [`POOL`] for nobody. */
  ownerId: string;
  value: string;
  tags: readonly string[];
  /** A tag that was not taken yet. */
  tag: string;
  notes: string;
  source: Source;
  /** Of each of the studio's own fields what was typed or chosen; absent is nothing. */
  custom: Readonly<Record<CustomFieldId, string>>;
}

export type NewLeadField = Extract<TypedField, 'name' | 'phone' | 'email' | 'value_minor' | 'tags' | 'notes'>;
export type NewLeadProblems = Partial<Record<NewLeadField | `custom.${CustomFieldId}`, string>>;

function nothing(): NewLeadTyped {
  const { stages, me, permissions } = session.view;
  return {
    name: '',
    phone: '',
    email: '',
    stageId: stages[0]?.id ?? '',
    // Who sells adds mostly their own; who runs the team hands out.
    ownerId: permissions.includes('bulk_edit_leads') ? POOL : me.id,
    value: '',
    tags: [],
    tag: '',
    notes: '',
    source: 'manual',
    custom: {},
  };
}

/** The lead that was typed, or what is wrong with which field. Pure. */
export function readNewLead(
  typed: NewLeadTyped,
  fields: readonly CustomField[],
): { lead: NewLead } | { problems: NewLeadProblems } {
  const problems: NewLeadProblems = {};
  const read = <T>(field: NewLeadField, text: string, tags: readonly string[] = []): T | null => {
    const result = readTyped(field, { text, tags });
    if ('problem' in result) {
      problems[field] = editStrings.problems[result.problem];
      return null;
    }
    const value = result.value;
    return ('text' in value ? value.text : 'tags' in value ? value.tags : 'money' in value ? value.money : null) as T;
  };
  const lead: NewLead = {
    name: read<string>('name', typed.name) ?? '',
    email: read<string>('email', typed.email),
    phone: read<string>('phone', typed.phone),
    stage_id: typed.stageId,
    owner_id: typed.ownerId === POOL ? null : typed.ownerId,
    source: typed.source,
    tags: read<string[]>('tags', typed.tag, typed.tags) ?? [],
    notes: read<string>('notes', typed.notes) ?? '',
    value_minor: read<number>('value_minor', typed.value),
    custom: {},
    first_touch: NO_TOUCH,
  };
  for (const { id, kind } of fields) {
    const result = readTyped({ custom: id }, { text: typed.custom[id] ?? '', tags: [] }, kind);
    if ('problem' in result) problems[`custom.${id}`] = editStrings.problems[result.problem];
    else if ('custom' in result.value && result.value.custom !== null) lead.custom[id] = result.value.custom;
  }
  return Object.keys(problems).length > 0 ? { problems } : { lead };
}

class NewLeads {
  isOpen = $state(false);
  typed = $state.raw<NewLeadTyped | null>(null);
  /** Told once somebody tried to add it. */
  problems = $state.raw<NewLeadProblems>({});
  known = $state.raw<KnownLead | null>(null);
  error = $state.raw<ErrorView | null>(null);
  isBusy = $state(false);
  #wasTried = false;
  #asked = 0;

  /** What was typed before stays, should one have looked at somebody else meanwhile. */
  open(): void {
    if (this.typed === null) {
      this.typed = nothing();
      const letGo = session.onClose(() => {
        letGo();
        this.forget();
      });
    }
    this.isOpen = true;
  }

  /** Closes it and keeps what was typed. */
  leave(): void {
    this.isOpen = false;
  }

  forget(): void {
    this.isOpen = false;
    this.typed = null;
    this.problems = {};
    this.known = null;
    this.error = null;
    this.#wasTried = false;
    this.#asked += 1;
  }

  change(change: Partial<NewLeadTyped>): void {
    if (this.typed === null) return;
    this.typed = { ...this.typed, ...change };
    if (this.#wasTried) this.#check();
    if ('email' in change || 'phone' in change) void this.#lookForKnown();
  }

  /** True when it was added. */
  async add(): Promise<boolean> {
    if (this.typed === null || this.isBusy) return false;
    this.#wasTried = true;
    const lead = this.#check();
    if (lead === null) return false;
    this.isBusy = true;
    this.error = null;
    try {
      const { undo } = await backend().leadCreate(lead);
      acts.tell({ changed: 1, undo }, () => strings.added(spokenText(lead.name, 60)));
      this.forget();
      return true;
    } catch (reason) {
      this.error = asErrorView(reason);
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  #check(): NewLead | null {
    if (this.typed === null) return null;
    const read = readNewLead(this.typed, session.fieldsInUse);
    this.problems = 'problems' in read ? read.problems : {};
    return 'lead' in read ? read.lead : null;
  }

  /** The newest question counts; what is no address or number yet is nobody's. */
  async #lookForKnown(): Promise<void> {
    if (this.typed === null) return;
    const asked = ++this.#asked;
    const value = (field: 'email' | 'phone', text: string): string | null => {
      const read = readTyped(field, { text, tags: [] });
      return 'value' in read && 'text' in read.value ? read.value.text : null;
    };
    const email = value('email', this.typed.email);
    const phone = value('phone', this.typed.phone);
    try {
      const known = email === null && phone === null ? null : await backend().leadKnown(email, phone);
      if (asked === this.#asked) this.known = known;
    } catch {
      // A courtesy: the lead can be added without it.
    }
  }
}

export const newLead = new NewLeads();
