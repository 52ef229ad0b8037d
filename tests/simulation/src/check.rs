//! What has to be true.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, bail, ensure};
use domain::{
    Conversation, ConversationId, FieldOutcome, FieldValue, Lead, LeadEdit, LeadField, LeadId, LeadState, Message,
    MessageId, OperationId,
};
use store::read::{Folder, OutboxAct, OutboxState};
use wire::changes::{Change, Line, Row};
use wire::operation::{Act, EditLead, OperationOutcome, Reply};

use crate::desk::{SimDesk, leads_of};
use crate::template::{ASKED, LEADS, conversation_id, custom_field_id, id};
use crate::world::{World, place_of};

impl World {
    /// At any time: this desk shows the names that were typed at it and nowhere else, whatever it is told meanwhile.
    pub(crate) fn check_typed(&self, desk: usize) -> anyhow::Result<()> {
        let desk = &self.desks[desk];
        let shown = desk.leads()?;
        for (lead_id, typed) in &desk.names {
            // One that left this desk's sight may come back with another.
            let Some(lead) = shown.get(lead_id) else { continue };
            if lead.name != *typed && !self.was_restored {
                bail!("desk {} shows {:?} and not {typed:?}", desk.name, lead.name);
            }
            if lead.name != *typed {
                // What was typed on what the server has forgotten is for somebody to decide.
                let yours = FieldValue::Text(Some(typed.clone()));
                let conflicts = desk.cache().get_lead_detail(*lead_id)?.conflicts;
                let is_told = conflicts.iter().any(|conflict| conflict.yours == yours);
                ensure!(is_told, "desk {} shows {:?} and not {typed:?}", desk.name, lead.name);
            }
        }
        Ok(())
    }

    /// At any time: what was added at this desk and waits there is shown, unless the server has it and took it away again.
    pub(crate) async fn check_created(&self, desk: usize) -> anyhow::Result<()> {
        let desk = &self.desks[desk];
        let shown = desk.leads()?;
        for row in desk.cache().list_outbox(0, 1_000)? {
            let OutboxAct::LeadCreated { lead_id, .. } = row.act else { continue };
            if shown.contains_key(&lead_id) || self.was_restored {
                continue;
            }
            let operation = desk.acknowledged.get(&row.id).context("an act that nobody did")?;
            let is_known = matches!(self.send_one(&desk.token, operation).await?, OperationOutcome::Done(done) if done.is_repeated);
            ensure!(is_known, "desk {} does not show a lead that was added there", desk.name);
        }
        Ok(())
    }

    /// At any time: this desk shows each answer that was given at it, and shows it once.
    pub(crate) fn check_said(&self, desk: usize) -> anyhow::Result<()> {
        let desk = &self.desks[desk];
        let mut wanted: BTreeMap<ConversationId, Vec<&Reply>> = BTreeMap::new();
        for (_, reply) in replies(desk).filter(|(id, reply)| !desk.discarded.contains(id) && !is_lost(desk, reply)) {
            wanted.entry(reply.conversation_id).or_default().push(reply);
        }
        for (id, replies) in wanted {
            let Some(thread) = desk.find_thread(id)? else { continue };
            for reply in replies {
                let times = thread.messages.iter().filter(|message| message.body == reply.body).count();
                ensure!(times == 1, "desk {} shows {:?} {times} times", desk.name, reply.body);
            }
        }
        Ok(())
    }

    /// In the end.
    pub(crate) async fn check(&self) -> anyhow::Result<()> {
        for desk in 0..self.desks.len() {
            self.check_typed(desk)?;
            self.check_said(desk)?;
        }
        self.check_acknowledged().await?;
        self.check_converged().await?;
        self.check_threads().await
    }

    /// Of each answer there is at most one message, of nobody's else one; those of a desk stand in the order they were
    /// written in; and each desk shows what it is told, and on top of it what was refused.
    async fn check_threads(&self) -> anyhow::Result<()> {
        for desk in &self.desks {
            let mut rows: HashMap<ConversationId, Conversation> = HashMap::new();
            let mut told: BTreeMap<ConversationId, Vec<Message>> = BTreeMap::new();
            for line in self.snapshot(&desk.token).await? {
                match line {
                    Line::Change(Change::Upsert(Row::Conversation(row))) => drop(rows.insert(row.id, row)),
                    Line::Change(Change::Upsert(Row::Message(message))) => {
                        let thread = told.entry(message.conversation_id).or_default();
                        // A snapshot may tell a row twice.
                        thread.retain(|other| other.id != message.id);
                        thread.push(message);
                    }
                    _ => {}
                }
            }
            for n in 0..LEADS {
                let id = conversation_id(n);
                let mut told = told.remove(&id).unwrap_or_default();
                told.sort_by_key(|message| message.sent_at);
                self.check_written(&told)?;
                self.check_shown(desk, id, rows.get(&id), &told)?;
            }
        }
        Ok(())
    }

