//! `frontdesk-server studio` and `frontdesk-server member`: what an operator needs to begin.

use anyhow::ensure;
use clap::{Args, ValueEnum};
use domain::{Member, Role, Stage, StageId, Studio, StudioId};
use wire::changes::Row;

use super::asking::Person;
use super::{Data, say};
use crate::clock::{Clock, SystemClock};
use crate::ids::new_uuid;
use crate::limits;
use crate::pipeline::FIRST_STAGES;

#[derive(Debug, Args)]
pub(super) struct NewStudio {
    #[command(flatten)]
    data: Data,
    #[arg(long)]
    name: String,
    /// IANA name, such as Europe/Lisbon
    #[arg(long, default_value = "UTC", value_parser = time_zone)]
    time_zone: chrono_tz::Tz,
    /// ISO 4217 code, such as EUR
    #[arg(long)]
    currency: String,
    /// #rrggbb
    #[arg(long, default_value = "#3f6b5c")]
    brand_colour: String,
}

impl NewStudio {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let is_code = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        ensure!(is_code, "a currency is three capital letters");
        let digits = self.brand_colour.strip_prefix('#').unwrap_or_default();
        ensure!(digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "a colour is #rrggbb");
        ensure!(!self.name.trim().is_empty(), "a studio has a name");
        ensure!(self.name.chars().count() <= limits::NAME_CHARS, "the name is too long");
        let admin = self.data.admin().await?;
        let id = admin.new_studio_id();
        let studio = Studio {
            id,
            name: self.name,
            brand_colour: self.brand_colour.to_ascii_lowercase(),
            time_zone: self.time_zone.name().to_owned(),
            currency: self.currency,
        };
        admin.create_studio(studio).await?;
        admin.import(id, first_stages().into_iter()).await?;
        admin.settled().await;
        say(&id.to_string());
        Ok(())
    }
}

/// A pipeline to begin with: without stages a studio could have no leads.
fn first_stages() -> Vec<Row> {
    let stages = (0..).zip(FIRST_STAGES).map(|(position, (name, colour, outcome))| Stage {
        id: StageId::from_uuid(new_uuid(SystemClock.now())),
        name: name.to_owned(),
        position,
        colour: colour.to_owned(),
        outcome,
    });
    stages.map(Row::Stage).collect()
}

fn time_zone(name: &str) -> Result<chrono_tz::Tz, &'static str> {
    name.parse().map_err(|_| "expected an IANA name, such as Europe/Lisbon")
}

/// [`Role`], as the command line spells it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Admin,
    Owner,
    Manager,
    Sales,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
            RoleName::Manager => Self::Manager,
            RoleName::Sales => Self::Sales,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct NewMember {
    #[command(flatten)]
    data: Data,
    /// The studio's id
    #[arg(long)]
    studio: StudioId,
    #[arg(long)]
    role: RoleName,
}

impl NewMember {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let person = Person::ask()?;
        let admin = self.data.admin().await?;
        let id = admin.new_member_id();
        let member = Member { id, name: person.name, email: person.email, role: self.role.into(), is_former: false };
        let id = admin.create_member(self.studio, member, person.password).await?;
        admin.settled().await;
        say(&id.to_string());
        Ok(())
    }
}
