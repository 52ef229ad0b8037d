//! The columns of an export, once, for every format.

use chrono::NaiveDate;
use domain::{CustomValue, CustomValues, Lead, LeadId, LeadState, Source, Touch, UnixMs};
use uuid::Uuid;

use crate::ExportContext;

/// How many columns every file has.
pub const COLUMN_COUNT: usize = 47;

/// One lead, every reference already resolved to what a person reads.
#[derive(Clone, Copy)]
pub struct LeadRecord<'a> {
    pub id: LeadId,
    pub name: &'a str,
    pub email: Option<&'a str>,
    /// E.164.
    pub phone: Option<&'a str>,
    /// Name of the stage.
    pub stage: &'a str,
    /// Name of the owner; absent when unassigned.
    pub owner: Option<&'a str>,
    pub source: Source,
    pub campaign: Option<&'a str>,
    pub tags: &'a [String],
    pub notes: &'a str,
    /// Hundredths of the studio's currency.
    pub value_minor: Option<i64>,
    pub state: LeadState,
    pub first_touch: TouchRecord<'a>,
    pub last_touch: TouchRecord<'a>,
    pub created_at: UnixMs,
    pub updated_at: UnixMs,
    pub last_activity_at: UnixMs,
    pub message_count: u64,
    /// The opt-out and consent columns are in every file, also while there is nothing to put into them: a reader must
    /// never take a missing column for a missing opt-out.
    pub opt_out_status: Option<&'a str>,
    pub opt_out_at: Option<UnixMs>,
    pub opt_out_method: Option<&'a str>,
    pub opt_out_keyword: Option<&'a str>,
    pub consent_messaging: Option<&'a str>,
    pub consent_marketing: Option<&'a str>,
    /// Values of the studio's own fields.
    pub custom: &'a CustomValues,
}

/// One touch of attribution; see [`domain::Touch`].
#[derive(Clone, Copy, Default)]
pub struct TouchRecord<'a> {
    pub utm_source: Option<&'a str>,
    pub utm_medium: Option<&'a str>,
    pub utm_campaign: Option<&'a str>,
    pub utm_content: Option<&'a str>,
    pub utm_term: Option<&'a str>,
    pub gclid: Option<&'a str>,
    pub fbclid: Option<&'a str>,
    pub ctwa_clid: Option<&'a str>,
    pub form: Option<&'a str>,
    pub ad: Option<&'a str>,
    pub campaign: Option<&'a str>,
    pub referred_by: Option<&'a str>,
}

impl<'a> From<&'a Touch> for TouchRecord<'a> {
    fn from(touch: &'a Touch) -> Self {
        // Taken apart so that a new field of a touch can't be forgotten here.
        let Touch {
            utm_source,
            utm_medium,
            utm_campaign,
            utm_content,
            utm_term,
            gclid,
            fbclid,
            ctwa_clid,
            form,
            ad,
            campaign,
            referred_by,
        } = touch;
        Self {
            utm_source: utm_source.as_deref(),
            utm_medium: utm_medium.as_deref(),
            utm_campaign: utm_campaign.as_deref(),
            utm_content: utm_content.as_deref(),
            utm_term: utm_term.as_deref(),
            gclid: gclid.as_deref(),
            fbclid: fbclid.as_deref(),
            ctwa_clid: ctwa_clid.as_deref(),
            form: form.as_deref(),
            ad: ad.as_deref(),
            campaign: campaign.as_deref(),
            referred_by: referred_by.as_deref(),
        }
    }
}

impl<'a> LeadRecord<'a> {
    /// The record of `lead`, with what it refers to resolved by the caller and its opt-out and consent columns empty.
    pub fn of(lead: &'a Lead, stage: &'a str, owner: Option<&'a str>, message_count: u64) -> Self {
        Self {
            id: lead.id,
            name: &lead.name,
            email: lead.email.as_deref(),
            phone: lead.phone.as_ref().map(domain::Phone::as_str),
            stage,
            owner,
            source: lead.source,
            campaign: lead.campaign.as_deref(),
            tags: &lead.tags,
            notes: &lead.notes,
            value_minor: lead.value_minor,
            state: lead.state,
            first_touch: (&lead.first_touch).into(),
            last_touch: (&lead.last_touch).into(),
            created_at: lead.created_at,
            updated_at: lead.updated_at,
            last_activity_at: lead.last_activity_at,
            message_count,
            opt_out_status: None,
            opt_out_at: None,
            opt_out_method: None,
            opt_out_keyword: None,
            consent_messaging: None,
            consent_marketing: None,
            custom: &lead.custom,
        }
    }