    /// A thread on the server.
    fn check_written(&self, told: &[Message]) -> anyhow::Result<()> {
        let mut bodies = BTreeSet::new();
        for message in told.iter().filter(|message| message.body != ASKED) {
            ensure!(bodies.insert(&message.body), "{:?} is there twice", message.body);
            let is_taken_back = self.desks.iter().any(|desk| desk.taken_back.contains(&message.id));
            ensure!(!is_taken_back, "{:?} was taken back, and sent", message.body);
            let is_known = self.desks.iter().any(|desk| replies(desk).any(|(_, reply)| reply.message_id == message.id));
            ensure!(is_known, "nobody said {:?}", message.body);
        }
        for desk in &self.desks {
            // A copy of what was refused and given up may have arrived later.
            let kept = replies(desk).filter(|(id, _)| !desk.discarded.contains(id));
            let places: HashMap<MessageId, usize> =
                kept.enumerate().map(|(place, (_, reply))| (reply.message_id, place)).collect();
            let found: Vec<usize> = told.iter().filter_map(|message| places.get(&message.id).copied()).collect();
            ensure!(found.is_sorted(), "what desk {} said is in another order: {found:?}", desk.name);
        }
        Ok(())
    }

    /// A thread at a desk.
    fn check_shown(
        &self,
        desk: &SimDesk,
        id: ConversationId,
        row: Option<&Conversation>,
        told: &[Message],
    ) -> anyhow::Result<()> {
        let thread = desk.find_thread(id)?;
        ensure!(thread.is_some() == row.is_some(), "desk {} shows another inbox than it is told", desk.name);
        let (Some(thread), Some(row)) = (thread, row) else { return Ok(()) };
        let unsent: BTreeSet<MessageId> = thread.unsent.iter().map(|reply| reply.message_id).collect();
        let shown: Vec<Message> = thread.messages.into_iter().filter(|message| !unsent.contains(&message.id)).collect();
        // A merge that was refused is shown on top until somebody decides: then they are under the other lead.
        let open = desk.cache().list_outbox(0, 1_000)?;
        let merges = open.iter().filter_map(|row| desk.acknowledged.get(&row.id)?.act.as_merge());
        let merged: BTreeSet<LeadId> = merges.map(|merge| merge.duplicate_id).collect();
        let lead_id = desk.cache().get_conversation(id)?.lead_id;
        let expected: Vec<Message> = told
            .iter()
            .map(|it| if merged.contains(&it.lead_id) { Message { lead_id, ..it.clone() } } else { it.clone() })
            .collect();
        ensure!(shown == expected, "desk {} shows other messages than it is told", desk.name);
        if unsent.is_empty() {
            let shown = desk.cache().get_conversation(id)?;
            ensure!(
                (&shown.preview, shown.last_message_at) == (&row.preview, row.last_message_at),
                "desk {} shows another conversation than it is told",
                desk.name
            );
        }
        Ok(())
    }

    /// What a desk took is on the server, or in front of somebody.
    async fn check_acknowledged(&self) -> anyhow::Result<()> {
        for desk in &self.desks {
            let open = desk.cache().list_outbox(0, 1_000)?;
            for row in &open {
                ensure!(row.state != OutboxState::Waiting, "desk {} has sent all, and something waits", desk.name);
            }
            for (id, operation) in &desk.acknowledged {
                if open.iter().any(|row| row.id == *id) || desk.discarded.contains(id) {
                    continue;
                }
                if self.was_restored && desk.forgotten.contains(id) {
                    continue;
                }
                match self.send_one(&desk.token, operation).await? {
                    OperationOutcome::Done(done) if done.is_repeated => {}
                    outcome => bail!("desk {}: an acknowledged act is nowhere: the server says {outcome:?}", desk.name),
                }
            }
        }
        Ok(())
    }

