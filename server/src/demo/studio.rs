//! Lumen Studio: itself, the people who work there, its pipeline.

use domain::{Member, MemberId, Role, Stage, StageId, Studio, StudioId, UnixMs};
use wire::changes::Row;

use super::draw::{Draw, Stream};
use crate::pipeline::FIRST_STAGES;

/// The account the demo is signed in with; its password is the caller's business.
pub const DEMO_EMAIL: &str = "asha@lumen.example";

const MEMBERS: [(&str, &str, Role); 6] = [
    ("Tomasz Zieliński", "tomasz@lumen.example", Role::Admin),
    ("Imogen Hart", "imogen@lumen.example", Role::Owner),
    ("Asha Menon", DEMO_EMAIL, Role::Manager),
    ("Vik Rao", "vik@lumen.example", Role::Sales),
    ("Lucía Fernández", "lucia@lumen.example", Role::Sales),
    ("Ben Achterberg", "ben@lumen.example", Role::Sales),
];

/// A stage by what it means to the demo; its discriminant is its place in the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StageKind {
    New,
    Contacted,
    TrialBooked,
    Won,
    Lost,
}

/// The studio and what leads refer to.
pub(super) struct Staff {
    studio: Studio,
    members: Vec<Member>,
    stages: Vec<Stage>,
}

/// When the studio was.
pub(super) fn founded_at(now: UnixMs) -> UnixMs {
    now.plus_ms(-1_200 * 86_400_000)
}

impl Staff {
    pub(super) fn new(seed: u64, now: UnixMs) -> Self {
        let mut draw = Draw::new(seed, Stream::Studio);
        let founded = founded_at(now);
        Self {
            studio: Studio {
                id: StudioId::from_uuid(draw.uuid(founded)),
                name: "Lumen Studio".to_owned(),
                brand_colour: "#b4532a".to_owned(),
                time_zone: "Europe/London".to_owned(),
                currency: "GBP".to_owned(),
            },
            members: MEMBERS
                .iter()
                .map(|(name, email, role)| Member {
                    id: MemberId::from_uuid(draw.uuid(founded)),
                    name: (*name).to_owned(),
                    email: (*email).to_owned(),
                    role: *role,
                    is_former: false,
                })
                .collect(),
            stages: (0..)
                .zip(FIRST_STAGES)
                .map(|(position, (name, colour, outcome))| Stage {
                    id: StageId::from_uuid(draw.uuid(founded)),
                    name: name.to_owned(),
                    position,
                    colour: colour.to_owned(),
                    outcome,
                })
                .collect(),
        }
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let studio = Row::Studio(self.studio.clone());
        let members = self.members.iter().cloned().map(Row::Member);
        let stages = self.stages.iter().cloned().map(Row::Stage);
        std::iter::once(studio).chain(members).chain(stages).collect()
    }

    /// The studio itself.
    pub(super) fn studio(&self) -> &Studio {
        &self.studio
    }

    pub(super) fn stage(&self, kind: StageKind) -> StageId {
        self.stages[kind as usize].id
    }

    /// Somebody who sells; the demo's own account most often.
    pub(super) fn pick_seller(&self, draw: &mut Draw) -> &Member {
        &self.members[draw.weighted(&[(2, 40), (3, 25), (4, 20), (5, 12), (1, 3)])]
    }
}