    /// The cells in the order of the columns, each with its column's name.
    pub(crate) fn cells(&self, context: &'a ExportContext) -> [(&'static str, Cell<'a>); COLUMN_COUNT] {
        let first = &self.first_touch;
        let last = &self.last_touch;
        let currency = self.value_minor.map(|_| context.currency.as_str());
        [
            ("id", Cell::Id(*self.id.as_uuid())),
            ("name", Cell::Text(self.name)),
            ("email", self.email.into()),
            ("phone", self.phone.into()),
            ("stage", Cell::Text(self.stage)),
            ("owner", self.owner.into()),
            ("source", Cell::Text(source_code(self.source))),
            ("campaign", self.campaign.into()),
            ("tags", Cell::Tags(self.tags)),
            ("notes", Cell::Text(self.notes)),
            ("value", self.value_minor.map_or(Cell::Empty, Cell::Amount)),
            ("currency", currency.into()),
            ("state", Cell::Text(state_code(self.state))),
            ("first_touch_utm_source", first.utm_source.into()),
            ("first_touch_utm_medium", first.utm_medium.into()),
            ("first_touch_utm_campaign", first.utm_campaign.into()),
            ("first_touch_utm_content", first.utm_content.into()),
            ("first_touch_utm_term", first.utm_term.into()),
            ("first_touch_gclid", first.gclid.into()),
            ("first_touch_fbclid", first.fbclid.into()),
            ("first_touch_ctwa_clid", first.ctwa_clid.into()),
            ("first_touch_form", first.form.into()),
            ("first_touch_ad", first.ad.into()),
            ("first_touch_campaign", first.campaign.into()),
            ("first_touch_referred_by", first.referred_by.into()),
            ("last_touch_utm_source", last.utm_source.into()),
            ("last_touch_utm_medium", last.utm_medium.into()),
            ("last_touch_utm_campaign", last.utm_campaign.into()),
            ("last_touch_utm_content", last.utm_content.into()),
            ("last_touch_utm_term", last.utm_term.into()),
            ("last_touch_gclid", last.gclid.into()),
            ("last_touch_fbclid", last.fbclid.into()),
            ("last_touch_ctwa_clid", last.ctwa_clid.into()),
            ("last_touch_form", last.form.into()),
            ("last_touch_ad", last.ad.into()),
            ("last_touch_campaign", last.campaign.into()),
            ("last_touch_referred_by", last.referred_by.into()),
            ("created_at", Cell::Time(self.created_at)),
            ("updated_at", Cell::Time(self.updated_at)),
            ("last_activity_at", Cell::Time(self.last_activity_at)),
            ("message_count", Cell::Count(self.message_count)),
            ("opt_out_status", self.opt_out_status.into()),
            ("opt_out_at", self.opt_out_at.map_or(Cell::Empty, Cell::Time)),
            ("opt_out_method", self.opt_out_method.into()),
            ("opt_out_keyword", self.opt_out_keyword.into()),
            ("consent_messaging", self.consent_messaging.into()),
            ("consent_marketing", self.consent_marketing.into()),
        ]
    }
}

impl<'a> LeadRecord<'a> {
    /// The cells of the studio's own fields, in their order.
    pub(crate) fn custom_cells(&self, context: &'a ExportContext) -> impl Iterator<Item = Cell<'a>> {
        let custom = self.custom;
        context.fields.iter().map(move |field| match custom.get(&field.id) {
            None => Cell::Empty,
            Some(CustomValue::Text(text)) => Cell::Text(text),
            Some(CustomValue::Number(thousandths)) => Cell::Number(*thousandths),
            Some(CustomValue::Date(date)) => Cell::Date(*date),
            Some(CustomValue::YesNo(yes)) => Cell::YesNo(*yes),
            // What a newer definition will name is told by its id until then.
            Some(CustomValue::Choice(id)) => {
                field.find_option(*id).map_or(Cell::Id(*id.as_uuid()), |option| Cell::Text(&option.name))
            }
        })
    }
}

/// What the heading of a column of the studio's own begins with: no name of theirs can be taken for one of ours.
pub const CUSTOM_HEADING: &str = "custom: ";

/// The headings of the studio's own columns. Of two fields of one name, of which one was put away, the later is numbered.
pub(crate) fn custom_columns(context: &ExportContext) -> Vec<String> {
    let mut headings: Vec<String> = Vec::with_capacity(context.fields.len());
    for field in &context.fields {
        let name = format!("{CUSTOM_HEADING}{}", field.form.name);
        let mut heading = name.clone();
        for number in 2.. {
            if !headings.contains(&heading) {
                break;
            }
            heading = format!("{name} ({number})");
        }
        headings.push(heading);
    }
    headings
}

/// A value before a format writes it.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'a> {
    Empty,
    Id(Uuid),
    Text(&'a str),
    Tags(&'a [String]),
    Count(u64),
    /// Hundredths.
    Amount(i64),
    Time(UnixMs),
    /// Thousandths.
    Number(i64),
    Date(NaiveDate),
    YesNo(bool),
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }
}

/// Names of the columns that every file has, in their order, the same in every format.
pub fn columns() -> [&'static str; COLUMN_COUNT] {
    let context = ExportContext {
        time_zone: chrono_tz::UTC,
        currency: String::new(),
        byte_order_mark: false,
        fields: Vec::new(),
    };
    let custom = CustomValues::new();
    let nobody = LeadRecord {
        id: LeadId::from_uuid(Default::default()),
        name: "",
        email: None,
        phone: None,
        stage: "",
        owner: None,
        source: Source::Manual,
        campaign: None,
        tags: &[],
        notes: "",
        value_minor: None,
        state: LeadState::Active,
        first_touch: TouchRecord::default(),
        last_touch: TouchRecord::default(),
        created_at: UnixMs(0),
        updated_at: UnixMs(0),
        last_activity_at: UnixMs(0),
        message_count: 0,
        opt_out_status: None,
        opt_out_at: None,
        opt_out_method: None,
        opt_out_keyword: None,
        consent_messaging: None,
        consent_marketing: None,
        custom: &custom,
    };
    nobody.cells(&context).map(|(name, _)| name)
}

/// The word for a state in files: the one the API uses.
const fn state_code(state: LeadState) -> &'static str {
    match state {
        LeadState::Active => "active",
        LeadState::Archived => "archived",
        LeadState::Deleted => "deleted",
    }
}

/// The word for a source in files: the one the API uses.
pub const fn source_code(source: Source) -> &'static str {
    match source {
        Source::Manual => "manual",
        Source::CsvImport => "csv_import",
        Source::CaptureForm => "capture_form",
        Source::Webhook => "webhook",
        Source::MetaLeadAd => "meta_lead_ad",
        Source::GoogleLeadForm => "google_lead_form",
        Source::GoogleSheet => "google_sheet",
        Source::Message => "message",
        Source::Referral => "referral",
    }
}