    /// All show the same as the server tells them.
    async fn check_converged(&self) -> anyhow::Result<()> {
        for desk in &self.desks {
            let mut told = BTreeMap::new();
            let mut moves: BTreeMap<LeadId, u64> = BTreeMap::new();
            let mut edits: BTreeMap<LeadId, u64> = BTreeMap::new();
            let mut talk: BTreeMap<LeadId, BTreeSet<ConversationId>> = BTreeMap::new();
            for line in self.snapshot(&desk.token).await? {
                match line {
                    Line::Change(Change::Upsert(Row::Lead(lead))) => drop(told.insert(lead.id, *lead)),
                    Line::Change(Change::Upsert(Row::StageEvent(event))) => {
                        *moves.entry(event.lead_id).or_default() += 1
                    }
                    Line::Change(Change::Upsert(Row::LeadEdit(edit))) => *edits.entry(edit.lead_id).or_default() += 1,
                    Line::Change(Change::Upsert(Row::Conversation(row))) => {
                        talk.entry(row.lead_id).or_default().insert(row.id);
                    }
                    _ => {}
                }
            }
            let is_back = self.leads_taken_back.iter().any(|id| told.contains_key(id));
            ensure!(!is_back, "a lead that was taken back without a trace is on the server");
            let mut shown = desk.leads()?;
            // What was refused is there alone until somebody decides.
            for lead_id in self.refused_creations(desk.name)? {
                shown.remove(&lead_id);
            }
            let places = |leads: &BTreeMap<LeadId, Lead>| leads.keys().map(|id| place_of(*id)).collect::<Vec<_>>();
            let [here, there] = [places(&shown), places(&told)];
            ensure!(here == there, "desk {} shows the leads {here:?} and is told of {there:?}", desk.name);
            let refused = self.refused_edits(desk.name)?;
            for (id, lead) in &shown {
                let detail = desk.cache().get_lead_detail(*id)?;
                ensure!(
                    detail.stage_events.len() as u64 == moves.get(id).copied().unwrap_or_default(),
                    "desk {} has another history of a lead",
                    desk.name
                );
                ensure!(
                    detail.edits.len() as u64 == edits.get(id).copied().unwrap_or_default(),
                    "desk {} has another history of edits",
                    desk.name
                );
                let told = told.get(id).context("the same leads")?;
                let differs = LeadEdit::between(told, lead);
                // What was refused is shown until somebody decides.
                let explained = refused.get(id).map(Vec::as_slice).unwrap_or_default();
                for field in differs.fields() {
                    ensure!(explained.contains(&field), "desk {} shows another {field:?} than it is told", desk.name);
                }
                if differs == LeadEdit::default() && explained.is_empty() {
                    ensure!(*lead == *told, "desk {} shows another lead than it is told", desk.name);
                }
                if explained.is_empty() {
                    let here: BTreeSet<_> = detail.conversations.iter().map(|row| row.id).collect();
                    let there = talk.get(id).cloned().unwrap_or_default();
                    ensure!(here == there, "desk {} shows other conversations of a lead than it is told", desk.name);
                }
            }
            if refused.is_empty() {
                // The inbox has those of all leads that are not in the bin.
                let folder = desk.cache().conversation_page(Folder::Open, 0, 1_000)?;
                let here: BTreeSet<_> = folder.rows.iter().map(|row| row.id).collect();
                let is_in_sight = |id: &LeadId| shown.get(id).is_some_and(|lead| lead.state != LeadState::Deleted);
                let there: BTreeSet<_> =
                    talk.iter().filter(|(id, _)| is_in_sight(id)).flat_map(|(_, ids)| ids.iter().copied()).collect();
                ensure!(here == there, "desk {} has another inbox than it is told", desk.name);
                let counted = desk.cache().folder_counts(desk.member_id)?.open;
                ensure!(counted == here.len() as u64, "desk {} counts another inbox than it shows", desk.name);
            }
        }
        if !self.was_restored {
            self.check_moves().await?;
            for desk in &self.desks {
                let shown = desk.leads()?;
                ensure!(self.deleted.iter().all(|id| !shown.contains_key(id)), "a deleted lead is back");
            }
        }
        Ok(())
    }

