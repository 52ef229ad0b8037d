//! The studio that every run begins with: made once, copied for each.

use std::path::Path;

use anyhow::{Context, bail};
use domain::{
    Channel, Conversation, ConversationId, ConversationStatus, CustomField, CustomFieldForm, CustomFieldId, CustomKind,
    CustomValues, DeliveryStatus, Direction, Lead, LeadId, LeadState, Member, MemberId, Message, MessageId, Role,
    Source, Stage, StageEvent, StageEventId, StageId, StageOutcome, Studio, StudioId, Touch, UnixMs,
};
use secrecy::SecretString;
use tempfile::TempDir;
use uuid::Uuid;
use wire::auth::{Session, SessionForm, SignIn};
use wire::changes::Row;
use wire::device::DeviceInfo;

use crate::server::{SimClock, SimServer};

/// Leads of the studio. Each desk alone names every so-many-th.
pub(crate) const LEADS: u64 = 8;
pub(crate) const STAGES: u64 = 4;
/// When a run begins, by all clocks.
pub(crate) const START: UnixMs = UnixMs(1_795_000_000_000);

/// What every lead has asked.
pub(crate) const ASKED: &str = "Is there a place?";

const PASSWORD: &str = "a password for simulations only";

/// Who works in it: two who see everything, one who sees their own leads and the pool.
const ROLES: [Role; 3] = [Role::Owner, Role::Manager, Role::Sales];

/// A session of a member.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) member_id: MemberId,
    pub(crate) session: Session,
}

/// A stopped server's data with its sessions.
pub struct Template {
    pub(crate) dir: TempDir,
    /// One for each desk.
    pub(crate) desks: Vec<Signed>,
    /// A colleague who works over the API.
    pub(crate) colleague: Signed,
}

pub(crate) fn id(kind: u64, n: u64) -> Uuid {
    Uuid::from_u64_pair(kind << 48 | 0x7000, 0x8000_0000_0000_0000 | n)
}

pub(crate) fn stage_id(n: u64) -> StageId {
    StageId::from_uuid(id(2, n))
}

/// The field that the studio defined.
pub(crate) fn custom_field_id() -> CustomFieldId {
    CustomFieldId::from_uuid(id(13, 1))
}

/// The conversation with a lead, by the lead's number.
pub(crate) fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(id(4, n))
}

impl Template {
    /// Makes it.
    ///
    /// # Errors
    /// Whatever stops a server from opening.
    pub async fn make() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir_in(scratch())?;
        let clock = SimClock::at(START);
        let server = SimServer::open(dir.path().to_owned(), clock).await?;
        let studio = Studio {
            id: StudioId::from_uuid(id(6, 1)),
            name: "Studio".to_owned(),
            brand_colour: "#3b5bdb".to_owned(),
            time_zone: "Europe/Lisbon".to_owned(),
            currency: "EUR".to_owned(),
        };
        let admin = server.admin();
        admin.create_studio(studio.clone()).await?;
        let mut members = Vec::new();
        for (n, role) in ROLES.into_iter().enumerate() {
            let member = Member {
                id: MemberId::from_uuid(id(3, n as u64)),
                name: format!("member {n}"),
                email: format!("m{n}@studio.example"),
                role,
                is_former: false,
            };
            admin.create_member(studio.id, member.clone(), SecretString::from(PASSWORD)).await?;
            members.push(member);
        }
        admin.import(studio.id, rows(&members).into_iter()).await?;
        let mut desks = Vec::new();
        for member in &members {
            desks.push(sign_in(&server, member).await?);
        }
        let colleague = sign_in(&server, &members[0]).await?;
        Ok(Self { dir, desks, colleague })
    }

    /// A copy of the data.
    pub(crate) fn copy(&self) -> anyhow::Result<TempDir> {
        let dir = tempfile::tempdir_in(scratch())?;
        copy_below(self.dir.path(), dir.path())?;
        Ok(dir)
    }
}

/// Where files are fast: nothing here is to outlive a power cut.
pub(crate) fn scratch() -> std::path::PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { tempfile::env::temp_dir() }
}

pub(crate) fn copy_below(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&target)?;
            copy_below(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn rows(members: &[Member]) -> Vec<Row> {
    let mut rows = Vec::new();
    for n in 0..STAGES {
        rows.push(Row::Stage(Stage {
            id: stage_id(n),
            name: format!("stage {n}"),
            position: n as i64,
            colour: "#112233".to_owned(),
            outcome: StageOutcome::Open,
        }));
    }
    let form = CustomFieldForm {
        name: "seats".to_owned(),
        kind: CustomKind::Number,
        options: Vec::new(),
        position: 0,
        is_in_list: true,
        is_archived: false,
    };
    rows.push(Row::CustomField(Box::new(CustomField { id: custom_field_id(), form })));
    for n in 0..LEADS {
        let lead_id = LeadId::from_uuid(id(1, n));
        let created_at = START.plus_ms(-1_000_000 + n as i64);
        rows.push(Row::Lead(Box::new(Lead {
            id: lead_id,
            name: format!("lead {n}"),
            email: None,
            phone: None,
            stage_id: stage_id(n % STAGES),
            // A third is the sales member's, a third the pool's, a third the manager's.
            owner_id: [Some(members[2].id), None, Some(members[1].id)][(n % 3) as usize],
            source: Source::Manual,
            campaign: None,
            tags: vec!["first".to_owned()],
            notes: String::new(),
            value_minor: None,
            state: LeadState::Active,
            custom: CustomValues::new(),
            first_touch: Touch::default(),
            last_touch: Touch::default(),
            created_at,
            updated_at: created_at,
            last_activity_at: created_at,
        })));
        rows.push(Row::StageEvent(StageEvent {
            id: StageEventId::from_uuid(id(8, n)),
            lead_id,
            from_stage_id: None,
            to_stage_id: stage_id(n % STAGES),
            member_id: None,
            at: created_at,
        }));
        rows.push(Row::Conversation(Conversation {
            id: conversation_id(n),
            lead_id,
            channel: Channel::Sms,
            status: ConversationStatus::Open,
            assignee_id: None,
            preview: ASKED.to_owned(),
            preview_direction: Direction::Inbound,
            last_message_at: created_at,
            unread_count: 1,
        }));
        rows.push(Row::Message(Message {
            id: MessageId::from_uuid(id(5, n)),
            conversation_id: conversation_id(n),
            lead_id,
            direction: Direction::Inbound,
            author_id: None,
            body: ASKED.to_owned(),
            status: DeliveryStatus::Delivered,
            failure_reason: None,
            sent_at: created_at,
        }));
    }
    rows
}

async fn sign_in(server: &SimServer, member: &Member) -> anyhow::Result<Signed> {
    let request = SignIn {
        email: member.email.clone(),
        password: PASSWORD.to_owned(),
        studio_id: None,
        device: DeviceInfo { name: "sim".to_owned(), os: "sim".to_owned(), app_version: "0".to_owned() },
        session: SessionForm::Bearer,
    };
    let (status, body) = server.call("POST", "/v1/auth/sign-in", None, Some(&request)).await?;
    if !status.is_success() {
        bail!("signing in: {status}");
    }
    let session: Session = serde_json::from_slice(&body).context("a session")?;
    Ok(Signed { member_id: member.id, session })
}
