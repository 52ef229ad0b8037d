//! What has to be true.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail, ensure};
use domain::{FieldOutcome, FieldValue, Lead, LeadEdit, LeadField, LeadId};
use store::read::{OutboxAct, OutboxState};
use wire::changes::{Change, Line, Row};
use wire::operation::{EditLead, OperationOutcome};

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

    /// In the end.
    pub(crate) async fn check(&self) -> anyhow::Result<()> {
        for desk in 0..self.desks.len() {
            self.check_typed(desk)?;
        }
        self.check_acknowledged().await?;
        self.check_converged().await
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
            for line in self.snapshot(&desk.token).await? {
                match line {
                    Line::Change(Change::Upsert(Row::Lead(lead))) => drop(told.insert(lead.id, *lead)),
                    Line::Change(Change::Upsert(Row::StageEvent(event))) => {
                        *moves.entry(event.lead_id).or_default() += 1
                    }
                    _ => {}
                }
            }
            let is_back = self.taken_back.iter().any(|id| told.contains_key(id));
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
            let Some(EditLead { lead_id, edit }) = operation.act.as_edit() else { continue };
            fields.entry(*lead_id).or_default().extend(edit.fields());
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
        for (lead_id, found) in found {
            let wanted = wanted.get(&lead_id).copied().unwrap_or_default();
            ensure!(
                found == wanted || unclear.contains(&lead_id),
                "{found} moves in the history, and {wanted} were done"
            );
        }
        Ok(())
    }
}