    fn refused_edits(&self, desk: usize) -> anyhow::Result<BTreeMap<LeadId, Vec<LeadField>>> {
        let mut fields: BTreeMap<LeadId, Vec<LeadField>> = BTreeMap::new();
        let desk = &self.desks[desk];
        for row in desk.cache().list_outbox(0, 1_000)? {
            let operation = desk.acknowledged.get(&row.id).context("an act that nobody did")?;
            if let Some(EditLead { lead_id, edit }) = operation.act.as_edit() {
                fields.entry(*lead_id).or_default().extend(edit.fields());
            } else {
                // A merge may have taken over anything.
                let all = || LeadField::FIXED.into_iter().chain([LeadField::Custom(custom_field_id())]);
                operation.act.leads().iter().for_each(|id| fields.entry(*id).or_default().extend(all()));
            }
        }
        Ok(fields)
    }

    fn refused_creations(&self, desk: usize) -> anyhow::Result<Vec<LeadId>> {
        let open = self.desks[desk].cache().list_outbox(0, 1_000)?;
        let created = open.into_iter().filter_map(|row| match row.act {
            OutboxAct::LeadCreated { lead_id, .. } => Some(lead_id),
            _ => None,
        });
        Ok(created.collect())
    }

    /// Each move that was done is in the history once.
    async fn check_moves(&self) -> anyhow::Result<()> {
        let mut wanted: BTreeMap<LeadId, u64> = BTreeMap::new();
        // A copy of what was refused and given up may have arrived later.
        let mut unclear = BTreeSet::new();
        for desk in &self.desks {
            let refused = self.refused_edits(desk.name)?;
            unclear.extend(refused.into_keys());
            for id in &desk.discarded {
                unclear.extend(desk.acknowledged.get(id).into_iter().flat_map(|operation| operation.act.leads()));
            }
        }
        for desk in &self.desks {
            for operation in desk.acknowledged.values() {
                let Some(EditLead { lead_id, edit }) = operation.act.as_edit() else { continue };
                if edit.stage_id.is_none() || unclear.contains(lead_id) {
                    continue;
                }
                if let OperationOutcome::Done(done) = self.send_one(&desk.token, operation).await? {
                    let moved = |outcome| matches!(outcome, FieldOutcome::Applied | FieldOutcome::Superseded);
                    let is_move =
                        done.fields.iter().any(|field| field.field == LeadField::StageId && moved(field.outcome));
                    *wanted.entry(*lead_id).or_default() += u64::from(is_move);
                }
            }
        }
        let everything = self.snapshot(&self.desks[0].token).await?;
        let mut found: BTreeMap<LeadId, u64> = BTreeMap::new();
        for line in everything {
            match line {
                Line::Change(Change::Upsert(Row::StageEvent(event))) if event.from_stage_id.is_some() => {
                    *found.entry(event.lead_id).or_default() += 1;
                }
                Line::Change(Change::Upsert(Row::Lead(lead))) => drop(found.entry(lead.id).or_default()),
                _ => {}
            }
        }
        for together in self.merged_groups() {
            // Of one that is gone, so is the history.
            if together.iter().any(|id| unclear.contains(id) || !found.contains_key(id)) {
                continue;
            }
            let [found, wanted] =
                [&found, &wanted].map(|moves| together.iter().filter_map(|id| moves.get(id)).sum::<u64>());
            ensure!(found == wanted, "{found} moves in the history, and {wanted} were done");
        }
        Ok(())
    }

    /// All leads, those together that any desk merged: their histories are one.
    fn merged_groups(&self) -> Vec<BTreeSet<LeadId>> {
        let first = (0..LEADS).map(|n| LeadId::from_uuid(id(1, n)));
        let mut groups: Vec<BTreeSet<LeadId>> =
            first.chain(self.created.iter().copied()).map(|id| BTreeSet::from([id])).collect();
        let merges = self.desks.iter().flat_map(|desk| desk.acknowledged.values()).filter_map(|op| op.act.as_merge());
        for merge in merges {
            let both = [merge.lead_id, merge.duplicate_id];
            let (joined, apart): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| both.iter().any(|id| group.contains(id)));
            groups = apart;
            groups.push(joined.into_iter().flatten().collect());
        }
        groups
    }
}

/// The answers that were given at a desk, in their order.
fn replies(desk: &SimDesk) -> impl Iterator<Item = (OperationId, &Reply)> {
    desk.acknowledged.iter().filter_map(|(id, operation)| match &operation.act {
        Act::Reply(reply) => Some((*id, reply)),
        _ => None,
    })
}

/// Whether the lead that was answered has left the desk since, for a while or for good.
fn is_lost(desk: &SimDesk, reply: &Reply) -> bool {
    leads_of(&Act::Reply(reply.clone())).iter().any(|lead| desk.lost_sight_of.contains(lead))
}
